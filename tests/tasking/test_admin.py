"""Taskings are read in the administration; rostered tours are kept by supervisors of the own agency."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from overtime_ledger.accounts.models import User
from overtime_ledger.audit.models import AccessLog
from tasking.models import RosteredTour
from tests import factories as make

pytestmark = pytest.mark.django_db
TOURS = "/admin/tasking/rosteredtour/"


@pytest.fixture
def house() -> make.House:
    return make.house()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def tour(officer: User, start: str = "08:00", end: str = "16:00") -> dict[str, object]:
    return {
        "officer": officer.pk,
        "starts_at_0": "10/02/2021",
        "starts_at_1": start,
        "ends_at_0": "10/02/2021",
        "ends_at_1": end,
    }


def test_a_supervisor_keeps_the_tours_of_the_own_agency(house: make.House) -> None:
    supervisor = make.person("supervisor", "officer", agency=house.lead, is_staff=True)
    own, foreign = make.officer(house.lead), make.officer(house.other)
    client = signed_in(supervisor)
    assert client.get(f"{TOURS}add/").status_code == 200
    assert client.post(f"{TOURS}add/", tour(own)).status_code == 302
    kept = RosteredTour.objects.get()
    assert (kept.officer, kept.starts_at, kept.ends_at) == (
        own,
        make.at(kept.starts_at.date(), 8),
        make.at(kept.starts_at.date(), 16),
    )
    for somebody in (foreign, supervisor):
        assert client.post(f"{TOURS}add/", tour(somebody)).status_code == 200
    overlapping = client.post(f"{TOURS}add/", tour(own, "15:00", "23:00"))
    assert "This officer has another tour at that time." in overlapping.content.decode()
    backwards = client.post(f"{TOURS}add/", tour(own, "23:00", "17:00"))
    assert "The tour ends before it begins." in backwards.content.decode()
    assert RosteredTour.objects.count() == 1


def test_another_agencys_tours_are_not_there(house: make.House) -> None:
    foreign = RosteredTour.objects.create(
        officer=make.officer(house.other), starts_at=make.at(make.START, 8), ends_at=make.at(make.START, 16)
    )
    supervisor = make.person("supervisor", agency=house.lead, is_staff=True)
    assert signed_in(supervisor).get(f"{TOURS}{foreign.pk}/change/").status_code == 404
    assert signed_in(house.auditor).get(f"{TOURS}{foreign.pk}/change/").status_code == 200
    assert signed_in(house.auditor).post(f"{TOURS}{foreign.pk}/change/", {}).status_code == 404
    assert signed_in(house.administrator).get(TOURS).status_code == 404


def test_taskings_and_duties_are_read_and_never_typed_over(house: make.House) -> None:
    enquiry = make.enquiry(house)
    duty = make.assignment(house, enquiry, make.officer(house.lead))
    subject = enquiry.subjects.get()
    rows = {
        "enquiry": enquiry.pk,
        "tasking": duty.tasking_id,
        "assignment": duty.pk,
        "subject": subject.pk,
        "taskingevent": duty.tasking.events.get().pk,
    }
    client = signed_in(house.auditor)
    for kind, pk in rows.items():
        address = f"/admin/tasking/{kind}/"
        assert list(client.get(address).context["cl"].queryset.values_list("pk", flat=True)) == [pk], kind
        assert client.get(f"{address}{pk}/change/").status_code == 200, kind
        assert client.post(f"{address}{pk}/change/", {"status": "x"}).status_code == 404, kind
        assert client.get(f"{address}add/").status_code == 404, kind
        assert client.post(f"{address}{pk}/delete/", {"post": "yes"}).status_code == 404, kind
    stranger = signed_in(make.person("controlling_di", agency=house.lead, is_staff=True))
    for kind in ("enquiry", "tasking", "subject"):
        assert stranger.get(f"/admin/tasking/{kind}/{rows[kind]}/change/").status_code == 404, kind


def test_queries_stay_the_same_as_the_lists_grow(house: make.House) -> None:
    enquiry = make.enquiry(house)
    client = signed_in(house.auditor)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            for kind in ("enquiry", "tasking", "assignment", "taskingevent"):
                client.get(f"/admin/tasking/{kind}/")
        return len(captured)

    make.assignment(house, enquiry, make.officer(house.lead))
    first = queries()
    for _ in range(3):
        make.assignment(house, enquiry, make.officer(house.lead))
    assert queries() == first


def looks() -> list[tuple[str, int, str]]:
    rows = AccessLog.objects.filter(action="viewed").order_by("pk")
    return [(row.by.display_name, row.rows, row.filters["codenames"]) for row in rows]


def test_codenames_are_for_those_who_may_see_subjects(house: make.House) -> None:
    enquiry = make.enquiry(house)
    codename = enquiry.subjects.get().codename
    address = "/admin/tasking/enquiry/"
    finance = signed_in(house.finance)
    for page in (f"{address}{enquiry.pk}/change/", address):
        text = finance.get(page).content.decode()
        assert codename not in text and "codename" not in text.lower(), page
    assert list(finance.get(f"{address}?q={codename}").context["cl"].queryset) == []
    assert looks() == []
    auditor = signed_in(house.auditor)
    assert "codename of a subject" in auditor.get(address).content.decode()
    assert list(auditor.get(f"{address}?q={codename}").context["cl"].queryset) == [enquiry]
    assert codename in auditor.get(f"{address}{enquiry.pk}/change/").content.decode()
    assert looks() == [("Auditor 1", 1, codename)]


def test_who_looks_at_subjects_is_on_record(house: make.House) -> None:
    first, second = make.enquiry(house).subjects.get(), make.enquiry(house).subjects.get()
    both = ", ".join(sorted((first.codename, second.codename)))
    auditor = signed_in(house.auditor)
    auditor.get("/admin/tasking/subject/")
    auditor.get(f"/admin/tasking/subject/?q={second.codename}")
    auditor.get(f"/admin/tasking/subject/{first.pk}/change/")
    auditor.get(f"/admin/tasking/subject/{first.pk}/history/")
    assert [(rows, ", ".join(sorted(names.split(", ")))) for _, rows, names in looks()] == [
        (2, both),
        (1, second.codename),
        (1, first.codename),
        (1, first.codename),
    ]
    assert signed_in(house.finance).get(f"/admin/tasking/subject/{first.pk}/change/").status_code == 404
    assert len(looks()) == 4
