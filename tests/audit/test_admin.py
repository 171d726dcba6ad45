"""What was looked at and what was typed over can be read by those who audit, and by nobody changed."""

import pytest
from django.test import Client

from overtime_ledger.audit.models import AccessLog
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_the_access_log_is_read_by_auditors_and_finance_alone() -> None:
    house = make.house()
    access = AccessLog.objects.create(by=house.finance, action="exported", what="Ledger entries", rows=3)
    for person, status in ((house.auditor, 200), (house.finance, 200), (house.di, 404)):
        client = Client()
        client.force_login(person)
        assert client.get("/admin/audit/accesslog/").status_code == status
        assert client.get(f"/admin/audit/accesslog/{access.pk}/change/").status_code == status
        assert client.get("/admin/audit/accesslog/add/").status_code == 404
        assert client.post(f"/admin/audit/accesslog/{access.pk}/delete/", {"post": "yes"}).status_code == 404


def test_changes_in_the_administration_are_on_record_for_auditors() -> None:
    house = make.house()
    administrator, auditor = Client(), Client()
    administrator.force_login(house.administrator)
    auditor.force_login(house.auditor)
    new = {"code": "NCA", "name": "National Crime Agency", "settled_by": "invoice"}
    administrator.post("/admin/accounts/agency/add/", new)
    page = auditor.get("/admin/admin/logentry/").content.decode()
    assert "NCA" in page and "Administrator 1" in page
    assert administrator.get("/admin/admin/logentry/").status_code == 404
