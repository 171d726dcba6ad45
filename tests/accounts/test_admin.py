"""People, roles and pay tables: nobody raises themselves, and an administrator sees no grant's money."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import Agency, PayPoint, PayTable, RankHeld, User
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


def rank(held: str, pay_point: str, grade: str = "") -> dict[str, Any]:
    """One rank on the person's form, held since September 2020."""
    return {
        "ranks-TOTAL_FORMS": "1",
        "ranks-0-rank": held,
        "ranks-0-grade": grade,
        "ranks-0-pay_point": pay_point,
        "ranks-0-held_from": "1/9/2020",
        "ranks-0-evidence": "Payroll record",
    }


def pay_table(*, pence: int = 4_113_000, valid_from: date = date(2020, 9, 1)) -> PayTable:
    """A confirmed table with a constable's and a sergeant's highest point."""
    points = [
        PayPoint(rank="sergeant", scale="sergeant", point="4", annual_pay_pence=4_622_700),
        PayPoint(rank="constable", scale="constable_2013", point="7", annual_pay_pence=pence),
    ]
    return make.pay_table(points, valid_from=valid_from).pay_table


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
    pay_table()
    held = rank("constable", "point 7 of constable_2013")
    assert client.post(f"{PEOPLE}{person.pk}/change/", typed(person, "officer", **held)).status_code == 302
    assert roles_of(person) == {"officer"}
    kept = person.ranks.get()
    assert (kept.rank, kept.scale, kept.point) == ("constable", "constable_2013", "7")
    assert kept.held_from == date(2020, 9, 1)


def test_a_pay_point_is_chosen_with_what_it_pays_and_no_amount_is_typed(client: Client) -> None:
    pay_table()
    person = make.UserFactory()
    page = client.get(f"{PEOPLE}{person.pk}/change/").content.decode()
    assert "constable_2013, point 7: £41,130.00 a year" in page and "annual_pay" not in page
    person.ranks.create(rank="constable", scale="old_2010", point="3", held_from=date(2010, 1, 1))
    page = client.get(f"{PEOPLE}{person.pk}/change/").content.decode()
    assert "old_2010, point 3: in no pay table in force today" in page


def test_the_scale_is_that_of_the_rank_held(client: Client) -> None:
    pay_table()
    person = make.UserFactory()
    for wrong, said in (
        (rank("sergeant", "point 7 of constable_2013"), "constable_2013 is the scale of a constable"),
        (rank("agency_grade", "point 4 of sergeant", grade="Grade 5"), "sergeant is the scale of a sergeant"),
        (rank("constable", "point 99 of constable_2013"), "Select a valid choice"),
    ):
        page = client.post(f"{PEOPLE}{person.pk}/change/", typed(person, "officer", **wrong))
        assert page.status_code == 200 and said in page.content.decode()
    assert not person.ranks.exists()


def test_what_is_held_stays_when_something_else_is_changed(client: Client) -> None:
    pay_table()
    person = make.UserFactory()
    held = make.RankHeldFactory(person=person)
    again = rank("constable", "point 7 of constable_2013") | {
        "ranks-INITIAL_FORMS": "1",
        "ranks-0-id": held.pk,
        "ranks-0-evidence": "Order 12",
    }
    assert client.post(f"{PEOPLE}{person.pk}/change/", typed(person, "officer", **again)).status_code == 302
    held.refresh_from_db()
    assert (held.scale, held.point, held.evidence) == ("constable_2013", "7", "Order 12")
    none = again | {"ranks-0-pay_point": ""}
    assert client.post(f"{PEOPLE}{person.pk}/change/", typed(person, "officer", **none)).status_code == 302
    held.refresh_from_db()
    assert (held.scale, held.point) == ("", "")


def test_pay_points_are_looked_up_once_a_page(client: Client) -> None:
    pay_table()
    person = make.UserFactory()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{PEOPLE}{person.pk}/change/").status_code == 200
        return len(captured)

    make.RankHeldFactory(person=person)
    first = queries()
    for year in (2015, 2016, 2017):
        make.RankHeldFactory(person=person, held_from=date(year, 1, 1))
    assert queries() == first


def test_ranks_are_listed_with_what_they_pay_today(client: Client) -> None:
    pay_table()
    make.RankHeldFactory()
    with clock.travel(make.at(date(2021, 3, 8))):
        assert "£41,130.00" in client.get("/admin/accounts/rankheld/").content.decode()
        pay_table(pence=4_200_000, valid_from=date(2021, 3, 1))
        assert "£42,000.00" in client.get("/admin/accounts/rankheld/").content.decode()
        pay_table(pence=4_300_000, valid_from=date(2021, 9, 1))
        assert "£43,000.00" not in client.get("/admin/accounts/rankheld/").content.decode()


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
    pay_table()
    held = rank("constable", "point 7 of constable_2013")
    more = {"agency": other.pk, "display_name": "Administrator 1", **held}
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


# Pay tables

TABLES = "/admin/accounts/paytable/"
GOOD = "scale,point,annual_pay,status\nconstable_2013,7,41130,sourced\nsergeant,4,46227,weakly sourced\n"


@pytest.fixture
def house() -> make.House:
    return make.house(opened=False)


