"""What the database itself refuses of claims to the funder, whatever program writes."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from claims.services.safeguards import freeze
from overtime_ledger.errors import broken_rule
from overtime_ledger.funder.models import FunderClaim, FunderClaimLine
from tests.funder.scene import MARCH_8, FunderScene, certified, draw, made, received, sent

pytestmark = pytest.mark.django_db

LINE = """
    insert into funder_funderclaimline (claim_id, entry_id, agency_id, expenditure, pence, live)
    select %(claim)s, entry.id, %(agency)s, %(kind)s, %(pence)s, true from grants_ledgerentry entry
    where entry.reference = %(entry)s
"""


@pytest.fixture
def scene() -> FunderScene:
    return made()


def run(sql: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(rule: str, sql: str, **values: Any) -> None:
    """The statement, or the commit after it, breaks the constraint of that name."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        run(sql, **values)
        run("set constraints all immediate")
    assert broken_rule(error.value) == rule, error.value


@pytest.mark.parametrize(
    "change", ["pence = 1", "line_count = 1", "digest = ''", "up_to = up_to + 1", "reason = ''", "number = 9"]
)
def test_the_figures_of_a_claim_stand(scene: FunderScene, change: str) -> None:
    refused("funder_funderclaim_stands", f"update funder_funderclaim set {change}", **pk(draw(scene)))


def pk(claim: FunderClaim) -> dict[str, int]:
    return {"claim": claim.pk}


def test_a_claim_skips_no_step(scene: FunderScene) -> None:
    draw(scene)
    both = "pm_by_id = %(pm)s, pm_at = now(), cfo_by_id = %(cfo)s, cfo_at = now()"
    people = {"pm": scene.manager.pk, "cfo": scene.cfo.pk, "finance": scene.house.finance.pk}
    update = "update funder_funderclaim set"
    refused("funder_funderclaim_certified_by_both", f"{update} status = 'certified'")
    refused("funder_funderclaim_steps", f"{update} {both}", **people)
    sent_now = "status = 'sent', sent_on = '2021-03-08', sent_by_id = %(finance)s, sent_reference = '1'"
    refused("funder_funderclaim_steps", f"{update} {sent_now}, {both}", **people)
    certificate = f"{update} status = 'certified', {both}"
    refused("funder_funderclaim_two_people", certificate, **people | {"cfo": scene.manager.pk})
    refused("funder_funderclaim_cfo_is_another", certificate, **people | {"cfo": people["finance"]})
    refused("funder_funderclaim_pm_is_another", certificate, **people | {"pm": people["finance"]})


def test_a_certified_claim_is_not_withdrawn_and_a_certificate_stands(scene: FunderScene) -> None:
    certified(scene)
    withdrawn = "status = 'withdrawn', withdrawn_by_id = drawn_by_id, withdrawn_at = now(), pm_by_id = null,"
    withdrawn += " pm_at = null, withdrawn_because = 'x'"
    refused("funder_funderclaim_stands", f"update funder_funderclaim set {withdrawn}")
    refused("funder_funderclaim_append_only", "delete from funder_funderclaim")


def test_a_withdrawn_claim_lets_go_of_its_lines(scene: FunderScene) -> None:
    draw(scene)
    refused(
        "funder_funderclaim_adds_up",
        "update funder_funderclaim set status = 'withdrawn', withdrawn_by_id = drawn_by_id,"
        " withdrawn_at = now(), withdrawn_because = 'x'",
    )
    refused("funder_funderclaimline_stands", "update funder_funderclaimline set live = false")
    refused("funder_funderclaimline_append_only", "delete from funder_funderclaimline")
    refused("funder_funderclaimrow_append_only", "update funder_funderclaimrow set now_pence = 0")


def test_f01_a_line_is_claimed_once(scene: FunderScene) -> None:
    certified(scene)
    second = draw(scene, MARCH_8)
    first = FunderClaimLine.objects.select_related("entry").earliest("pk")
    same = {"claim": second.pk, "agency": first.agency_id, "kind": "lead", "pence": first.pence}
    refused("funder_funderclaimline_claimed_once", LINE, entry=first.entry.reference, **same)


