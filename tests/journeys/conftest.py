"""A server, a browser, and people who come in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:  # pytest reads this file before Django knows its apps
    from tests.conftest import Run
    from tests.journeys.person import Person
    from tests.scene import Scene

PATIENCE = 20_000  # milliseconds: for a machine that does much else
STORED = {"storageTypes": "cookies,local_storage,indexeddb,cache_storage"}
Arrival = Callable[..., "Person"]


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all journeys of a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-gpu"])
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


class Windows:
    """Browser windows, each with cookies of its own.

    A closed one is opened again: it knows nothing of who was there, but keeps the style sheets and scripts it
    has fetched.
    """

    def __init__(self, browser: Browser, site: str) -> None:
        self.browser, self.site = browser, site
        self.closed: dict[bool, list[BrowserContext]] = {True: [], False: []}

    @contextmanager
    def opened(self, *, scripts: bool) -> Iterator[Page]:
        window = self.closed[scripts].pop() if self.closed[scripts] else self._new(scripts)
        page = window.pages[0] if window.pages else window.new_page()
        yield page
        for more in window.pages[1:]:
            more.close()
        page.goto("about:blank")
        window.new_cdp_session(page).send("Storage.clearDataForOrigin", {"origin": self.site} | STORED)
        window.clear_cookies()
        self.closed[scripts].append(window)

    def _new(self, scripts: bool) -> BrowserContext:
        from tests.journeys.person import WIDE

        window = self.browser.new_context(
            base_url=self.site, viewport=WIDE, locale="en-GB", java_script_enabled=scripts
        )
        window.set_default_timeout(PATIENCE)
        return window


@pytest.fixture(scope="session")
def windows(browser: Browser, served: str, run: "Run") -> Windows:
    """The browser's windows; and where the processes of the run note what they have looked at."""
    from tests.journeys import person

    for name in ("LOOKED_AT", "COLOURS_SEEN", "SIGNED_IN"):
        getattr(person, name).file = run.folder / name.lower()
    return Windows(browser, served)


@pytest.fixture
def arrive(stage: "Scene", windows: Windows) -> Iterator[Arrival]:
    """People who come in, each in a window of their own: `arrive("di")`, `arrive("di", KeyboardPerson)`."""
    from tests.journeys.person import Person, PlainPerson

    came: list[Person] = []
    with ExitStack() as until_they_leave:

        def come(name: str, kind: type[Person] = Person) -> Person:
            page = until_they_leave.enter_context(windows.opened(scripts=kind is not PlainPerson))
            came.append(kind(page, windows.site))
            return came[-1].sign_in(name)

        yield come
        for person in came:
            person.leave()
    assert [said for person in came for said in person.complaints] == []
