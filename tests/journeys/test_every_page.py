"""Every page of the access matrix is looked at once, by the first who may open it; and the door itself."""

import pytest

from tests.journeys.conftest import Arrival
from tests.journeys.person import Person
from tests.scene import PASSWORD, Scene, another_grant
from tests.test_access_matrix import DI_ROLE, TABLE, Addresses

FILES = (".csv", ".<str:file_format>")
# A fragment for a script, the catalogue of the administration's translations, the way out.
NO_PAGES = ("account/draft/", "admin/jsi18n/", "account/logout/", "account/inactive/", "account/login/")
ROUTES = {
    route: page.opens.split()[0]
    for route, page in TABLE.items()
    if page.opens and route not in NO_PAGES and not route.endswith(FILES)
}


@pytest.mark.parametrize("name", sorted(set(ROUTES.values())))
def test_every_page_is_looked_at(arrive: Arrival, stage: Scene, name: str) -> None:
    if name in DI_ROLE:
        another_grant(stage.house, "PCD 912", controlled_by="other_di")
    addresses, person = Addresses(stage), arrive(name)
    for route in (route for route, opener in ROUTES.items() if opener == name):
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
