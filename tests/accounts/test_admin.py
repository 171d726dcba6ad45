"""People and roles in the administration: nobody raises themselves, and an administrator sees no money."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from overtime_ledger.accounts.models import Agency, RankHeld, User
from overtime_ledger.accounts.services import the_ledger
from tests import factories as make

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"
PASSWORD = "nine wet bicycles"


@pytest.fixture
def administrator() -> User:
    return make.person("administrator", agency=make.AgencyFactory(), is_staff=True)


@pytest.fixture
def client(administrator: User) -> Client:
    signed_in = Client()
    signed_in.force_login(administrator)
    return signed_in


def typed(person: User, *roles: str, **more: object) -> dict[str, Any]:
    """The person's form as it is drawn, with some roles ticked and other values typed over."""
    fields = {
        "username": person.username,
        "display_name": person.display_name,
        "staff_number": person.staff_number,
        "agency": person.agency_id or "",
        "is_active": "on",
        "groups": [str(Group.objects.get(name=role).pk) for role in roles],
        "ranks-TOTAL_FORMS": "0",
        "ranks-INITIAL_FORMS": "0",
    }
    return fields | more


def roles_of(person: User) -> set[str]:
    return {role.name for role in User.objects.get(pk=person.pk).groups.all()}


def test_a_person_is_added_with_a_password_and_then_gets_roles_and_a_rank(client: Client) -> None:
    agency = make.AgencyFactory()
    new = {
        "username": "pc4471",
        "display_name": "PC 4471",
        "staff_number": "4471",
        "agency": agency.pk,
        "password1": PASSWORD,
        "password2": PASSWORD,
        "ranks-TOTAL_FORMS": "0",
        "ranks-INITIAL_FORMS": "0",
    }
    assert client.get(f"{PEOPLE}add/").status_code == 200
    assert client.post(f"{PEOPLE}add/", new).status_code == 302
    person = User.objects.get(username="pc4471")
    assert person.check_password(PASSWORD) and person.agency == agency
    rank = {
        "ranks-TOTAL_FORMS": "1",
        "ranks-0-rank": "constable",
        "ranks-0-annual_pay_pence": "41,130.00",
        "ranks-0-held_from": "1/9/2020",
        "ranks-0-evidence": "Payroll record",
    }
    assert client.post(f"{PEOPLE}{person.pk}/change/", typed(person, "officer", **rank)).status_code == 302
    assert roles_of(person) == {"officer"}
    held = person.ranks.get()
    assert (held.rank, held.annual_pay_pence, held.held_from) == ("constable", 4_113_000, date(2020, 9, 1))


def test_a_superuser_cannot_be_made_nor_permissions_given(client: Client) -> None:
    person = make.UserFactory()
    some = Permission.objects.get(codename="approve_claim")
    client.post(
        f"{PEOPLE}{person.pk}/change/",
        typed(person, "officer", is_superuser="on", user_permissions=[str(some.pk)]),
    )
    person = User.objects.get(pk=person.pk)
    assert roles_of(person) == {"officer"}
    assert not person.is_superuser and not person.user_permissions.exists()


def test_nobody_changes_their_own_roles_or_rank(client: Client, administrator: User) -> None:
    page = client.get(f"{PEOPLE}{administrator.pk}/change/").content.decode()
    assert 'name="groups"' not in page and 'name="is_staff"' not in page
    other = make.AgencyFactory()
    rank = {
        "ranks-TOTAL_FORMS": "1",
        "ranks-0-rank": "constable",
        "ranks-0-annual_pay_pence": "99,000.00",
        "ranks-0-held_from": "1/9/2020",
        "ranks-0-evidence": "Myself",
    }
    more = {"agency": other.pk, "display_name": "Administrator 1", **rank}
    client.post(f"{PEOPLE}{administrator.pk}/change/", typed(administrator, "finance", **more))
    administrator.refresh_from_db()
    assert administrator.display_name == "Administrator 1"
    assert roles_of(administrator) == {"administrator"} and administrator.agency != other
    assert not RankHeld.objects.filter(person=administrator).exists()


