"""The access log: filtered, as a file, for auditors and finance alone."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from overtime_ledger.audit.models import AccessLog
from overtime_ledger.audit.selectors import accesses
from tests import factories as make
from tests.files import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> make.User:
    return make.person("auditor", agency=make.AgencyFactory())


@pytest.fixture
def other() -> make.User:
    return make.person("finance", agency=make.AgencyFactory())


@pytest.fixture(autouse=True)
def log(auditor: make.User, other: make.User) -> None:
    for by, action, what in ((auditor, "viewed", "Subject MM-7F3K"), (other, "exported", "Position (CSV)")):
        AccessLog.objects.create(by=by, action=action, what=what)


def test_the_log_is_shown_and_filtered(client: Client, auditor: make.User, other: make.User) -> None:
    client.force_login(auditor)
    for query, count in (
        ("", 2),
        (f"?by={other.pk}", 1),
        ("?action=viewed", 1),
        ("?what=position", 1),
        ("?what=x", 0),
    ):
        page = client.get(reverse("audit:log") + query).context["page"]
        assert page.paginator.count == count, query


def test_the_log_can_be_narrowed_to_days() -> None:
    day = accesses().first().at.date()  # type: ignore[union-attr]
    assert accesses(since=day, until=day).count() == 2
    assert not accesses(until=date(2021, 1, 1)).exists()


def test_taking_out_the_log_is_on_the_log(client: Client, auditor: make.User) -> None:
    client.force_login(auditor)
    response = client.get(reverse("audit:log") + "?action=viewed&format=csv")
    assert "Subject MM-7F3K" in text_of(response)
    latest = AccessLog.objects.latest("pk")
    assert (latest.what, latest.rows, latest.filters) == ("Access log (CSV)", 1, {"Action": "Viewed"})


@pytest.mark.parametrize("role", ["officer", "supervisor", "controlling_di", "administrator"])
def test_the_log_is_not_there_for_others(client: Client, role: str) -> None:
    client.force_login(make.person(role, agency=make.AgencyFactory()))
    assert client.get(reverse("audit:log")).status_code == 404
