"""Moving money, delegating, forecasting and setting up in the browser: each door once, and its refusals."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from grants import services as grants
from grants.models import Authority, Grant, LedgerEntry, OwnForecast
from overtime_ledger import clock
from tests import factories as make

pytestmark = pytest.mark.django_db

TODAY = date(2021, 3, 8)


@pytest.fixture
def house() -> make.House:
    return make.house()


def door(house: make.House, name: str, *more: int) -> str:
    return reverse(f"grants:{name}", args=[house.grant.pk, *more])


# Moving money


@pytest.fixture
def proposal(house: make.House) -> dict[str, Any]:
    """£5,000.00 from the main line to an enquiry, as the form sends it."""
    enquiry = make.enquiry(house)
    return {
        "source": house.grant.lines.get(is_main=True).pk,
        "target": enquiry.line.pk,
        "pence": "5,000.00",
        "reason": "More observations",
        "token": str(uuid4()),
    }


def available(house: make.House) -> list[int]:
    return list(house.grant.lines.order_by("-is_main", "pk").values_list("available", flat=True))


def test_money_is_moved_after_a_look_at_both_lines(
    client: Client, house: make.House, proposal: dict[str, Any]
) -> None:
    client.force_login(house.di)
    assert client.get(door(house, "move")).context["form"]["token"].value()
    checked = client.post(door(house, "move"), proposal)
    assert "Move £5,000.00 from Main line to Enquiry 1" in checked.content.decode()
    assert [row[1:] for row in checked.context["changes"]] == [
        (12_500_000, 12_000_000),
        (1_000_000, 1_500_000),
    ]
    assert available(house) == [12_500_000, 1_000_000]
    done = client.post(door(house, "move"), dict(checked.context["typed"]) | {"confirmed": "yes"})
    assert done.status_code == 302
    assert available(house) == [12_000_000, 1_500_000]
    entry = LedgerEntry.objects.latest("pk")
    assert (entry.kind, entry.reason, entry.recorded_by) == ("allocation", "More observations", house.di)


def test_pressing_twice_moves_once(client: Client, house: make.House, proposal: dict[str, Any]) -> None:
    client.force_login(house.di)
    client.post(door(house, "move"), proposal | {"confirmed": "yes"})
    again = client.post(door(house, "move"), proposal | {"confirmed": "yes"})
    assert (again.status_code, again.context["refusal"].code) == (422, "L01")
    assert available(house) == [12_000_000, 1_500_000]


def test_a_move_can_be_changed_before_it_is_made(
    client: Client, house: make.House, proposal: dict[str, Any]
) -> None:
    client.force_login(house.di)
    response = client.post(door(house, "move"), proposal | {"change": "yes"})
    assert response.context["form"]["pence"].value() == "5,000.00"
    assert available(house) == [12_500_000, 1_000_000]


def test_what_is_not_there_cannot_be_moved(
    client: Client, house: make.House, proposal: dict[str, Any]
) -> None:
    client.force_login(house.di)
    proposal["pence"] = "125,000.01"
    for pressed in ({}, {"confirmed": "yes"}):
        refused = client.post(door(house, "move"), proposal | pressed)
        assert (refused.status_code, refused.context["refusal"].code) == (422, "A04")
        assert refused.context["form"]["reason"].value() == "More observations"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("pence", "0"),
        ("pence", "some"),
        ("reason", ""),
        ("target", ""),
        ("token", "x"),
        ("reason", "07700 900123"),
    ],
)
def test_what_is_typed_wrong_is_said_and_stays(
    client: Client, house: make.House, proposal: dict[str, Any], field: str, typed: str
) -> None:
    client.force_login(house.di)
    response = client.post(door(house, "move"), proposal | {field: typed, "confirmed": "yes"})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert response.context["form"]["pence"].value() == (typed if field == "pence" else "5,000.00")


def test_a_line_of_another_grant_cannot_be_chosen(
    client: Client, house: make.House, proposal: dict[str, Any]
) -> None:
    other = grants.set_up_grant(by=house.finance, **_terms(house, reference="PCD 912"))
    client.force_login(house.di)
    proposal["target"] = other.lines.get().pk
    assert client.post(door(house, "move"), proposal).status_code == 422


def test_a_deputy_moves_within_the_limit_of_the_delegation(
    client: Client, house: make.House, proposal: dict[str, Any]
) -> None:
    with clock.travel(make.at(TODAY)):
        grants.delegate(
            house.grant, house.deputy, by=house.di, from_on=TODAY, to_on=TODAY, limit_pence=499_999
        )
    client.force_login(house.deputy)
    refused = client.post(door(house, "move"), proposal | {"confirmed": "yes"})
    assert (refused.status_code, refused.context["refusal"].code) == (422, "A02")
    proposal["pence"] = "4,999.99"
    assert client.post(door(house, "move"), proposal | {"confirmed": "yes"}).status_code == 302


def test_nobody_else_moves_delegates_or_foretells(
    client: Client, house: make.House, proposal: dict[str, Any]
) -> None:
    for outsider in (house.finance, house.auditor, house.deputy, house.supervisor, house.administrator):
        client.force_login(outsider)
        assert client.get(door(house, "move")).status_code == 404
        reads = outsider in (house.finance, house.auditor)
        assert client.get(door(house, "forecast")).status_code == (200 if reads else 404)
        for name in ("move", "forecast"):
            assert client.post(door(house, name), proposal | {"confirmed": "yes"}).status_code == 404
        assert client.post(door(house, "delegations"), {"confirmed": "yes"}).status_code == 404
    assert available(house) == [12_500_000, 1_000_000]


# Delegations


def _delegation(house: make.House, **changes: str) -> dict[str, Any]:
    days = {"from_on": "2021-03-08", "to_on": "2021-03-14"}
    return {"person": house.deputy.pk, **days, "limit_pence": "2,000"} | changes


def test_the_di_delegates_after_a_check_and_ends_it(client: Client, house: make.House) -> None:
    client.force_login(house.di)
    checked = client.post(door(house, "delegations"), _delegation(house))
    assert "Delegate to DS 9002 until 14 March 2021" in checked.content.decode()
    done = client.post(door(house, "delegations"), dict(checked.context["typed"]) | {"confirmed": "yes"})
    assert done.status_code == 302
    held = Authority.objects.get(person=house.deputy)
    assert (held.from_on, held.to_on, held.limit_pence) == (TODAY, date(2021, 3, 14), 200_000)
    end = door(house, "end_delegation", held.pk)
    assert client.get(end).status_code == 200
    assert client.post(end).status_code == 302
    held.refresh_from_db()
    assert held.to_on == TODAY


def test_a_delegation_that_ends_before_it_begins_is_refused(client: Client, house: make.House) -> None:
    client.force_login(house.di)
    posted = _delegation(house, to_on="2021-03-01", confirmed="yes")
    response = client.post(door(house, "delegations"), posted)
    assert (response.status_code, response.context["refusal"].code) == (422, "G08")
    assert not Authority.objects.filter(person=house.deputy).exists()


def test_the_same_delegation_is_not_made_twice(client: Client, house: make.House) -> None:
    client.force_login(house.di)
    address = door(house, "delegations")
    typed = dict(client.post(address, _delegation(house, token=str(uuid4()))).context["typed"])
    assert client.post(address, typed | {"confirmed": "yes"}).status_code == 302
    again = client.post(address, typed | {"confirmed": "yes"})
    assert again.status_code == 422 and "has this delegation already" in again.content.decode()
    other = _delegation(house, token=typed["token"], to_on="2021-03-20")  # as two presses at once find it
    pressed = client.post(address, other | {"confirmed": "yes"}, follow=True)
    assert "nothing was delegated twice" in pressed.content.decode()
    assert Authority.objects.filter(person=house.deputy).count() == 1


def test_a_delegation_that_was_refused_can_be_sent_again(client: Client, house: make.House) -> None:
    client.force_login(house.di)
    address, token = door(house, "delegations"), str(uuid4())
    wrong = _delegation(house, to_on="2021-03-01", confirmed="yes", token=token)
    assert client.post(address, wrong).context["refusal"].code == "G08"
    assert client.post(address, wrong | {"to_on": "2021-03-14"}).status_code == 302
    assert Authority.objects.filter(person=house.deputy).count() == 1


def test_only_people_with_the_role_can_be_deputies(client: Client, house: make.House) -> None:
    client.force_login(house.di)
    page = client.get(door(house, "delegations"))
    assert list(page.context["form"].fields["person"].queryset) == [house.deputy]
    response = client.post(door(house, "delegations"), _delegation(house) | {"person": house.finance.pk})
    assert response.status_code == 422


def test_who_only_reads_sees_delegations_without_the_form(client: Client, house: make.House) -> None:
    client.force_login(house.auditor)
    response = client.get(door(house, "delegations"))
    assert response.context["form"] is None
    assert len(response.context["authorities"]) == 1
    controller = Authority.objects.get().pk
    assert client.get(door(house, "end_delegation", controller)).status_code == 404


# The DI's own forecast


def test_the_di_puts_a_forecast_on_record(client: Client, house: make.House) -> None:
    client.force_login(house.di)
    response = client.post(door(house, "forecast"), {"outturn_pence": "129,000", "reason": "Two operations"})
    assert response.status_code == 302
    made = OwnForecast.objects.get()
    assert (made.outturn_pence, made.given_by, made.given_on) == (12_900_000, house.di, TODAY)


def test_a_forecast_needs_an_amount_and_a_reason(client: Client, house: make.House) -> None:
    client.force_login(house.di)
    response = client.post(door(house, "forecast"), {"outturn_pence": "", "reason": ""})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"outturn_pence", "reason"}
    assert not OwnForecast.objects.exists()


# Setting up


def _terms(house: make.House, **changes: Any) -> dict[str, Any]:
    names = ("title", "funder", "fund", "recipient", "spending_body", "purpose", "lead_force", "amount_pence")
    days = ("eligible_from", "eligible_to", "claims_close_on", "books_close_on")
    return {name: getattr(house.grant, name) for name in (*names, *days)} | changes


def _typed_terms(house: make.House, **changes: str) -> dict[str, str]:
    typed = {name: str(value) for name, value in _terms(house).items()}
    typed |= {"reference": "PCD 912", "lead_force": str(house.lead.pk), "amount_pence": "90,000"}
    return (
        typed
        | {"cost_types": "both", "on_cost": "ni", "claim_basis": "paid", "marking": "OFFICIAL"}
        | changes
    )


def _set_up(client: Client, **posted: str) -> HttpResponse:
    return client.post(reverse("grants:set_up"), posted)


def test_finance_sets_up_a_grant_as_a_draft(client: Client, house: make.House) -> None:
    client.force_login(house.finance)
    checked = _set_up(client, **_typed_terms(house))
    page = checked.content.decode()
    assert "Set up PCD 912: £90,000.00" in page and "Employer&#x27;s National Insurance" in page
    assert not Grant.objects.filter(reference="PCD 912").exists()
    done = _set_up(client, **dict(checked.context["typed"]), confirmed="yes")
    made = Grant.objects.get(reference="PCD 912")
    assert done["Location"] == reverse("grants:grant", args=[made.pk])
    assert (made.status, made.amount_pence, made.marking) == ("draft", 9_000_000, "OFFICIAL")
    assert (made.on_cost, made.claim_basis) == ("ni", "paid")
    assert (made.gates.count(), made.lines.get().is_main) == (17, True)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("reference", "PCD 911"),
        ("eligible_to", "2021-01-31"),
        ("books_close_on", "2021-03-01"),
        ("amount_pence", "0"),
    ],
)
def test_terms_that_cannot_be_are_said(client: Client, house: make.House, field: str, typed: str) -> None:
    client.force_login(house.finance)
    response = _set_up(client, **_typed_terms(house, **{field: typed}), confirmed="yes")
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert Grant.objects.count() == 1


def test_nobody_but_finance_sets_up_grants(client: Client, house: make.House) -> None:
    for outsider in (house.di, house.auditor, house.administrator, house.supervisor):
        client.force_login(outsider)
        assert client.get(reverse("grants:set_up")).status_code == 404


# The list


def test_each_sees_the_grants_they_may_open(client: Client, house: make.House) -> None:
    grants.set_up_grant(by=house.finance, **_terms(house, reference="PCD 912"))
    for user, seen in ((house.finance, 2), (house.auditor, 2), (house.di, 1), (house.deputy, 0)):
        client.force_login(user)
        assert len(client.get(reverse("grants:grants")).context["rows"]) == seen
    client.force_login(house.supervisor)
    assert client.get(reverse("grants:grants")).status_code == 404
