"""Closing a grant through its doors: checklist, signatures, retention, two people, then only reading."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from claims import services as claims
from claims.models import Claim
from grants import services as grants
from grants.models import AgencyAgreement, Grant
from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import User
from overtime_ledger.books.models import Closing, ClosingItem
from overtime_ledger.books.selectors import closing as selectors
from overtime_ledger.errors import Refusal
from tests import factories as make
from tests.factories import House, at

pytestmark = pytest.mark.django_db
DAY, MAY_3 = date(2021, 2, 10), date(2021, 5, 3)
Kind = ClosingItem.Kind


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A grant whose one claim is paid, on 3 May; what other parts know is taken as so."""
    house = make.house()
    duty = make.assignment(house, make.enquiry(house), make.officer(house.lead), day=DAY)
    claim = make.claim(house, duty, state="approved")
    with clock.travel(at(date(2021, 2, 20))):
        claims.settle([claim], grant=house.grant, agency=house.lead, reference="Payroll 1", by=house.finance)
    for kind in (Kind.RECONCILIATION, Kind.OUTTURN, Kind.USAGE):
        monkeypatch.setitem(selectors.KNOWN, kind, lambda grant: selectors.Known(True, "So it is."))
    with clock.travel(at(MAY_3)):
        make.outcomes(house.grant, by=house.di)
        yield house


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def get(person: User, name: str, *args: object) -> str:
    answer = signed_in(person).get(reverse(f"books:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def post(person: User, name: str, *args: object, **said: str) -> int:
    return signed_in(person).post(reverse(f"books:{name}", args=args), said).status_code


DONE = {"done_on": "2021-05-03", "evidence": "Minute 4"}


def work_through(house: House) -> None:
    for kind in ClosingItem.SIGNED:
        assert post(house.finance, "sign_item", house.grant.pk, kind, **DONE) == 302
    kept = {"keep_until": "2027-05-03", "reason": "Six years after the final payment"}
    assert post(house.finance, "retention", house.grant.pk, **kept) == 302


def test_a_grant_is_closed_page_by_page_and_then_says_so_everywhere(house: House) -> None:
    pk, claim = house.grant.pk, Claim.objects.get()
    assert "5 of 10 items are open" in get(house.finance, "closing", pk)
    assert post(house.finance, "propose_closing", pk) == 422
    work_through(house)
    assert "Propose to close the grant" in get(house.finance, "closing", pk)
    assert post(house.finance, "propose_closing", pk) == 302
    proposed = Closing.objects.get()
    assert post(house.finance, "confirm_closing", proposed.pk) == 422
    assert "G01" in get(house.finance, "confirm_closing", proposed.pk)
    assert post(house.second_finance, "confirm_closing", proposed.pk) == 302
    house.grant.refresh_from_db()
    assert house.grant.status == Grant.Status.CLOSED
    for page in (
        get(house.auditor, "closing", pk),
        signed_in(house.di).get(reverse("grants:grant", args=[pk])).content.decode(),
        signed_in(house.di).get(reverse("claims:claim", args=[claim.pk])).content.decode(),
    ):
        assert "Closed on 3 May 2021" in page
    assert "Sign</a>" not in get(house.finance, "closing", pk)


def test_a_verb_on_a_closed_grant_says_why_not(house: House) -> None:
    make.shut(house.grant)
    claim = Claim.objects.get()
    answer = signed_in(house.di).post(
        reverse("claims:reverse", args=[claim.pk]), {"revision": claim.revision, "reason": "No"}
    )
    assert answer.status_code == 422 and "L03" in answer.content.decode()
    assert post(house.finance, "sign_item", house.grant.pk, "equality", **DONE) == 422
    claim.refresh_from_db()
    assert claim.status == "settled" and not ClosingItem.objects.exists()


def test_an_owner_and_a_day_are_typed_and_shown(house: House) -> None:
    pk = house.grant.pk
    assert post(house.finance, "assign_item", pk, "evaluation", owner=str(house.di.pk)) == 422
    said = {"owner": str(house.di.pk), "due_on": "2021-05-01"}
    assert post(house.finance, "assign_item", pk, "evaluation", **said) == 302
    page = get(house.auditor, "closing", pk)
    assert "DI 9001" in page and "Overdue" in page and "items/evaluation" not in page


def test_signing_too_early_or_what_is_looked_up_is_refused(house: House) -> None:
    pk = house.grant.pk
    assert post(house.finance, "sign_item", pk, "equality", done_on="2021-05-04", evidence="x") == 422
    assert post(house.finance, "sign_item", pk, "claims", **DONE) == 404
    assert post(house.finance, "sign_item", pk, "nothing", **DONE) == 404
    assert post(house.finance, "retention", pk, keep_until="2027-03-30", reason="x") == 422
    assert not ClosingItem.objects.exists()


def test_a_proposal_is_withdrawn_with_a_reason(house: House) -> None:
    work_through(house)
    post(house.finance, "propose_closing", house.grant.pk)
    proposed = Closing.objects.get()
    assert post(house.finance, "withdraw_closing", proposed.pk, reason="") == 422
    assert post(house.finance, "withdraw_closing", proposed.pk, reason="An invoice came") == 302
    assert post(house.second_finance, "confirm_closing", proposed.pk) == 422
    assert "the grant can be closed" in get(house.auditor, "closing", house.grant.pk)


def test_the_list_says_where_each_grant_stands(house: House) -> None:
    assert "Not proposed" in get(house.auditor, "closings")
    work_through(house)
    assert "Kept until 3 May 2027" in get(house.auditor, "closings")


def test_no_agreement_is_put_on_record_or_changed_under_a_closed_grant(house: House) -> None:
    agreement = grants.record_agreement(
        house.grant,
        by=house.finance,
        agency=house.other,
        reference="BTP/1",
        charging_basis="Agreed hourly rates",
        maximum_pence=100_00,
        signed_on=DAY,
    )
    make.shut(house.grant)
    said = {
        "grant": house.grant.pk,
        "agency": house.other.pk,
        "reference": "BTP/2",
        "charging_basis": "Agreed hourly rates",
        "maximum_pence": "200.00",
        "signed_on": "2021-02-10",
    }
    client = signed_in(house.finance)
    for address in (
        reverse("admin:grants_agencyagreement_add"),
        reverse("admin:grants_agencyagreement_change", args=[agreement.pk]),
    ):
        answer = client.post(address, said)
        assert answer.status_code == 200 and "grant" in answer.context["adminform"].form.errors
    with pytest.raises(Refusal, match="L03"):
        two_people.confirm(agreement, by=house.second_finance)
    assert AgencyAgreement.objects.get() == agreement and agreement.reference == "BTP/1"
