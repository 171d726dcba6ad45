"""Every refusal that somebody is shown is counted, whatever the door; what is only tried is not."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import manage
from claims import services as claims
from claims.models import Claim
from claims.services import together
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import ControlSpoke
from overtime_ledger.audit.services import put_on_record
from overtime_ledger.errors import Refusal, listening, shown
from tasking.forms.duties import as_typed
from tasking.models import Enquiry
from tasking.quotes import Plan
from tests import factories as make

pytestmark = pytest.mark.django_db
NOON = make.at(date(2021, 3, 8), 12)


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


def claimed(house: make.House, enquiry: Enquiry, *, state: str = "certified") -> Claim:
    return make.claim(house, make.assignment(house, enquiry, make.officer(house.lead)), state=state)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def counted() -> list[str]:
    return list(ControlSpoke.objects.order_by("pk").values_list("code", flat=True))


def balances(enquiry: Enquiry) -> tuple[int, int, int]:
    enquiry.line.refresh_from_db()
    return enquiry.line.available, enquiry.line.claimed, enquiry.line.approved


def test_in_the_browser_once_for_each_page_that_shows_it(house: make.House, enquiry: Enquiry) -> None:
    claim, before = claimed(house, enquiry), balances(enquiry)
    address = reverse("claims:approve", args=(claim.pk,))
    di = signed_in(house.di)
    with clock.travel(NOON):
        for _ in range(2):
            page = di.post(address, {"revision": claim.revision - 1})
            assert (page.status_code, page.context["refusal"].code) == (422, "A03")
    assert counted() == ["A03", "A03"]
    spoke = ControlSpoke.objects.latest("pk")
    assert (spoke.by, spoke.where, spoke.at) == (house.di, address, NOON)
    claim.refresh_from_db()
    assert (claim.status, balances(enquiry)) == ("certified", before)


def test_what_a_page_says_beforehand_about_its_buttons_is_no_refusal(
    house: make.House, enquiry: Enquiry
) -> None:
    claim = claimed(house, enquiry, state="submitted")
    page = signed_in(house.di).get(reverse("claims:claim", args=(claim.pk,)))
    assert "A13" in page.content.decode() and page.context["cannot"]
    assert not ControlSpoke.objects.exists()


def test_several_officers_that_one_control_refuses_count_once(house: make.House, enquiry: Enquiry) -> None:
    officers = [make.officer(house.lead) for _ in range(2)]
    for who in officers:
        make.assignment(house, enquiry, who, day=date(2021, 3, 12))
    hours = (make.at(date(2021, 3, 12), 17), make.at(date(2021, 3, 12), 19))
    plan = Plan(
        enquiry=enquiry,
        duty_type="planned",
        starts_at=hours[0],
        ends_at=hours[1],
        officers=officers,
        reason="Observations",
    )
    with clock.travel(NOON):
        page = signed_in(house.di).post(reverse("tasking:check"), dict(as_typed(plan).lists()))
    assert [refusal.code for refusal in page.context["refusals"]] == ["T06", "T06"]
    assert counted() == ["T06"]


def test_in_the_administration_from_a_page_and_from_the_list(house: make.House, enquiry: Enquiry) -> None:
    claim, other = claimed(house, enquiry), claimed(house, enquiry)
    di = signed_in(house.di)
    one = reverse("admin:claims_claim_approve", args=(claim.pk,))
    di.post(one, {"seen": str(claim.revision - 1), "approve-reason": "x"})
    assert counted() == ["A03"]
    claims.reject(other, by=house.di, revision=other.revision, reason="Not worked")
    several = reverse("admin:claims_claim_reject_together")
    page = di.post(
        several,
        {"seen": f"{claim.pk}:{claim.revision} {other.pk}:{other.revision}", "reason": "Not worked"},
    )
    assert [outcome.refusal.code for outcome in page.context["refused"]] == ["A03"]
    assert counted() == ["A03", "A03"]


def test_in_bulk_each_time_it_is_put_on_record_and_not_when_the_list_is_read_again(
    house: make.House, enquiry: Enquiry
) -> None:
    rows = [claimed(house, enquiry) for _ in range(3)]
    with clock.travel(NOON):
        bulk = together.draw(rows, by=house.di)
        bulk.rows.update(opened_at=NOON)
        claims.reject(rows[0], by=house.di, revision=rows[0].revision, reason="Not worked")
        with listening() as codes:
            assert together.approve_next(bulk, by=house.di) == 0
    assert [*codes] == ["A03"]
    signed_in(house.di).get(reverse("claims:together", args=(bulk.pk,)))
    assert not ControlSpoke.objects.exists()


def test_a_command_counts_what_it_reports(
    house: make.House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scales.csv"
    path.write_text("scale,point,annual_pay,status\nconstable_2013,7,41130,sourced\n")

    def execute(arguments: list[str]) -> None:
        call_command(*arguments[1:], stdout=StringIO())

    monkeypatch.setattr(manage, "execute_from_command_line", execute)
    options = ("--from=2021-03-01", "--source=Scales", f"--by={house.di.username}")
    with pytest.raises(CommandError):
        manage.run(["manage.py", "load_pay_scales", str(path), *options])
    spoke = ControlSpoke.objects.get()
    assert (spoke.code, spoke.by, spoke.where) == ("P01", None, "manage.py load_pay_scales")
    manage.run(["manage.py", "roles", "check"])
    assert ControlSpoke.objects.count() == 1


def test_a_page_that_refuses_nothing_writes_nothing_and_one_that_does_writes_once(
    house: make.House, enquiry: Enquiry
) -> None:
    claim = claimed(house, enquiry)
    di, address = signed_in(house.di), reverse("claims:approve", args=(claim.pk,))
    with clock.travel(NOON), CaptureQueriesContext(connection) as refused:
        di.post(address, {"revision": claim.revision - 1})
    with clock.travel(NOON), CaptureQueriesContext(connection) as approved:
        assert di.post(address, {"revision": claim.revision}).status_code == 302
    inserts = [
        [query["sql"] for query in found if 'INTO "audit_controlspoke"' in query["sql"]]
        for found in (refused, approved)
    ]
    assert [len(found) for found in inserts] == [1, 0]


def test_nobody_listens_outside_and_what_is_heard_stays_inside() -> None:
    refusal = Refusal("A03", "It changed.", fix="Look again.", who="Whoever decides")
    shown(refusal)
    with listening() as outer:
        with listening() as inner:
            shown(refusal)
            shown(refusal)
        shown(Refusal("T01", "It is closed.", fix="Open it.", who="Finance"))
    assert ([*inner], [*outer]) == (["A03"], ["T01"])


@pytest.mark.parametrize(
    "change", ["update audit_controlspoke set code = 'A01'", "delete from audit_controlspoke"]
)
def test_a_count_is_only_ever_added(change: str) -> None:
    put_on_record(["A03"], by=None, where="/" + "x" * 300)
    assert len(ControlSpoke.objects.get().where) == 200
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


def test_the_administration_shows_each_refusal_to_those_who_audit(house: make.House) -> None:
    with clock.travel(NOON - timedelta(days=1)):
        put_on_record(["A03", "T01"], by=house.di, where="/claims/1/approve/")
    address = reverse("admin:audit_controlspoke_changelist")
    for person, status in ((house.auditor, 200), (house.finance, 200), (house.di, 404)):
        assert signed_in(person).get(address).status_code == status
    text = signed_in(house.auditor).get(address + "?code=A03").content.decode()
    assert "As it was seen" in text and "/claims/1/approve/" in text and "The grant is open" not in text
