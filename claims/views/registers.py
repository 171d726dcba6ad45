"""The columns of what goes out about claims: the register, and the claims of one payment."""

from decimal import Decimal

from claims.models import Claim
from overtime_ledger.accounts.models import RankHeld
from overtime_ledger.audit.exports import Column


def rank_of(claim: Claim) -> str:
    """The rank, or another agency's grade, on the day of the duty."""
    return claim.grade if claim.rank == RankHeld.Rank.AGENCY_GRADE else claim.get_rank_display()


def _units(claim: Claim) -> int:
    return sum(line.units for line in claim.pay_lines)


def _hourly(claim: Claim) -> Decimal:
    """Plain pounds an hour: all lines of a claim stand on one basis of pay."""
    return claim.pay_lines[0].hourly_pence / 100


def _multiplier(claim: Claim) -> str:
    return ", ".join(dict.fromkeys(line.multiplier for line in claim.pay_lines))


def _name(person: object) -> str:
    return str(person) if person else ""


REGISTER = (
    Column("Claim", lambda claim: claim.pk, "number"),
    Column("Tasking", lambda claim: claim.assignment.tasking_id, "number"),
    Column("Enquiry", lambda claim: claim.enquiry.name),
    Column("Agency", lambda claim: claim.agency.code),
    Column("Officer no.", lambda claim: claim.claimant.staff_number),
    Column("Rank on the day", rank_of),
    Column("Date", lambda claim: claim.duty_on, "day"),
    Column("Start", lambda claim: claim.starts_at, "moment"),
    Column("End", lambda claim: claim.ends_at, "moment"),
    Column("Minutes", lambda claim: claim.counted_minutes, "minutes"),
    Column("Units", _units, "number"),
    Column("Type", lambda claim: claim.kind_of_duty),
    Column("Hourly rate", _hourly, "number"),
    Column("Multiplier", _multiplier),
    Column("Pay", lambda claim: claim.pay_pence, "pounds"),
    Column("On-cost", lambda claim: claim.on_cost_pence, "pounds"),
    Column("Amount", lambda claim: claim.pence, "pounds"),
    Column("Claimed", lambda claim: claim.stated_pence, "pounds"),
    Column("Flags", lambda claim: claim.flag_codes),
    Column("Certified by", lambda claim: _name(claim.certified_by)),
    Column("Certified at", lambda claim: claim.certified_at, "moment"),
    Column("Approved by", lambda claim: _name(claim.approved_by)),
    Column("Approved at", lambda claim: claim.approved_at, "moment"),
    Column("Settled by", lambda claim: claim.settlement.reference if claim.settlement else ""),
    Column("Status", lambda claim: claim.get_status_display()),
)

HELD_BACK = Column("Held back", lambda claim: "Yes" if claim.is_held_back else "")
"""Stands after the others for those who may hold claims back; others get no claim that is."""

BATCH = (
    Column("Batch or invoice no.", lambda claim: claim.settlement.reference),
    Column("Officer no.", lambda claim: claim.claimant.staff_number),
    Column("Rank", rank_of),
    Column("Date", lambda claim: claim.duty_on, "day"),
    Column("Duty type", lambda claim: claim.kind_of_duty),
    Column("Minutes", lambda claim: claim.counted_minutes, "minutes"),
    Column("Units", _units, "number"),
    Column("Multiplier", _multiplier),
    Column("Hourly rate", _hourly, "number"),
    Column("Pay", lambda claim: claim.pay_pence, "pounds"),
    Column("On-cost", lambda claim: claim.on_cost_pence, "pounds"),
    Column("Amount", lambda claim: claim.pence, "pounds"),
    Column("Claimed", lambda claim: claim.stated_pence, "pounds"),
    Column("Claim", lambda claim: claim.pk, "number"),
)
