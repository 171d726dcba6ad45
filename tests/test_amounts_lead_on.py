"""Every amount that is a link leads to rows which come to it, to the penny; no other has none."""

import html
import re
from functools import cache

import pytest
from django.test import Client

from overtime_ledger.accounts.models import User
from tests.scene import Scene
from tests.test_access_matrix import TABLE, Addresses

# Pages of figures beside those of the dashboard, with the rows whose amounts lead nowhere: typed by hand,
# or the difference of two beside them.
PAGES = {
    "enquiries/": set(),
    "disclosure/grants/<int:pk>/commitments/": set(),
    "funder/grants/<int:pk>/": {"1 March 2021"},  # the day of a receipt
    "funder/grants/<int:pk>/outturn/": {"Award", "Profile up to"},
    "funder/grants/<int:pk>/usage/": {"Due from the funder", "Due to the funder", "Received from the funder"},
    "funder/claims/<int:pk>/": {
        "Profile",
        "Variance",
        "Forecast",
        "Previously",
        "Balance",
        "Claimed now and",
        "1 March",
    },
    "books/accruals/<int:pk>/": {"MPS", "BTP"},  # rows of an enquiry, which leads on
    "books/periods/<int:pk>/snapshot/": set(),
    "books/periods/<int:pk>/reconciliation/": {
        "Adjusted",
        "Difference",
        "2021-02/",
        "First ",
    },  # the items themselves
}
AMOUNT = r"[+−]?£[\d,]+\.\d\d"


@pytest.fixture
def db(own_database: None) -> None:
    """In the place of pytest-django's: a copy of the scene."""


def test_every_amount_leads_to_rows_that_come_to_it(db: None, stage: Scene, client: Client) -> None:
    addresses = Addresses(stage)
    client.force_login(User.objects.get(username="finance"))

    @cache
    def words_of(address: str) -> str:
        answer = client.get(address)
        assert answer.status_code == 200, address
        return _words(answer.content.decode())

    followed = 0
    for route, leads_nowhere in PAGES.items():
        address = addresses.of(route, TABLE[route])
        answer = client.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        loose = {heading for heading in _loose(page) if not heading.startswith(tuple(leads_nowhere))}
        assert loose == set(), address
        for link, said in re.findall(rf'<a [^>]*href="(/[^"]+)"[^>]*>({AMOUNT})', page):
            target = html.unescape(link)
            wanted = f"which make up {said}" if "/entries/" in target else said
            assert wanted in words_of(target), f"{said} on {address} is not on {target}"
            followed += 1
    assert followed > 40
    overview = client.get(addresses.of("grants/<int:pk>/", TABLE["grants/<int:pk>/"])).content.decode()
    waiting = re.findall(rf'<a href="(/claims/[^"]+)">({AMOUNT})', overview)
    assert len(waiting) > 2
    for link, said in waiting:
        assert said in words_of(html.unescape(link)), link


def _loose(page: str) -> set[str]:
    """The headings of rows that link to nothing, or are totals, with an amount that is no link."""
    found = set()
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL):
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        amounts = [cell for cell in cells[1:] if re.search(r"£(?!0\.00)", cell) and "<a " not in cell]
        if amounts and "<a " not in cells[0]:
            found.add(_words(cells[0]))
    return found


def _words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
