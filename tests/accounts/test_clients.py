"""Programs that read with a token: shown once, kept as a digest, revoked for good."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from overtime_ledger import clock
from overtime_ledger.accounts import clients
from overtime_ledger.accounts.models import ApiClient
from overtime_ledger.audit.models import Change
from overtime_ledger.errors import Refusal
from tests import factories as make

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/apiclient/add/"


@pytest.fixture
def house() -> make.House:
    return make.house(opened=False)


def test_only_the_digest_of_a_token_is_kept_and_finds_its_client(house: make.House) -> None:
    client, token = clients.make_client(by=house.administrator, name="Dashboard", every_grant=True)
    assert token.startswith("otl_") and len(token) > 40 and token.endswith(client.token_ends)
    kept = str(ApiClient.objects.values().get()) + str(list(Change.objects.values()))
    assert token not in kept and clients.digest_of(token) not in str(list(Change.objects.values()))
    assert clients.client_of(token) == client and clients.client_of(f"{token}x") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " ", "every_grant": True},
        {"name": "No grant"},
        {"name": "Both", "every_grant": True, "references": ["PCD 911"]},
        {"name": "Over", "every_grant": True, "expires_on": "yesterday"},
        {"name": "Taken", "every_grant": True},
    ],
)
def test_p03_a_client_is_whole(house: make.House, wrong: dict[str, Any]) -> None:
    clients.make_client(by=house.administrator, name="Taken", every_grant=True)
    if "expires_on" in wrong:
        wrong = wrong | {"expires_on": clock.today() - timedelta(days=1)}
    with pytest.raises(Refusal) as refused:
        clients.make_client(by=house.administrator, **wrong)
    assert refused.value.code == "P03" and ApiClient.objects.count() == 1


def test_p01_only_administrators_make_and_revoke_them(house: make.House) -> None:
    client, _ = clients.make_client(by=house.administrator, name="Dashboard", every_grant=True)
    for person in (house.finance, house.auditor, house.di):
        with pytest.raises(Refusal) as refused:
            clients.make_client(by=person, name="Another", every_grant=True)
        assert refused.value.code == "P01"
        with pytest.raises(Refusal) as refused:
            clients.revoke_client(client, by=person)
        assert refused.value.code == "P01"


def test_a_revoked_token_opens_nothing_and_is_not_revoked_again(house: make.House) -> None:
    client, token = clients.make_client(by=house.administrator, name="Dashboard", every_grant=True)
    clients.revoke_client(client, by=house.administrator)
    assert clients.client_of(token) is None
    with pytest.raises(Refusal) as refused:
        clients.revoke_client(client, by=house.administrator)
    assert refused.value.code == "A03"


def test_the_administration_shows_a_token_once(client: Client, house: make.House) -> None:
    client.force_login(house.administrator)
    response = client.post(ADD, {"name": "Dashboard", "references": "PCD 911, PCD 912"})
    found = re.search(r"otl_[\w-]{43}", response.content.decode())
    made = ApiClient.objects.get()
    assert response.status_code == 200 and found and clients.client_of(found[0]) == made
    assert response.headers["Cache-Control"] == "no-store"
    assert made.references == ["PCD 911", "PCD 912"] and not made.every_grant
    for page in ("", f"{made.pk}/change/", f"{made.pk}/history/"):
        shown = client.get(f"/admin/accounts/apiclient/{page}").content.decode()
        assert found[0] not in shown and made.token_sha256 not in shown


def test_what_is_typed_wrongly_makes_nothing(client: Client, house: make.House) -> None:
    client.force_login(house.administrator)
    both = {"name": "Dashboard", "references": "PCD 911", "every_grant": "on"}
    for wrong in ({"name": ""}, {"name": "Dashboard"}, both):
        assert client.post(ADD, wrong).status_code == 422
    assert not ApiClient.objects.exists()


def test_an_administrator_revokes_a_token_on_its_page(client: Client, house: make.House) -> None:
    made, token = clients.make_client(by=house.administrator, name="Dashboard", every_grant=True)
    client.force_login(house.administrator)
    assert "Revoke the token" in client.get(f"/admin/accounts/apiclient/{made.pk}/change/").content.decode()
    client.post(f"/admin/accounts/apiclient/{made.pk}/revoke/", {"seen": made.state})
    made.refresh_from_db()
    assert made.revoked_by == house.administrator and clients.client_of(token) is None
