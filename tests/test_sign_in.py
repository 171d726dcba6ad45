"""People sign in with what an administrator gave them; the published password opens only a demonstration."""

import pytest
from django.test import Client
from pytest_django import Settings

from overtime_ledger.accounts.adapter import DEMONSTRATION_PASSWORD
from overtime_ledger.accounts.models import User

pytestmark = pytest.mark.django_db
SIGN_IN = "/account/login/"


def make_person(password: str) -> User:
    return User.objects.create_user(
        username="pc4471", password=password, staff_number="4471", display_name="PC 4471"
    )


def signs_in(client: Client, password: str) -> bool:
    client.post(SIGN_IN, {"login": "pc4471", "password": password})
    return "_auth_user_id" in client.session


def test_the_right_password_opens(client: Client, settings: Settings) -> None:
    settings.LEDGER_DEMONSTRATION = False
    make_person("nine wet bicycles")
    assert not signs_in(client, "nine wet bicycle")
    assert signs_in(client, "nine wet bicycles")


@pytest.mark.parametrize("demonstration", [True, False])
def test_the_published_password_opens_only_a_demonstration(
    client: Client, settings: Settings, demonstration: bool
) -> None:
    settings.LEDGER_DEMONSTRATION = demonstration
    make_person(DEMONSTRATION_PASSWORD)
    assert signs_in(client, DEMONSTRATION_PASSWORD) is demonstration


def test_the_sixth_wrong_password_in_five_minutes_shuts_the_door_even_to_the_right_one(
    client: Client,
) -> None:
    make_person("nine wet bicycles")
    for _ in range(5):
        assert not signs_in(client, "a guess")
    assert not signs_in(client, "nine wet bicycles")


def test_nobody_signs_up(client: Client) -> None:
    form = {"username": "new", "password1": "nine wet bicycles", "password2": "nine wet bicycles"}
    client.post("/account/signup/", form)
    assert not User.objects.filter(username="new").exists()
