"""Somebody at a browser: what they press is counted, and every page they pass is looked at."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import ConsoleMessage, Dialog, Download, Error, Locator, Page, expect

from overtime_ledger.accounts.models import User
from overtime_ledger.disclosure.extract_models import PUBLIC
from tests.scene import PASSWORD

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}
Name = str | re.Pattern[str]
# Axe would fetch the style sheets once more, and imported ones from the wrong place.
AXE = {"resultTypes": ["violations"], "preload": False, "rules": {"color-contrast": {"enabled": False}}}


class Noted:
    """What the processes of a run note down for one another, a word a line: none does again what one did."""

    def __init__(self) -> None:
        self.file: Path | None = None

    def words(self) -> set[str]:
        return set(self.file.read_text().splitlines()) if self.file and self.file.exists() else set()

    def add(self, words: Iterable[str]) -> None:
        if self.file:
            with self.file.open("a") as file:
                file.write("".join(f"{word}\n" for word in words))


LOOKED_AT, COLOURS_SEEN, SIGNED_IN = Noted(), Noted(), Noted()


class Person:
    """Drives one page. `presses` counts what acts: links, buttons, ticks; typing and choosing are free."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.presses = 0
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", self._stumble)
        page.on("dialog", self._answer)

    def leave(self) -> None:
        """Hear nothing more of the page, which the next one may have."""
        for event, listener in (
            ("console", self._hear),
            ("pageerror", self._stumble),
            ("dialog", self._answer),
        ):
            self.page.remove_listener(event, listener)

    def _hear(self, said: ConsoleMessage) -> None:
        # A refusal answers with 422, and the browser remarks on it; everything else is a fault.
        if said.type in ("error", "warning") and "status of 422" not in said.text:
            self.complaints.append(f"{self.page.url}: {said.text}")

    def _stumble(self, error: Error) -> None:
        self.complaints.append(f"{self.page.url}: {error}")

    def _answer(self, dialog: Dialog) -> None:
        self.complaints.append(f"{self.page.url}: {dialog.message}")
        dialog.accept()

    # Going about

    def sign_in(self, name: str) -> "Person":
        """Through the door, once a run; then as if. Counting starts on one's home page."""
        if name in SIGNED_IN.words():
            self._is_known(name)
            self.goto("/")
        else:
            self.page.goto("/account/login/")
            self.page.get_by_label("Name").fill(name)
            self.page.get_by_label("Password").fill(PASSWORD)
            self._leads_on(lambda: self.page.get_by_role("button", name="Sign in").click())
            SIGNED_IN.add([name])
        self.presses = 0
        return self

    def _is_known(self, name: str) -> None:
        """Give the browser the session that the door would."""
        client = Client()
        client.force_login(User.objects.get(username=name))
        session = client.cookies["sessionid"]
        self.page.context.add_cookies(
            [{"name": session.key, "value": session.value, "url": self.site, "httpOnly": True}]
        )

    def home(self) -> None:
        """Start again from one's home page."""
        self.goto("/")
        self.presses = 0

    def goto(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def pass_by(self, address: str) -> None:
        """Fetch a page, and go there only if a part of it has not been looked at."""
        answer = self.page.request.get(address)
        assert answer.ok, f"{address}: {answer.status}"
        sent = self._parts(answer.text())
        if new := sent - LOOKED_AT.words():
            self.goto(address)
            LOOKED_AT.add(new)

    def press(self, name: Name, *, within: Locator | None = None) -> None:
        """Press the one link or button of this name in the page's main part, and look at where it leads."""
        self._count()
        target = self.found(name, within=within)
        self._leads_on(lambda: self.activate(target))

    def found(self, name: Name, *, within: Locator | None = None) -> Locator:
        """The link or button of this name."""
        place, name = self.main if within is None else within, spoken(name)
        target = place.get_by_role("link", name=name).or_(place.get_by_role("button", name=name))
        where = {one.get_attribute("href") or one.inner_text() for one in target.all()}
        there = re.findall(r"(?:link|button) .+", place.aria_snapshot())
        assert len(where) == 1, (
            f"{name!r} on {self.page.url} leads to {where or 'nothing'}; there are {there}"
        )
        return target.first

    def unfold(self, summary: str) -> None:
        """Open what is folded away: a press, but on the same page."""
        self._count()
        self.activate(self.main.locator("summary", has_text=summary))

    def tick(self, label: Name) -> None:
        """Tick a box: a press."""
        self._count()
        self.mark(self.main.get_by_role("checkbox", name=label))

    def choose(self, label: Name, option: str) -> None:
        """Choose one of a list or of radio buttons."""
        self.main.get_by_label(label).select_option(label=option)

    def choose_radio(self, label: Name) -> None:
        self.mark(self.main.get_by_role("radio", name=label))

    def type(self, label: Name, text: str) -> None:
        """Put text into a field, in the place of what is there."""
        self.main.get_by_label(label).fill(text)

    def type_day(self, day: int, month: int, year: int) -> None:
        for label, number in (("Day", day), ("Month", month), ("Year", year)):
            self.main.get_by_label(label, exact=True).filter(visible=True).fill(str(number))

    def download(self, name: Name) -> Path:
        """Press a link that answers with a file; the file."""
        self._count()
        with self.page.expect_download() as expected:
            self.activate(self.found(name))
        download: Download = expected.value
        return Path(download.path())

    def activate(self, target: Locator) -> None:
        """Click into its middle; left alone, Playwright may aim at hidden words, which are a pixel wide."""
        target.scroll_into_view_if_needed()
        target.click(position=target.evaluate(MIDDLE))

    def mark(self, box: Locator) -> None:
        box.check()
        expect(box).to_be_checked()

    def _count(self) -> None:
        self.presses += 1

    def _leads_on(self, act: Callable[[], Any]) -> None:
        with self.page.expect_navigation(wait_until="load"):
            act()
        self.look()

    # Looking

    @property
    def main(self) -> Locator:
        return self.page.locator("main, #main").first

    @property
    def path(self) -> str:
        return urlparse(self.page.url).path

    def reads(self, *texts: str) -> None:
        """The page says all of this where it can be seen."""
        for text in texts:
            expect(self.main.get_by_text(text).filter(visible=True).first).to_be_visible()

    def reads_not(self, *texts: str) -> None:
        for text in texts:
            expect(self.main.get_by_text(text).filter(visible=True)).to_have_count(0)

    def look(self) -> None:
        """What holds of every page: accessible, marked, no wider than a phone, nothing amiss in the console.

        A page on which every part has been looked at before is not looked at again.
        """
        new = self._parts() - LOOKED_AT.words()
        problems = [*self._inaccessible(), *self._unlike_a_page()] if new else []
        problems += self.complaints
        assert not problems, "\n".join(problems)
        LOOKED_AT.add(new)

    def _parts(self, html: str | None = None) -> set[str]:
        """The kinds of part that the page is made of, or one as it was sent."""
        return set(self.page.evaluate(PARTS, html))

    def _inaccessible(self) -> list[str]:
        """What axe finds. Contrast, by far the longest, only where text is dressed as none was before."""
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate("async (options) => (await axe.run(options)).violations", AXE)
        colours = self.page.evaluate(COLOURS, sorted(COLOURS_SEEN.words()))
        if not colours["violations"]:
            COLOURS_SEEN.add(colours["dressed"])
        return [
            f"{self.page.url}: {one['id']}, {one['help']}: {[node['html'] for node in one['nodes']]}"
            for one in (*found, *colours["violations"])
        ]

    def _unlike_a_page(self) -> list[str]:
        problems = []
        if self.page.get_by_role("heading", level=1).count() != 1:
            problems.append("not one first heading")
        if max(self.page.get_by_text(marking).count() for marking in (settings.LEDGER_MARKING, PUBLIC)) < 2:
            problems.append("the marking is not at top and bottom")
        self.page.set_viewport_size(NARROW)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size(WIDE)
        if width > NARROW["width"]:
            problems.append(f"{width} pixels wide on a screen of {NARROW['width']}")
        return [f"{self.page.url}: {problem}" for problem in problems]


def spoken(name: Name) -> Name:
    """A name as a browser puts it together: hidden words that follow may stand apart ("Answer : claim 3")."""
    return re.compile(re.escape(name).replace(r":\ ", r"\s*:\s")) if isinstance(name, str) else name


class KeyboardPerson(Person):
    """The same without a mouse: Tab to it, then Enter or Space. Whatever has the focus shows it."""

    MOST_TABS = 150

    def activate(self, target: Locator) -> None:
        self._tab_to(target)
        self.page.keyboard.press("Enter")

    def mark(self, box: Locator) -> None:
        self._tab_to(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def type(self, label: Name, text: str) -> None:
        self._tab_to(self.main.get_by_label(label))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def _tab_to(self, target: Locator) -> None:
        expect(target).to_have_count(1)
        for _ in range(self.MOST_TABS):
            self.page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                assert target.evaluate(SHOWS_ITS_FOCUS), f"{self.page.url}: no focus to be seen on {target}"
                return
        raise AssertionError(f"{self.page.url}: Tab never reaches {target}")


# What decides whether axe finds something: what kinds of element there are, in what, named and labelled or
# not; which heading follows which; an id or a landmark that is there twice. Each as a number of few letters.
PARTS = r"""(html) => {
    const page = html === null ? document : new DOMParser().parseFromString(html, "text/html");
    const parts = new Set(), once = new Set();
    const said = ["role", "type", "scope", "autocomplete", "tabindex", "lang", "aria-current", "aria-live"];
    const own = /\d|^(column|field|model|app)-/;
    const words = (element) => [...element.classList].filter((word) => !own.test(word));
    const named = (element) => Boolean(
        element.textContent.trim() || element.getAttribute("aria-label") || element.getAttribute("alt")
    );
    const only = (what) => {
        parts.add(once.has(what) ? `twice ${what}` : "once");
        once.add(what);
    };
    let above = "";
    for (const element of page.querySelectorAll("html, html *")) {
        const parent = element.parentElement;
        parts.add([
            parent ? parent.tagName + words(parent) : "", element.tagName, words(element), named(element),
            element.getAttributeNames().sort(), said.map((name) => element.getAttribute(name)),
            element.labels ? element.labels.length : "", element.disabled, element.hidden,
        ].join());
        if (/^H[1-6]$/.test(element.tagName)) {
            parts.add(`${above} above ${element.tagName}`);
            above = element.tagName;
        }
        if (element.id) {
            only(element.id);
        }
        if (element.matches("main, nav, aside, body > header, body > footer, section, [role=region]")) {
            const label = element.getAttribute("aria-label") || element.getAttribute("aria-labelledby");
            only([element.tagName, element.getAttribute("role"), label].join());
        }
    }
    parts.add(["title", "h1", "main"].map((tag) => page.querySelectorAll(tag).length).join());
    const short = (part) => {
        let number = 0;
        for (const letter of part) {
            number = Math.imul(number ^ letter.codePointAt(), 16777619) ^ (number >>> 15);
        }
        return number.toString(36);
    };
    return [...parts].map(short);
}"""
# What decides the colours of text: tag, classes and state of what it is in, and what that stands in.
COLOURS = r"""async (seen) => {
    const known = new Set(seen), fresh = new Map();
    const dress = (element) => {
        const chain = [];
        for (let one = element; one && chain.length < 5; one = one.parentElement) {
            const state = ["class", "aria-current", "disabled", "open"].map((name) => one.getAttribute(name));
            chain.push([one.tagName, ...state].join());
        }
        return chain.join(">").replace(/\s+/g, " ");
    };
    const speaks = (element) => element.matches("input, select, textarea")
        || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    for (const element of [...document.querySelectorAll("body *")].filter(speaks)) {
        const dressed = dress(element);
        if (!known.has(dressed) && !fresh.has(dressed)) {
            fresh.set(dressed, element);
        }
    }
    if (!fresh.size) {
        return { dressed: [], violations: [] };
    }
    const options = { runOnly: ["color-contrast"], resultTypes: ["violations"], preload: false };
    const { violations } = await axe.run({ include: [...fresh.values()] }, options);
    return { dressed: [...fresh.keys()], violations };
}"""
MIDDLE = """element => {
    const all = element.getBoundingClientRect();
    const line = element.getClientRects()[0];
    return { x: line.x - all.x + line.width / 2, y: line.y - all.y + line.height / 2 };
}"""
SHOWS_ITS_FOCUS = """element => {
    const label = element.matches("[type=checkbox], [type=radio]") ? element.labels[0] : null;
    return [element, label].filter(Boolean).some((one) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
        return outlineStyle !== "none" && parseFloat(outlineWidth) > 0 || boxShadow !== "none";
    });
}"""


class PlainPerson(Person):
    """The same in a browser that runs no script: what needs one to be looked at is not looked at."""

    def look(self) -> None:
        assert self.page.get_by_role("heading", level=1).count() == 1, self.page.url
        assert not self.complaints, "\n".join(self.complaints)
