"""A closed grant is only read: no page of anybody offers an act on it that would be refused."""

import pickle
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from pytest_django import Settings

from overtime_ledger.accounts.models import User
from tests import factories as make
from tests.databases import OwnDatabases
from tests.scene import Scene
from tests.test_access_matrix import TABLE, Addresses, Page

pytestmark = pytest.mark.django_db

PEOPLE = "di finance auditor officer btp_supervisor clerk project_manager cfo"

# What is done of a grant when it is closed: it is disclosed, and its records are kept longer.
AFTERWARDS = re.compile("disclosure/|books/closing/<int:pk>/retention/")
# What is of the house or of a person, not of the grant: time off that a force owes, interests, one's account.
OTHERWISE = re.compile("time-owed/|claims/interests/|account/|grants/set-up/|books/reconciliations/")
# What waits for somebody, where the scene has it: a grant is not closed while anything of it waits.
UNDER_WAY = re.compile(
    "payments/(draw|batches|lines|invoices|statements|differences)/|claims/(late|approve-clean|together)/"
)
EXEMPT = (AFTERWARDS, OTHERWISE, UNDER_WAY)


@pytest.fixture(scope="module")
def one_database(own_databases: OwnDatabases) -> Iterator[None]:
    with own_databases():
        yield


@pytest.fixture
def db(one_database: None) -> None:
    """In the place of pytest-django's: a copy of the scene."""


@pytest.fixture(scope="module")
def closed(one_database: None, made_once: tuple[str, bytes]) -> Addresses:
    """The scene with one of everything, and its grant closed under it."""
    stage: Scene = pickle.loads(made_once[1])
    known = Addresses(stage)
    make.shut(stage.house.grant)
    return known


class Offers(HTMLParser):
    """Where the links and the forms to send in the own part of a page lead."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.address, self.inside, self.found = address, False, set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.inside |= tag == "main"
        sends = tag == "form" and (said.get("method") or "").lower() == "post"
        if self.inside and (sends or tag == "a"):
            self.found.add((said.get("action" if sends else "href") or self.address).split("?")[0])

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag != "main"


def is_act(route: str) -> bool:
    """Whether an address is there to act, not to read as well, on what is of the grant."""
    page = TABLE.get(route, Page())
    return (
        bool(page.acts)
        and set(page.opens.split()) <= set((page.acts or "").split())
        and not any(one.match(route) for one in EXEMPT)
    )


def acts_offered(client: Client, address: str) -> tuple[str, list[str]]:
    """A page, and the acts that it offers."""
    answer = client.get(address)
    page = "" if answer.streaming else answer.content.decode()
    found = []
    for path in Offers(page, address.split("?")[0]).found:
        try:
            route = resolve(path).route
        except Resolver404:
            continue
        if is_act(route):
            found.append(route)
    return page, found


@pytest.mark.parametrize("name", PEOPLE.split())
def test_no_page_offers_what_would_be_refused(
    db: None, closed: Addresses, settings: Settings, name: str
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    client, wrong = Client(), []
    client.force_login(User.objects.get(username=name))
    for route, page in TABLE.items():
        of_grant = page.of and (not route.startswith("admin/") or route.startswith("admin/grants/grant/"))
        if name not in page.opens.split() or not of_grant or ".<str:" in route:
            continue
        shown, offered = acts_offered(client, closed.of(route, page))
        wrong += [f"{route} offers {one}" for one in offered]
        if is_act(route) and not route.startswith("admin/") and "was closed on 8 March 2021" not in shown:
            wrong.append(f"{route} does not say that the grant is closed")
    assert not wrong, "\n".join(wrong)
