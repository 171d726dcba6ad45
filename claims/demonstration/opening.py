"""From the offer to the opening: finance sets up PCD 911, the DI takes over."""

from datetime import date
from decimal import Decimal

from claims.demonstration.agenda import Agenda, at
from claims.demonstration.cast import FOLDER, Cast, data
from grants import services as grants
from grants.models import Gate, Grant, OnCostRate
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.management.commands.load_pay_scales import read_points
from overtime_ledger.accounts.services import record_pay_table
from tasking.services import record_rule_set

FACTS = (
    "reference", "title", "funder", "fund", "recipient", "spending_body", "purpose", "amount_pence",
    "eligible_from", "eligible_to", "claims_close_on", "books_close_on",
)  # fmt: skip
OPENED_ON = date(2021, 2, 1)
DEPUTY_LIMIT_PENCE = 200_000


def set_up(cast: Cast) -> Grant:
    """The grant as a draft, in January."""
    facts = data("pcd_911.json")
    terms = {name: facts[name] for name in FACTS}
    grant = grants.set_up_grant(by=cast["finance"], lead_force=cast.agencies["MPS"], **terms)
    grant.refresh_from_db()
    return grant


def put_on_agenda(agenda: Agenda, cast: Cast, grant: Grant) -> None:
    """Everything that has to be on record before the first duty, on the day it was decided."""
    for number, gate in enumerate(data("pcd_911.json")["gates"]):
        agenda.at(at(f"{gate['on']}T09:30", minutes=4 * number), _record, cast, grant, gate)
        agenda.at(at(f"{gate['on']}T11:00", minutes=2 * number), _confirm, cast, grant, gate)
    agenda.at(
        at(f"{OPENED_ON}T09:00"),
        grants.appoint_controller, grant, cast["di"], by=cast["finance"], from_on=OPENED_ON,
    )  # fmt: skip
    agenda.at(at(f"{OPENED_ON}T10:00"), _decide_pay, cast)
    agenda.at(at(f"{OPENED_ON}T12:00"), _agree, cast, grant)
    agenda.at(at(f"{OPENED_ON}T12:30"), _open, cast, grant)
    agenda.at(
        at("2021-02-12T15:10"),
        grants.delegate, grant, cast["deputy"], by=cast["di"],
        from_on=date(2021, 2, 15), to_on=grant.eligible_to, limit_pence=DEPUTY_LIMIT_PENCE,
    )  # fmt: skip


def _record(cast: Cast, grant: Grant, gate: dict[str, str]) -> None:
    row, on = Gate.objects.get(grant=grant, kind=gate["kind"]), date.fromisoformat(gate["on"])
    grants.record_gate(row, by=cast["finance"], happened_on=on, evidence=gate["evidence"])


def _confirm(cast: Cast, grant: Grant, gate: dict[str, str]) -> None:
    two_people.confirm(Gate.objects.get(grant=grant, kind=gate["kind"]), by=cast["finance2"])


def _decide_pay(cast: Cast) -> None:
    """What the lead force's hours are reckoned from, entered by one person and confirmed by another."""
    table = record_pay_table(
        by=cast["finance"],
        valid_from=date(2020, 9, 1),
        source="Pay scales of police officers from 1 September 2020, as published",
        points=read_points(FOLDER / "pay_scales.csv"),
    )
    rules = record_rule_set(
        by=cast["finance"],
        agency=cast.agencies["MPS"],
        valid_from=date(2020, 4, 1),
        source="Police Regulations 2003, Annexes G and H; finance's note on the open questions",
    )
    insurance = grants.record_on_cost(
        by=cast["finance"],
        kind=OnCostRate.Kind.EMPLOYER_NI,
        percent=Decimal("13.8"),
        valid_from=date(2020, 4, 6),
        source="Rates and thresholds for employers 2020 to 2021",
    )
    levy = grants.record_on_cost(
        by=cast["finance"],
        kind=OnCostRate.Kind.LEVY,
        percent=Decimal("0.5"),
        valid_from=date(2017, 4, 6),
        source="Finance Act 2016, Part 6",
    )
    for row in (table, rules, insurance, levy):
        two_people.confirm(row, by=cast["finance2"])


def _agree(cast: Cast, grant: Grant) -> None:
    """Agreements and rate cards, entered by one person in finance and confirmed by another."""
    for one in data("agencies.json"):
        if not one["agreement"]:
            continue
        agreement = grants.record_agreement(
            grant,
            by=cast["finance"],
            agency=cast.agencies[one["code"]],
            signed_on=OPENED_ON,
            **one["agreement"],
        )
        for line in one["rates"]:
            rate = grants.record_rate(
                agreement,
                by=cast["finance"],
                valid_from=grant.eligible_from,
                valid_to=grant.eligible_to,
                source=f"Rate card of {agreement.reference}",
                agreed_with=f"Head of finance, {agreement.agency}",
                **line,
            )
            two_people.confirm(rate, by=cast["finance2"])
        two_people.confirm(agreement, by=cast["finance2"])


def _open(cast: Cast, grant: Grant) -> None:
    grants.open_grant(grant, by=cast["finance"])
    grant.refresh_from_db()
