"""The last days of a grant, on every page about it and on no other."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from grants.countdown import last_days
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from tests import factories as make

MARCH_8 = date(2021, 3, 8)
THEN = "Claims close on 9 April 2021; books close on 31 May 2021."


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2021, 3, 2), ""),
        (date(2021, 3, 3), f"Duties until 31 March 2021: 28 days left. {THEN}"),
        (date(2021, 3, 30), f"Duties until 31 March 2021: 1 day left. {THEN}"),
        (date(2021, 3, 31), f"Duties until 31 March 2021: today is the last day. {THEN}"),
        (date(2021, 4, 1), "Claims close on 9 April 2021: 8 days left. Books close on 31 May 2021."),
        (date(2021, 4, 10), ""),
        (date(2021, 5, 3), "Books close on 31 May 2021: 28 days left."),
        (date(2021, 6, 1), ""),
    ],
)
def test_each_of_the_three_dates_is_counted_down_from_28_days_before(today: date, said: str) -> None:
    grant = Grant(
        status="open",
        eligible_to=date(2021, 3, 31),
        claims_close_on=date(2021, 4, 9),
        books_close_on=date(2021, 5, 31),
    )
    with clock.travel(make.at(today)):
        assert last_days(grant) == said


def test_a_grant_that_is_not_open_counts_nothing_down() -> None:
    day = date(2021, 3, 31)
    grant = Grant(status="draft", eligible_to=day, claims_close_on=day, books_close_on=day)
    with clock.travel(make.at(MARCH_8)):
        assert last_days(grant) == ""


def text(person: User, address: str) -> str:
    client = Client()
    client.force_login(person)
    page = client.get(address)
    assert page.status_code == 200, address
    return page.content.decode()


@pytest.mark.django_db
def test_every_page_about_a_grant_says_it_and_no_other() -> None:
    house = make.house()
    officer = make.officer(house.lead)
    duty = make.assignment(house, make.enquiry(house), officer)
    claim = make.claim(house, duty, state="certified")
    to_claim = make.assignment(house, duty.tasking.enquiry, officer, day=date(2021, 3, 5))
    about_it = [
        (house.di, "grants:grant", house.grant.pk),
        (house.di, "grants:move", house.grant.pk),
        (house.finance, "grants:entries", house.grant.pk),
        (house.di, "tasking:enquiry", duty.tasking.enquiry_id),
        (house.di, "tasking:tasking", duty.tasking_id),
        (house.di, "claims:claim", claim.pk),
        (officer, "claims:as_planned", to_claim.pk),
        (officer, "claims:claim", claim.pk),
        (house.finance, "admin:grants_grant_change", house.grant.pk),
        (house.di, "admin:claims_claim_change", claim.pk),
        (house.di, "admin:tasking_enquiry_change", duty.tasking.enquiry_id),
        (house.di, "admin:tasking_tasking_change", duty.tasking_id),
        (house.auditor, "admin:tasking_assignment_change", duty.pk),
    ]
    with clock.travel(make.at(MARCH_8)):
        for person, name, pk in about_it:
            shown = text(person, reverse(name, args=(pk,)))
            assert shown.count("Duties until 31 March 2021: 23 days left.") == 1, name
        assert "days left. Claims close" in text(house.di, "/")
        for other in (reverse("claims:claims"), reverse("admin:index")):
            assert "days left. Claims close" not in text(house.di, other)
    with clock.travel(make.at(date(2021, 3, 2))):
        shown = text(house.di, reverse("grants:grant", args=(house.grant.pk,)))
        assert "days left. Claims close" not in shown