def signed_in(person: User) -> Client:
    signed = Client()
    signed.force_login(person)
    return signed


def load(client: Client, content: str | bytes = GOOD, **more: Any) -> Any:
    """Choose a file of pay scales and send it."""
    content = content.encode() if isinstance(content, str) else content
    said = {"valid_from_0": "1", "valid_from_1": "9", "valid_from_2": "2021", "source": "Circular 2021/1"}
    file = {"points": SimpleUploadedFile("scales.csv", content)}
    return client.post(f"{TABLES}add/", said | file | more)


def confirm(client: Client, table: PayTable, seen: str = "") -> Any:
    return client.post(f"{TABLES}{table.pk}/confirm/", {"seen": seen or two_people.state_of(table)})


def refused(page: Any, code: str) -> bool:
    return page.status_code == 422 and page.context["refusal"].code == code


def test_finance_loads_a_pay_table_and_a_second_person_confirms_it(house: make.House) -> None:
    one, other = signed_in(house.finance), signed_in(house.second_finance)
    assert one.get(f"{TABLES}add/").status_code == 200
    assert load(one).status_code == 302
    table = PayTable.objects.latest("pk")
    assert (table.valid_from, table.source) == (date(2021, 9, 1), "Circular 2021/1")
    assert (table.recorded_by, table.confirmed_by) == (house.finance, None)
    assert [point.annual_pay_pence for point in table.points.all()] == [4_113_000, 4_622_700]
    page = other.get(f"{TABLES}{table.pk}/change/").content.decode()
    assert "£46,227.00" in page and "Weakly sourced" in page and "no effect until a second person" in page
    assert refused(confirm(one, table), "G01")
    assert refused(confirm(other, table, "0123456789abcdef"), "A03")
    assert confirm(other, table).status_code == 302
    table.refresh_from_db()
    assert table.confirmed_by == house.second_finance
    assert refused(confirm(other, table), "G02")


def test_a_later_table_stands_beside_what_it_replaces(house: make.House) -> None:
    load(signed_in(house.finance), GOOD.replace("41130", "41542"))
    table = PayTable.objects.latest("pk")
    page = signed_in(house.auditor).get(f"{TABLES}{table.pk}/change/").content.decode()
    assert "£41,130.00" in page and "£41,542.00" in page and "new" in page


def test_a_bad_cell_is_named_and_what_was_typed_stays(house: make.House) -> None:
    client = signed_in(house.finance)
    before = PayTable.objects.count()
    wrong = GOOD.replace("41130", "much").replace("weakly sourced", "")
    page = load(client, wrong)
    text = page.content.decode()
    assert page.status_code == 422 and "Circular 2021/1" in text and 'value="2021"' in text
    assert page.context["form"].errors["points"] == [
        "Row 2, column annual_pay: 'much': Enter an amount in pounds, like 1,284.40",
        "Row 3, column status: '': must not be empty",
    ]
    for bad, said in (
        (GOOD.replace("scale,", "name,"), "Row 1, column scale: is missing"),
        ("é,£".encode("utf-16"), "CSV UTF-8"),
        ("x" * 1_000_001, "larger than a megabyte"),
        ("", "The file is empty"),
    ):
        assert said in load(client, bad).content.decode()
    assert refused(load(client, "scale,point,annual_pay,status\n"), "P02")
    assert load(client, source="").context["form"].errors["source"] == ["Say where the figures are from"]
    assert PayTable.objects.count() == before


def test_a_pay_table_is_neither_changed_nor_deleted(house: make.House) -> None:
    client = signed_in(house.finance)
    load(client)
    waiting, standing = PayTable.objects.latest("pk"), PayTable.objects.earliest("pk")
    for table in (waiting, standing):
        for verb in ("change", "delete"):
            answer = client.post(f"{TABLES}{table.pk}/{verb}/", {"source": "Mine", "post": "yes"})
            assert answer.status_code == 404
        table.refresh_from_db()
        assert table.source != "Mine"


def test_pay_tables_are_only_for_finance(house: make.House) -> None:
    before = PayTable.objects.count()
    table = PayTable.objects.create(valid_from=make.START, source="Circular", recorded_by=house.finance)
    for person in (house.auditor, house.di, house.administrator):
        assert load(signed_in(person)).status_code == 404
        assert confirm(signed_in(person), table).status_code == 404
    assert signed_in(house.auditor).get(f"{TABLES}{table.pk}/change/").status_code == 200
    assert PayTable.objects.count() == before + 1


def test_pay_tables_are_confirmed_together(house: make.House) -> None:
    load(signed_in(house.finance))
    table = PayTable.objects.latest("pk")
    client = signed_in(house.second_finance)
    chosen = {"action": "confirm", "index": "0", "_selected_action": [str(table.pk)]}
    asked = client.post(TABLES, chosen)
    assert asked.context["selection"].ready == [table]
    assert "sergeant: 1, £46,227.00 to £46,227.00" in asked.content.decode()
    done = client.post(f"{TABLES}together/confirm/", {"seen": f"{table.pk}:{two_people.state_of(table)}"})
    assert [out.row for out in done.context["done"]] == [table]


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
