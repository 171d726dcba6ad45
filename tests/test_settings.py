"""Production starts with complete settings or not at all."""

import os
import subprocess
import sys

import pytest

from overtime_ledger.devdb import PROJECT

PRODUCTION = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "c2VjcmV0IGtleSBmb3IgYSB0ZXN0LCBsb25nIGVub3VnaCB0byBwYXNz",
    "DATABASE_URL": os.environ["DATABASE_URL"],
    "ALLOWED_HOSTS": "ledger.example.police.uk",
}


def manage(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "manage.py", *command]
    return subprocess.run(
        arguments, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS"])
@pytest.mark.parametrize("emptied", [True, False])
def test_without_a_required_variable_nothing_starts(name: str, emptied: bool) -> None:
    environment = {key: value for key, value in PRODUCTION.items() if key != name}
    if emptied:
        environment[name] = ""
    said = manage(environment, "check")
    assert said.returncode != 0
    assert f"ImproperlyConfigured: {name} is not set: put " in said.stderr


def test_a_business_date_that_is_none_is_named() -> None:
    said = manage(PRODUCTION | {"LEDGER_TODAY": "8 March"}, "check")
    assert "LEDGER_TODAY is '8 March'" in said.stderr


def test_production_settings_pass_the_deployment_check() -> None:
    said = manage(PRODUCTION, "check", "--deploy", "--fail-level", "WARNING")
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("name", ["DEFAULT_FROM_EMAIL", "BASE_URL"])
def test_a_mail_server_is_named_with_a_sender_and_with_where_links_lead(name: str) -> None:
    mail = {
        "EMAIL_URL": "smtp+tls://ledger:secret@mail.example.police.uk:587",
        "DEFAULT_FROM_EMAIL": "ledger@example.police.uk",
        "BASE_URL": "https://ledger.example.police.uk",
    }
    assert manage(PRODUCTION | mail, "check").returncode == 0
    said = manage(PRODUCTION | mail | {name: ""}, "check")
    assert f"ImproperlyConfigured: {name} is not set: put " in said.stderr
