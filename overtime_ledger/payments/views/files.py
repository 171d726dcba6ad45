"""The columns of what goes out about batches: the list for payroll, batches, payments, differences."""

from claims.views import registers
from overtime_ledger.audit.exports import Column

_OF_CLAIM = {column.label: column for column in registers.BATCH}


def _of_claim(label: str) -> Column:
    """A column of the claim behind a line, as the register has it."""
    column = _OF_CLAIM[label]
    return Column(label, lambda line: column.value(line.claim), column.kind, column.total)


PAYROLL = (
    Column("Batch no.", lambda line: str(line.batch)),
    _of_claim("Officer no."),
    _of_claim("Rank"),
    _of_claim("Date"),
    _of_claim("Duty type"),
    _of_claim("Minutes"),
    _of_claim("Units"),
    _of_claim("Multiplier"),
    _of_claim("Hourly rate"),
    _of_claim("Pay"),
    _of_claim("On-cost"),
    Column("Amount", lambda line: line.pence, "pounds"),
    Column("Claim", lambda line: line.claim_id, "number"),
)

PAID = (*PAYROLL, Column("Paid", lambda line: line.paid_pence, "pounds"))
"""The same once it is paid."""

BATCHES = (
    Column("Number", str),
    Column("Grant", lambda batch: str(batch.grant)),
    Column("Agency", lambda batch: batch.agency.code),
    Column("Kind", lambda batch: batch.get_kind_display()),
    Column("First day", lambda batch: batch.from_on, "day"),
    Column("Last day", lambda batch: batch.up_to or batch.to_on, "day"),
    Column("Status", lambda batch: batch.get_status_display()),
    Column("Claims", lambda batch: batch.claim_count, "number"),
    Column("Control total", lambda batch: batch.pence, "pounds"),
    Column("Drawn up by", lambda batch: str(batch.drawn_by)),
    Column("Drawn up at", lambda batch: batch.drawn_at, "moment"),
    Column("Sent at", lambda batch: batch.sent_at, "moment"),
    Column("Withdrawn because", lambda batch: batch.withdrawn_because),
    Column("Reference", lambda batch: batch.settlement.reference if batch.settlement else ""),
    Column("Paid", lambda batch: batch.paid_pence, "pounds"),
)

PAYMENTS = (
    Column("Reference", lambda paid: paid.reference),
    Column("Batch", lambda paid: str(paid.batch) if hasattr(paid, "batch") else ""),
    Column("Grant", lambda paid: str(paid.grant)),
    Column("Agency", lambda paid: paid.agency.code),
    Column("Settled on", lambda paid: paid.settled_on, "day"),
    Column("Settled by", lambda paid: str(paid.settled_by)),
    Column("Claims", lambda paid: paid.claim_count, "number"),
    Column("Calculated", lambda paid: paid.pence, "pounds"),
    Column("Paid", lambda paid: paid.paid_pence, "pounds"),
    Column("Difference", lambda paid: paid.paid_pence - paid.pence, "pounds"),
)

DIFFERENCES = (
    Column("Batch no.", lambda line: str(line.batch)),
    Column("Agency", lambda line: line.batch.agency.code),
    Column("Reference", lambda line: line.batch.settlement.reference),
    Column("Claim", lambda line: line.claim_id, "number"),
    Column("Officer no.", lambda line: line.claim.claimant.staff_number),
    Column("Date", lambda line: line.claim.duty_on, "day"),
    Column("Calculated", lambda line: line.due_pence, "pounds"),
    Column("Paid", lambda line: line.paid_pence, "pounds"),
    Column("Difference", lambda line: line.difference_pence, "pounds"),
    Column("Left out because", lambda line: line.left_out_because),
    Column("State", lambda line: line.state),
    Column("How", lambda line: line.resolved_because),
    Column("Resolved by", lambda line: str(line.resolved_by or "")),
    Column("Resolved at", lambda line: line.resolved_at, "moment"),
)
