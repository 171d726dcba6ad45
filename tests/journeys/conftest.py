"""A server, a browser, and for each journey a database of its own, copied from one scene that is made once.

PostgreSQL copies a small database in a tenth of a second: emptying and filling it again would take twenty
times as long.
"""

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, connections
from playwright.sync_api import Browser, sync_playwright
from psycopg import connect, sql
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:  # pytest reads this file before Django knows its apps
    from tests.journeys.person import Person
    from tests.scene import Scene

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


@pytest.fixture(scope="session")
def made_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[str, bytes]]:
    """The name of the database that holds the scene, and the scene."""
    from tests.scene import scene

    name = f"{connection.settings_dict['NAME']}_scene"
    with django_db_blocker.unblock(), copied(connection.settings_dict["NAME"], name):
        with using(name):
            made = pickle.dumps(scene())
        yield name, made


@pytest.fixture
def db(made_once: tuple[str, bytes], django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In the place of pytest-django's: the scene, untouched, in a database of this journey's own."""
    name, _ = made_once
    own = name.removesuffix("_scene") + "_journey"
    with django_db_blocker.unblock(), copied(name, own), using(own):
        yield


@pytest.fixture
def stage(db: None, made_once: tuple[str, bytes]) -> "Scene":
    """Who and what there is in this journey's database."""
    made: Scene = pickle.loads(made_once[1])
    return made


@contextmanager
def copied(original: str, copy: str) -> Iterator[None]:
    """A copy of a database as long as it is wanted."""
    connections.close_all()
    _server("drop database if exists {} with (force)", copy)
    _server("create database {} template {}", copy, original)
    try:
        yield
    finally:
        _server("drop database {} with (force)", copy)


def _server(command: str, *databases: str) -> None:
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    known = ("host", "port", "user", "password", "dbname")
    with connect(**{key: parameters[key] for key in known if parameters.get(key)}, autocommit=True) as server:
        server.execute(sql.SQL(command).format(*(sql.Identifier(name) for name in databases)))


@contextmanager
def using(name: str) -> Iterator[None]:
    """Another database in the place of the usual one, in every thread."""
    connections.close_all()
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = usual


@pytest.fixture
def arrive(stage: "Scene", browser: Browser, served: str) -> Iterator[Arrival]:
    """People who come in, each with a browser of their own: `arrive("di")`, or by `keyboard`, or `plain`."""
    from tests.journeys.person import WIDE, Person, PlainPerson

    opened: list[Person] = []

    def come(name: str, kind: type[Person] = Person) -> Person:
        options: dict[str, Any] = {"base_url": served, "viewport": WIDE, "locale": "en-GB"}
        context = browser.new_context(**options, java_script_enabled=kind is not PlainPerson)
        context.set_default_timeout(5_000)
        opened.append(kind(context.new_page()))
        return opened[-1].sign_in(name)

    yield come
    complaints = [said for person in opened for said in person.complaints]
    for person in opened:
        person.page.context.close()
    assert complaints == []
