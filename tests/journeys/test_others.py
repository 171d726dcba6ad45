"""Supervisor, agency clerk, auditor, administrator: each does what is theirs and nothing else."""

import re

from django.db import connection

from claims.models import Claim
from grants.models import Grant
from overtime_ledger.accounts.models import User
from tests.journeys.conftest import Arrival
from tests.journeys.money import Watch
from tests.scene import Scene


def test_a_supervisor_certifies_in_two(arrive: Arrival, stage: Scene) -> None:
    books, supervisor = Watch(stage.enquiry.line), arrive("supervisor")
    supervisor.press(f"Claim {stage.to_certify.pk}")
    supervisor.type("Duty record", "Duty system, 4 March, sheet 12")
    supervisor.press("Certify: these hours were worked")
    assert supervisor.presses == 2
    claim = Claim.objects.get(pk=stage.to_certify.pk)
    assert (claim.status, claim.certified_by) == ("certified", stage.house.supervisor)
    assert books.moved() == (0, 0, 0, 0, 0)


def test_a_supervisor_returns_in_three(arrive: Arrival, stage: Scene) -> None:
    books, supervisor = Watch(stage.enquiry.line), arrive("btp_supervisor")
    pence = stage.btp_to_certify.pence
    supervisor.press(f"Claim {stage.btp_to_certify.pk}")
    supervisor.press("Return it to the claimant")
    supervisor.choose_radio("The times do not agree with the record")
    supervisor.type("What should the claimant do?", "Compare them with the duty record")
    supervisor.press("Return the claim of")
    assert supervisor.presses == 3
    assert Claim.objects.get(pk=stage.btp_to_certify.pk).status == "returned"
    assert books.moved() == (0, pence, -pence, 0, 0)


def test_a_clerk_claims_for_an_officer_of_the_agency_in_two(arrive: Arrival, stage: Scene) -> None:
    books, clerk = Watch(stage.enquiry.line), arrive("clerk")
    duty = stage.btp_to_claim
    clerk.press(f"Worked as planned: {duty.officer}, Fri 5 Mar")
    clerk.press("worked these hours and no other fund pays for them: claim")
    assert clerk.presses == 2
    claim = Claim.objects.get(assignment=duty)
    assert (claim.status, claim.claimant, claim.entered_by) == ("submitted", duty.officer, stage.house.clerk)
    assert books.moved() == (0, -duty.committed_pence, duty.committed_pence, 0, 0)


def test_an_auditor_reads_everything_and_can_change_nothing(arrive: Arrival, stage: Scene) -> None:
    before = everything()
    auditor = arrive("auditor")
    auditor.reads("The books", "Whole", "Latest accesses")
    pages = (
        "/enquiries/",
        f"/enquiries/{stage.enquiry.pk}/",
        "/taskings/",
        f"/taskings/{stage.repeated.pk}/",
        "/claims/",
        f"/claims/{stage.flagged.pk}/",
        "/grants/",
        f"/grants/{stage.house.grant.pk}/",
        f"/grants/{stage.house.grant.pk}/entries/",
        f"/grants/{stage.house.grant.pk}/delegations/",
        f"/payments/settled/{stage.settlement.pk}/",
        "/audit/",
        "/admin/",
        "/admin/claims/claim/",
        f"/admin/claims/claim/{stage.flagged.pk}/change/",
        "/admin/grants/ledgerentry/",
    )
    for page in pages:
        auditor.page.goto(page)
        forms = auditor.page.locator("main form[method=post], #content form[method=post]")
        acting = forms.filter(has=auditor.page.get_by_role("button")).filter(has_not_text="Sign out")
        assert acting.count() == 0, f"{page} lets an auditor act: {acting.all_inner_texts()}"
    assert everything() == before


def everything() -> dict[str, object]:
    """Every table's rows counted but those that record the looking itself, and how far the books go."""
    looking = ("audit_accesslog", "audit_controlspoke", "django_session", "django_admin_log")
    tables = [table for table in connection.introspection.table_names() if table not in looking]
    with connection.cursor() as cursor:
        counts: dict[str, object] = {}
        for table in tables:
            cursor.execute(f'select count(*) from "{table}"')
            counts[table] = cursor.fetchone()
    return counts | dict(Grant.objects.values_list("reference", "last_number"))


def test_an_administrator_makes_a_person_and_gives_a_role(arrive: Arrival, stage: Scene) -> None:
    administrator = arrive("administrator")
    administrator.press("Everything else in the administration")
    assert not administrator.page.get_by_role("link", name=re.compile("Claims|Ledger entries")).count()
    administrator.home()
    administrator.press("People and their roles")
    administrator.goto("/admin/accounts/user/add/")
    administrator.type("Username", "new_officer")
    administrator.type("Display name", "PC 4999")
    administrator.type("Staff number", "4999")
    administrator.type("Password:", "eleven dry umbrellas")
    administrator.type("Password confirmation", "eleven dry umbrellas")
    administrator.press(re.compile("^Save and continue"))
    administrator.mark(administrator.main.get_by_role("checkbox", name="Officer", exact=True))
    administrator.press(re.compile("^Save$"))
    made = User.objects.get(username="new_officer")
    assert [role.name for role in made.groups.all()] == ["officer"]
    assert made.has_perm("claims.make_claim") and not made.is_staff


def test_nobody_without_a_role_finds_anything(arrive: Arrival, stage: Scene) -> None:
    visitor = arrive("nobody")
    visitor.reads("You have no role yet")
    assert visitor.page.get_by_role("navigation", name="Service").get_by_role("link").all_inner_texts() == [
        "Home"
    ]