@pytest.mark.parametrize("which", ["superuser", "ledger"])
def test_a_superuser_and_the_ledger_account_are_out_of_reach(client: Client, which: str) -> None:
    person = (
        User.objects.create_superuser("root", password=PASSWORD, staff_number="0")
        if which == "superuser"
        else the_ledger()
    )
    answer = client.post(f"{PEOPLE}{person.pk}/change/", typed(person, username="taken", is_active="on"))
    new = {"password1": "eight dry bicycles", "password2": "eight dry bicycles"}
    assert answer.status_code == 404
    assert client.post(f"{PEOPLE}{person.pk}/password/", new).status_code == 404
    person.refresh_from_db()
    assert person.username != "taken" and not person.check_password("eight dry bicycles")


@pytest.mark.parametrize(
    "roles", [("finance", "controlling_di"), ("administrator", "finance"), ("auditor", "supervisor")]
)
def test_some_roles_are_kept_apart(client: Client, roles: tuple[str, str]) -> None:
    person = make.UserFactory()
    page = client.post(f"{PEOPLE}{person.pk}/change/", typed(person, *roles))
    assert page.status_code == 200 and "Nobody holds" in page.content.decode()
    assert roles_of(person) == set()


def test_roles_are_read_only(client: Client) -> None:
    role = Group.objects.get(name="administrator")
    before = role.permissions.count()
    assert client.get("/admin/auth/group/").status_code == 200
    every = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    answer = client.post(f"/admin/auth/group/{role.pk}/change/", {"name": "all", "permissions": every})
    assert answer.status_code == 404
    assert client.get("/admin/auth/group/add/").status_code == 404
    role.refresh_from_db()
    assert (role.name, role.permissions.count()) == ("administrator", before)


def test_nobody_is_deleted(client: Client) -> None:
    person = make.UserFactory()
    assert client.post(f"{PEOPLE}{person.pk}/delete/", {"post": "yes"}).status_code == 404
    chosen = {"action": "delete_selected", "index": "0", "_selected_action": [str(person.pk)], "post": "yes"}
    client.post(PEOPLE, chosen)
    assert User.objects.filter(pk=person.pk).exists()


def test_an_administrator_sees_no_money_and_no_claims() -> None:
    house = make.house()
    client = Client()
    client.force_login(house.administrator)
    index = client.get("/admin/").content.decode()
    assert "£" not in index and 'href="/admin/claims' not in index and 'href="/admin/grants' not in index
    for address in (
        "claims/claim/",
        "claims/settlement/",
        "grants/grant/",
        f"grants/grant/{house.grant.pk}/change/",
        "grants/budgetline/",
        "grants/ledgerentry/",
        "grants/agencyrate/",
        "grants/gate/",
        "tasking/enquiry/",
        "tasking/assignment/",
        "audit/accesslog/",
    ):
        assert client.get(f"/admin/{address}").status_code == 404, address


def test_agencies_are_kept(client: Client) -> None:
    new = {"code": "NCA", "name": "National Crime Agency", "settled_by": "invoice"}
    assert client.post("/admin/accounts/agency/add/", new).status_code == 302
    assert Agency.objects.get(code="NCA").settled_by == "invoice"


# The way in


def test_the_administration_is_entered_through_the_one_sign_in_page() -> None:
    stranger = Client()
    answer = stranger.get("/admin/accounts/user/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/login/?next=")
    make.UserFactory(username="guessed")
    User.objects.filter(username="guessed").update(is_staff=True)
    answer = stranger.post("/admin/login/", {"username": "guessed", "password": "guess"})
    assert answer.status_code == 302 and answer.url.startswith("/account/login/")


def test_to_people_without_it_the_administration_is_not_there() -> None:
    outsider = Client()
    outsider.force_login(make.person("officer", agency=make.AgencyFactory()))
    for address in ("", "login/", "accounts/user/", "logout/", "jsi18n/"):
        assert outsider.get(f"/admin/{address}").status_code == 404, address
