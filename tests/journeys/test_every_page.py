"""Every page of the access matrix is passed by the first who may open it; and the door itself."""

import pickle
from collections.abc import Iterator

import pytest

from tests.databases import OwnDatabases
from tests.journeys.conftest import Arrival
from tests.journeys.person import PARTS, Person
from tests.scene import PASSWORD
from tests.test_access_matrix import TABLE, Addresses

FILES = (".csv", ".<str:file_format>", "/evidence/<int:evidence_pk>/", "packs/<int:pk>/file/")
# A fragment for a script, translations of the administration, the way out, what programs read.
NO_PAGES = (
    "account/draft/",
    "admin/jsi18n/",
    "account/logout/",
    "account/inactive/",
    "account/login/",
    "api/openapi.json",
)
A_WALK = 24  # pages, so that two processes share the work


def walks() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who opens which pages: each page once, by the first who may."""
    openers = {
        route: page.opens.split()[0]
        for route, page in TABLE.items()
        if page.opens and route not in NO_PAGES and not route.endswith(FILES)
    }
    for name in sorted(set(openers.values())):
        theirs = [route for route, opener in openers.items() if opener == name]
        for start in range(0, len(theirs), A_WALK):
            yield name, tuple(theirs[start : start + A_WALK])


@pytest.fixture(scope="module")
def one_database(own_databases: OwnDatabases) -> Iterator[None]:
    """One copy of the scene for all: whoever looks changes nothing."""
    with own_databases():
        yield


@pytest.fixture
def own_database(one_database: None) -> None:
    """In the place of a copy for each."""


@pytest.fixture(scope="module")
def addresses(one_database: None, made_once: tuple[str, bytes]) -> Addresses:
    return Addresses(pickle.loads(made_once[1]))


@pytest.mark.parametrize(("name", "routes"), list(walks()))
def test_every_page_is_passed_by(
    addresses: Addresses, arrive: Arrival, name: str, routes: tuple[str, ...]
) -> None:
    person = arrive(name)
    for route in routes:
        person.pass_by(addresses.of(route, TABLE[route]))


GOOD = """<!doctype html><html lang="en"><title>A page</title><body><main><h1>A page</h1><h2>Part</h2>
<nav aria-label="Pages"><a href="/">Home</a></nav><p id="hint">Why</p>
<label for="reason">Reason</label><input id="reason" type="text"></main></body></html>"""


FAULTS = {
    '<label for="reason">Reason</label>': "",
    '<a href="/">Home</a>': '<a href="/"></a>',
    "<h2>Part</h2>": "<h3>Part</h3>",
    "<title>A page</title>": "",
    'lang="en"': "",
    'id="reason"': 'id="reason" aria-hidden="true"',
    "<p id=": '<nav aria-label="Pages"></nav><p id=',
    'id="hint"': 'id="reason"',
    "<main>": "<main><h1>Another</h1>",
}


def test_a_page_that_axe_would_find_fault_with_has_a_part_that_is_new(arrive: Arrival) -> None:
    page = arrive("di").page
    good = set(page.evaluate(PARTS, GOOD))
    assert [
        part for part, fault in FAULTS.items() if set(page.evaluate(PARTS, GOOD.replace(part, fault))) <= good
    ] == []
    assert set(page.evaluate(PARTS, GOOD.replace("Why", "Because of this"))) == good


def test_the_door_lets_in_whoever_knows_the_password_and_out_again(arrive: Arrival) -> None:
    person: Person = arrive("officer")
    person.page.get_by_role("button", name="Sign out").click()
    person.page.wait_for_url("**/account/login/")
    person.look()
    person.page.get_by_label("Name").fill("officer")
    person.page.get_by_label("Password").fill("a guess")
    person.press("Sign in")
    person.reads("There is a problem")
    person.page.get_by_label("Password").fill(PASSWORD)
    person.press("Sign in")
    assert person.path == "/"
    person.reads("Your duties and claims")
