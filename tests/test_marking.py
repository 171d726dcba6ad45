"""Whatever is about one grant bears that grant's marking; everything else the product's."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from claims.models import Claim
from grants import services as grants
from grants.models import Grant
from grants.selectors import marking_of
from overtime_ledger.accounts.models import User
from tasking.models import Assignment
from tests import factories as make
from tests.files import csv_lines

pytestmark = pytest.mark.django_db

MARKING = "SECRET [POLICE]"


@pytest.fixture
def house() -> make.House:
    made = make.house()
    Grant.objects.update(marking=MARKING)
    made.grant.refresh_from_db()
    return made


@pytest.fixture
def duty(house: make.House) -> Assignment:
    return make.assignment(house, make.enquiry(house), make.officer(house.lead))


@pytest.fixture
def claim(house: make.House, duty: Assignment) -> Claim:
    return make.claim(house, duty, state="approved")


def page(user: User, name: str, *args: object, query: str = "") -> Any:
    client = Client()
    client.force_login(user)
    response = client.get(reverse(name, args=args) + query)
    assert response.status_code in (200, 422)
    return response


def marked(user: User, name: str, *args: object, query: str = "") -> tuple[bool, bool]:
    """Whether the page bears the grant's marking above and beneath, and whether it bears the product's."""
    text = page(user, name, *args, query=query).content.decode()
    top, bottom = f'marking--top">{MARKING}<', f'marking--bottom">{MARKING}<'
    return top in text and bottom in text, f'">{settings.LEDGER_MARKING}<' in text


def test_pages_about_one_grant_bear_its_marking(house: make.House, claim: Claim) -> None:
    duty = claim.assignment
    pages: list[tuple[Any, ...]] = [
        ("home",),
        ("grants:grant", house.grant.pk),
        ("grants:entries", house.grant.pk),
        ("grants:delegations", house.grant.pk),
        ("tasking:enquiry", claim.enquiry_id),
        ("tasking:close_enquiry", claim.enquiry_id),
        ("tasking:tasking", duty.tasking_id),
        ("tasking:again", duty.tasking_id),
        ("tasking:cancel", duty.tasking_id),
        ("tasking:shorten", duty.tasking_id),
        ("claims:claim", claim.pk),
        ("claims:reverse", claim.pk),
        ("admin:claims_claim_change", claim.pk),
        ("admin:grants_grant_change", house.grant.pk),
    ]
    wrong = [name for name, *args in pages if marked(house.di, name, *args) != (True, False)]
    due = f"?grant={house.grant.pk}&agency={house.lead.pk}"
    assert marked(house.finance, "payments:draw", query=due) == (True, False)
    assert wrong == []


def test_a_claimant_sees_the_marking_of_the_grant_too(house: make.House, duty: Assignment) -> None:
    for name in ("as_planned", "other_times"):
        assert marked(duty.officer, f"claims:{name}", duty.pk) == (True, False)


def test_pages_of_several_grants_bear_the_marking_of_the_product(house: make.House, claim: Claim) -> None:
    for name in ("tasking:enquiries", "tasking:taskings", "claims:claims", "grants:grants"):
        assert marked(house.di, name) == (False, True)


@pytest.mark.parametrize("name", ["tasking:enquiries", "tasking:taskings", "claims:claims"])
def test_a_file_bears_the_marking_of_the_grant_of_its_rows(
    house: make.House, claim: Claim, name: str
) -> None:
    def marking() -> str:
        lines = csv_lines(page(house.auditor, name, query="?format=csv"))
        return dict(row[:2] for row in lines if len(row) == 2)["Marking"]

    assert marking() == MARKING
    Grant.objects.update(marking="OFFICIAL")
    assert marking() == "OFFICIAL"


def test_a_file_of_grants_that_differ_bears_the_marking_of_the_product(house: make.House) -> None:
    first = make.enquiry(house)
    terms = {
        field: getattr(house.grant, field)
        for field in ("title", "funder", "fund", "recipient", "spending_body", "purpose", "lead_force",
                      "amount_pence", "eligible_from", "eligible_to", "claims_close_on", "books_close_on")
    }  # fmt: skip
    other = grants.set_up_grant(by=house.finance, reference="PCD 912", **terms)
    assert first.grant.marking != other.marking
    assert marking_of(Grant.objects.all()) == settings.LEDGER_MARKING
    assert marking_of(Grant.objects.none()) == settings.LEDGER_MARKING
