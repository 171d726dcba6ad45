"""Every page of the access matrix is looked at once, by the first who may open it; and the door itself."""

from collections.abc import Iterator

import pytest

from tests.journeys.conftest import Arrival
from tests.journeys.person import Person
from tests.scene import PASSWORD, Scene
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
A_WALK = 12  # pages, so that two processes share the work


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


@pytest.mark.parametrize(("name", "routes"), list(walks()))
def test_every_page_is_looked_at(arrive: Arrival, stage: Scene, name: str, routes: tuple[str, ...]) -> None:
    addresses, person = Addresses(stage), arrive(name)
    for route in routes:
        person.goto(addresses.of(route, TABLE[route]))


def test_the_door_lets_in_whoever_knows_the_password_and_out_again(arrive: Arrival, stage: Scene) -> None:
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
