"""What reference data were before each change, written by the database and read by auditors."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from grants.models import AgencyRate, Gate
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.audit.models import Change
from tasking.models import RestDay, RosteredTour, SubstitutedHoliday
from tests import factories as make

pytestmark = pytest.mark.django_db
CHANGES = "/admin/audit/change/"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def changes(table: str, **of: Any) -> list[tuple[str, dict[str, Any]]]:
    """What happened to the rows of a table, the oldest first, with what differs."""
    rows = Change.objects.filter(table_name=table, **of).order_by("pk")
    return [(row.what, row.differences) for row in rows]


def test_what_an_administrator_changes_bears_old_and_new_values_and_the_name() -> None:
    house = make.house()
    client = signed_in(house.administrator)
    seen = Change.objects.latest("pk").pk
    new = {"code": "NCA", "name": "National Crime Agency", "settled_by": "invoice"}
    assert client.post("/admin/accounts/agency/add/", new).status_code == 302
    agency = Agency.objects.get(code="NCA")
    change = f"/admin/accounts/agency/{agency.pk}/change/"
    assert client.post(change, new | {"name": "The Agency"}).status_code == 302
    added, changed = Change.objects.filter(pk__gt=seen).order_by("pk")
    assert (added.what, added.before, added.after["code"]) == ("inserted", None, "NCA")
    assert changed.differences == {"name": ("National Crime Agency", "The Agency")}
    assert {added.by, changed.by} == {house.administrator}
    page = signed_in(house.auditor).get(CHANGES).content.decode()
    assert "name: National Crime Agency → The Agency" in page and "Administrator 1" in page


def test_roles_given_and_taken_are_on_record() -> None:
    person = make.person("officer", agency=make.AgencyFactory())
    given = Change.objects.get(table_name="accounts_user_groups", after__user_id=person.pk)
    assert (given.what, given.row_id, given.by) == ("inserted", given.after["id"], None)
    person.groups.clear()
    assert changes("accounts_user_groups", row_id=given.row_id)[1][0] == "deleted"


def test_passwords_are_left_out_and_signing_in_is_no_change() -> None:
    person = make.UserFactory(password="secret")
    (added,) = Change.objects.filter(table_name="accounts_user", row_id=person.pk)
    assert not {"password", "last_login"} & set(added.after)
    person.set_password("another")
    person.save()
    signed_in(person)
    person.display_name = "PC 1"
    person.save()
    assert changes("accounts_user", row_id=person.pk)[1:] == [
        ("updated", {"display_name": (f"PC {person.staff_number}", "PC 1")})
    ]


def test_posting_an_entry_is_no_change_of_the_grant() -> None:
    house = make.house()
    make.enquiry(house)
    steps = changes("grants_grant", row_id=house.grant.pk)
    assert [what for what, _ in steps] == ["inserted", "updated"]
    assert set(steps[1][1]) == {"status", "opened_on"}
    assert steps[1][1]["status"] == ("draft", "open")


def test_terms_gates_rates_rosters_and_enquiries_are_on_record() -> None:
    house = make.house(opened=False)
    gate = house.grant.gates.get(kind="legal")
    client = signed_in(house.finance)
    said = {"record-happened_on_0": 1, "record-happened_on_1": 2, "record-happened_on_2": 2021}
    client.post(f"/admin/grants/gate/{gate.pk}/record/", said | {"record-evidence": "Folder 3"})
    recorded = Change.objects.filter(table_name="grants_gate", row_id=gate.pk).latest("pk")
    assert recorded.differences["evidence"] == ("", "Folder 3") and recorded.by == house.finance
    Gate.objects.filter(pk=gate.pk).update(evidence="Folder 4")
    assert changes("grants_gate", row_id=gate.pk)[-1] == ("updated", {"evidence": ("Folder 3", "Folder 4")})
    officer = make.officer(house.lead)
    make.agree(house)
    make.open_up(house)
    make.enquiry(house)
    RosteredTour.objects.create(
        officer=officer, starts_at=make.at(make.START, 8), ends_at=make.at(make.START, 16)
    )
    make.on_costs()
    RestDay.objects.create(officer=officer, day=make.START)
    SubstitutedHoliday.objects.create(
        officer=officer,
        day=make.START,
        in_place_of=date(2021, 1, 1),
        evidence="Order 12",
        recorded_by=house.supervisor,
    )
    tables = set(Change.objects.values_list("table_name", flat=True))
    assert tables >= {
        "accounts_agency",
        "accounts_paypoint",
        "accounts_paytable",
        "accounts_rankheld",
        "accounts_user",
        "accounts_user_groups",
        "auth_group_permissions",
        "grants_agencyagreement",
        "grants_agencyrate",
        "grants_authority",
        "grants_gate",
        "grants_grant",
        "grants_oncostrate",
        "tasking_enquiry",
        "tasking_restday",
        "tasking_rosteredtour",
        "tasking_ruleset",
        "tasking_substitutedholiday",
    }
    rate = AgencyRate.objects.earliest("pk")
    assert changes("grants_agencyrate", row_id=rate.pk)[-1][1]["confirmed_by_id"][0] is None


@pytest.mark.parametrize("sql", ["update audit_change set before = null", "delete from audit_change"])
def test_the_history_itself_is_append_only(sql: str) -> None:
    make.AgencyFactory()
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert "append-only" in str(refused.value)


def test_changes_are_read_by_auditors_alone() -> None:
    house = make.house()
    change = Change.objects.latest("pk")
    for person, status in ((house.auditor, 200), (house.finance, 404), (house.administrator, 404)):
        client = signed_in(person)
        assert client.get(CHANGES).status_code == status
        assert client.get(f"{CHANGES}?table=grants_gate&q={change.row_id}").status_code == status
        assert client.get(f"{CHANGES}{change.pk}/change/").status_code == status
        assert client.post(f"{CHANGES}{change.pk}/change/", {"row_id": 1}).status_code == 404
        assert client.get(f"{CHANGES}add/").status_code == 404
    of_rates = signed_in(house.auditor).get(f"{CHANGES}?table=grants_authority")
    assert {row.table_name for row in of_rates.context["cl"].queryset} == {"grants_authority"}
