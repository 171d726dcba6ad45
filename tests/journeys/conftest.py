"""A server, a browser, and people who come in."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:  # pytest reads this file before Django knows its apps
    from tests.journeys.person import Person
    from tests.scene import Scene

PATIENCE = 20_000  # milliseconds: for a machine that does much else
Arrival = Callable[..., "Person"]


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all journeys of a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()
        # Under Playwright's event loop Django keeps connections of their own, which would hold the database.
        connections.close_all()


@pytest.fixture(scope="session")
def served(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Where the product is served, by threads of this process, from whichever database is in use."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.fixture
def db(own_database: None) -> None:
    """In the place of pytest-django's: a copy of the scene, untouched, for each journey."""


@pytest.fixture
def arrive(stage: "Scene", browser: Browser, served: str) -> Iterator[Arrival]:
    """People who come in, each in a browser of their own: `arrive("di")`, `arrive("di", KeyboardPerson)`."""
    from tests.journeys.person import WIDE, Person, PlainPerson

    opened: list[Person] = []

    def come(name: str, kind: type[Person] = Person) -> Person:
        options: dict[str, Any] = {"base_url": served, "viewport": WIDE, "locale": "en-GB"}
        context = browser.new_context(**options, java_script_enabled=kind is not PlainPerson)
        context.set_default_timeout(PATIENCE)
        opened.append(kind(context.new_page()))
        return opened[-1].sign_in(name)

    yield come
    complaints = [said for person in opened for said in person.complaints]
    for person in opened:
        person.page.context.close()
    assert complaints == []