@pytest.mark.parametrize(
    "otherwise", [{"pence": 1}, {"pence": -10_512}, {"kind": "other"}, {"entry": "claim:{claim}:submit:1"}]
)
def test_a_line_is_what_the_ledger_says(scene: FunderScene, otherwise: dict[str, Any]) -> None:
    claim = draw(scene)
    entry = otherwise.get("entry", scene.march.approval_entry_id or "").format(claim=scene.march.pk)
    line = {"claim": claim.pk, "agency": scene.house.lead.pk, "kind": "lead", "pence": 10_512}
    refused("funder_funderclaimline_of_ledger", LINE, **line | otherwise | {"entry": entry})


def test_what_is_held_back_is_no_line(scene: FunderScene) -> None:
    claim = draw(scene)
    freeze(scene.march, by=scene.house.finance, reason="Two logs differ")
    line = {"claim": claim.pk, "agency": scene.house.lead.pk, "kind": "lead", "pence": 10_512}
    entry = scene.march.approval_entry_id
    refused("funder_funderclaimline_not_held_back", LINE, **line | {"entry": entry})
    refused("funder_funderclaim_stands", "update funder_funderclaim set held_back_count = 1")


def test_a_claim_is_what_its_lines_add_up_to(scene: FunderScene) -> None:
    """Too many of them are refused at once, too few when it is committed."""
    finance = scene.house.finance.pk
    bare = """
        insert into funder_funderclaim (grant_id, number, basis, from_on, up_to, status, drawn_by_id,
            drawn_at, last_number, line_count, award_pence, profile_pence, forecast_pence, pence,
            previous_pence, reason, digest, sent_reference, withdrawn_because)
        select id, 1, 'accrued', '2021-02-01', '2021-03-08', 'drawn', %(finance)s, now(), last_number, 1,
            amount_pence, 0, 0, 10512, 0, '', '', '', '' from grants_grant where id = %(grant)s;
    """
    lines = """
        insert into funder_funderclaimline (claim_id, entry_id, agency_id, expenditure, pence, live)
        select claim.id, entry.id, %(agency)s, 'lead', entry.pence, true
        from grants_ledgerentry entry, funder_funderclaim claim where entry.reference = any(%(entries)s)
    """
    both = [scene.february.approval_entry_id, scene.march.approval_entry_id]
    values = {"grant": scene.grant.pk, "finance": finance, "agency": scene.house.lead.pk}
    refused("funder_funderclaim_adds_up", bare, **values)
    refused("funder_funderclaim_adds_up", bare + lines, entries=both, **values)


@pytest.mark.parametrize(
    "otherwise", ["basis = 'paid'", "number = 3", "previous_pence = 1", "up_to = '2021-02-27'"]
)
def test_a_claim_follows_the_one_before(scene: FunderScene, otherwise: str) -> None:
    claim = certified(scene)
    columns = [field.column for field in FunderClaim._meta.concrete_fields if not field.primary_key]
    name, value = otherwise.split(" = ")
    anew = {
        "number": "2", "status": "'drawn'", "previous_pence": "pence", "pm_by_id": "null", "pm_at": "null",
        "cfo_by_id": "null", "cfo_at": "null", name: value,
    }  # fmt: skip
    values = ", ".join(anew.get(column, column) for column in columns)
    refused(
        "funder_funderclaim_follows",
        f"insert into funder_funderclaim ({', '.join(columns)}) select {values} from funder_funderclaim"
        " where id = %(claim)s",
        **pk(claim),
    )


RECEIPT = """
    insert into funder_transfer (grant_id, kind, claim_id, pence, happened_on, reference, recorded_by_id,
                                 struck_because)
    select grant_id, %(kind)s, case %(kind)s when 'received' then id end, %(pence)s, '2021-03-08', 'X',
           drawn_by_id, ''
    from funder_funderclaim where id = %(claim)s
"""


def test_money_agrees_with_the_claims(scene: FunderScene) -> None:
    claim = certified(scene)
    refused("funder_transfer_for_a_claim_that_was_sent", RECEIPT, kind="received", pence=1, **pk(claim))


def test_money_of_a_claim_that_was_sent(scene: FunderScene) -> None:
    claim = sent(scene)
    too_much = claim.pence + 1
    refused("funder_transfer_agrees", RECEIPT, kind="received", pence=too_much, **pk(claim))
    refused("funder_transfer_agrees", RECEIPT, kind="repaid", pence=1, **pk(claim))
    received(scene, claim, 100)
    refused("funder_transfer_stands", "update funder_transfer set pence = 99")
    refused("funder_transfer_append_only", "delete from funder_transfer")
