"""Changes of terms through their doors: finance works them on the grant, everybody reads what stood."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from grants.models import Grant, TermsChange
from grants.terms_forms import standing
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from tests import factories as make

pytestmark = pytest.mark.django_db
MARCH_8 = date(2021, 3, 8)


@pytest.fixture
def house() -> Iterator[make.House]:
    made = make.house()
    with clock.travel(make.at(MARCH_8)):
        yield made


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def press(person: User, verb: str, **fields: object) -> Any:
    address = reverse(f"admin:grants_grant_{verb}", args=(Grant.objects.get().pk,))
    return signed_in(person).post(address, fields | {"confirmed": "yes"})


def refused(page: Any, code: str) -> bool:
    return bool(page.status_code == 422 and page.context["refusal"].code == code)


def typed(**values: Any) -> dict[str, Any]:
    """The form as it is prefilled, with some of it typed over."""
    grant = Grant.objects.get()
    said = {
        "amount_pence": f"{grant.amount_pence / 100:.2f}",
        "eligible_from": grant.eligible_from,
        "eligible_to": grant.eligible_to,
        "claims_close_on": grant.claims_close_on,
        "books_close_on": grant.books_close_on,
        "purpose": grant.purpose,
        "cost_types": grant.cost_types,
        "on_cost": grant.on_cost,
        "reason": "Agreed at the board",
        "effective_from": MARCH_8,
        "authority": "Minute 7 of the finance board",
        **values,
    }
    fields: dict[str, Any] = {"seen": standing(grant)}
    for name, value in said.items():
        parts = (value.day, value.month, value.year) if isinstance(value, date) else None
        for place, part in enumerate(parts or ()):
            fields[f"put_forward-{name}_{place}"] = part
        if not parts:
            fields[f"put_forward-{name}"] = value
    return fields


def put_forward(house: make.House, **values: Any) -> TermsChange:
    assert press(house.finance, "put_forward", **typed(**values)).status_code == 302
    return TermsChange.objects.latest("pk")


def agreed_on(day: date) -> dict[str, object]:
    return {"agree-agreed_on_0": day.day, "agree-agreed_on_1": day.month, "agree-agreed_on_2": day.year}


def test_the_form_is_filled_with_what_stands(house: make.House) -> None:
    page = signed_in(house.finance).get(reverse("admin:grants_grant_change", args=(house.grant.pk,)))
    shown = page.content.decode()
    assert "Put a change forward" in shown and 'value="135,000.00"' in shown


def test_what_is_about_to_be_put_forward_is_shown_once_more(house: make.House) -> None:
    fields = typed(amount_pence="140,000.00")
    address = reverse("admin:grants_grant_put_forward", args=(house.grant.pk,))
    page = signed_in(house.finance).post(address, fields)
    assert "£135,000.00 → £140,000.00" in page.content.decode() and not TermsChange.objects.exists()


def test_an_accruals_window_through_its_door(house: make.House) -> None:
    later = date(2021, 4, 9)
    page = press(house.finance, "put_forward", **typed(claims_close_on=later, authority=""))
    assert refused(page, "G13") and "Agreed at the board" in page.content.decode()
    change = put_forward(house, claims_close_on=later)
    assert refused(press(house.finance, "approve_change", seen=change.pk), "G01")
    assert press(house.second_finance, "approve_change", seen=change.pk).status_code == 302
    assert Grant.objects.get().claims_close_on == later
    assert refused(press(house.second_finance, "approve_change", seen=change.pk), "A03")


def test_the_funders_terms_through_their_door(house: make.House) -> None:
    change = put_forward(house, amount_pence="140,000.00")
    assert refused(press(house.finance, "put_forward", **typed(purpose="Another")), "G12")
    assert press(house.second_finance, "approve_change", seen=change.pk).status_code == 302
    letter = {"seen": change.pk, "agree-funder_reference": "HO/21/7"}
    page = press(house.finance, "agree", **letter, **agreed_on(date(2021, 3, 9)))
    assert refused(page, "G13") and "HO/21/7" in page.content.decode()
    assert press(house.finance, "agree", **letter, **agreed_on(MARCH_8)).status_code == 302
    assert Grant.objects.get().amount_pence == 14_000_000


def test_an_award_does_not_fall_below_what_is_used(house: make.House) -> None:
    make.enquiry(house, pence=13_000_000)
    change = put_forward(house, amount_pence="129,000.00")
    press(house.second_finance, "approve_change", seen=change.pk)
    letter = {"seen": change.pk, "agree-funder_reference": "HO/21/7"}
    page = press(house.finance, "agree", **letter, **agreed_on(MARCH_8))
    assert refused(page, "A04") and "HO/21/7" in page.content.decode()
    assert press(house.finance, "withdraw_change", seen=change.pk).status_code == 422
    said = {"seen": change.pk, "withdraw_change-reason": "Too much was asked"}
    assert press(house.finance, "withdraw_change", **said).status_code == 302
    change.refresh_from_db()
    assert (change.status, Grant.objects.get().amount_pence) == ("withdrawn", 13_500_000)


def test_what_was_not_on_the_page_is_not_decided(house: make.House) -> None:
    assert refused(press(house.second_finance, "approve_change", seen=""), "A03")
    assert refused(press(house.finance, "put_forward", **typed(purpose="New") | {"seen": "old"}), "A03")
    assert not TermsChange.objects.exists()


def test_nothing_changed_is_no_change_and_the_terms_of_a_draft_are_corrected() -> None:
    draft = make.house(opened=False)
    with clock.travel(make.at(MARCH_8)):
        assert refused(press(draft.finance, "put_forward", **typed(purpose="Another")), "G05")
        make.open_up(draft)
        assert refused(press(draft.finance, "put_forward", **typed()), "G13")


@pytest.mark.parametrize("verb", ["put_forward", "approve_change", "agree", "withdraw_change"])
def test_nobody_else_in_the_administration_works_them(house: make.House, verb: str) -> None:
    change = put_forward(house, purpose="Overtime and analysis")
    for person in (house.di, house.auditor):
        assert press(person, verb, seen=change.pk).status_code == 404
    change.refresh_from_db()
    assert change.status == "proposed"


def test_old_terms_stay_readable_for_who_may_open_the_grant(house: make.House) -> None:
    change = put_forward(house, claims_close_on=date(2021, 4, 9))
    press(house.second_finance, "approve_change", seen=change.pk)
    for person in (house.di, house.auditor, house.finance):
        page = signed_in(person).get(reverse("grants:terms", args=(house.grant.pk,))).content.decode()
        assert "31 March 2021</del>" in page and "9 April 2021</ins>" in page
        assert "Minute 7 of the finance board" in page and f"Confirmed by {house.second_finance}" in page
    for person in (house.auditor, house.finance):
        client = signed_in(person)
        listed = client.get(reverse("admin:grants_termschange_changelist")).content.decode()
        assert "31 March 2021 → 9 April 2021" in listed
        assert client.get(reverse("admin:grants_termschange_change", args=(change.pk,))).status_code == 200
    assert signed_in(house.di).get(reverse("admin:grants_termschange_changelist")).status_code == 404
