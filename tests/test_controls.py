"""The catalogue says what the source raises: no code without an entry, no entry without a code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from overtime_ledger.controls import CONTROLS, GROUPS, Control
from tasking import quotes

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"[A-Z]\d\d")
RAISES = ("Refusal", "Flag")
LEVELS = {"Refusal": "block"}


def sources() -> Iterator[ast.AST]:
    for package in ("overtime_ledger", "grants", "tasking", "claims"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if not {"controls", "migrations"} & {*path.relative_to(ROOT).parts}:
                yield ast.parse(path.read_text())


def constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def raised() -> set[tuple[str, str]]:
    """Every code that is raised, with the level at which: what is written out as the first argument."""
    found = {("block", code) for code in quotes._NOT_PAYABLE.values()}
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISES:
                codes = (
                    [text for text in constants(node.args[0]) if CODE.fullmatch(text)] if node.args else []
                )
                level = LEVELS.get(node.func.id) or next(iter(constants(node.args[1])), "") if codes else ""
                found |= {(level, code) for code in codes}
    return found


def test_each_code_that_is_raised_is_in_the_catalogue_at_its_level_and_each_there_is_raised() -> None:
    listed = {(level, code) for code, control in CONTROLS.items() for level in control.levels}
    assert raised() == listed


def test_whatever_looks_like_a_code_in_the_source_and_in_the_pages_is_one() -> None:
    mentioned = {text for tree in sources() for text in constants(tree) if CODE.fullmatch(text)}
    for page in (ROOT / "templates").rglob("*.html"):
        mentioned |= set(re.findall(r"\b[ACFGLPT]\d\d\b", page.read_text()))
    assert mentioned <= CONTROLS.keys()


def test_a_code_stands_once_and_in_its_group() -> None:
    codes = [control.code for group in GROUPS for control in group.controls]
    assert codes == [*CONTROLS] and len(codes) == len(set(codes))
    for group in GROUPS:
        numbers = [control.code for control in group.controls]
        assert numbers == sorted(numbers) and {code[0] for code in numbers} == {group.letter}


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS.keys())
def test_every_control_says_when_and_why_what_to_do_and_who_can(control: Control) -> None:
    assert CODE.fullmatch(control.code) and len(control.levels) in (1, 2)
    assert control.title and not control.title.endswith(".") and control.who and not control.who.endswith(".")
    for sentence in (control.when, control.why, control.fix):
        assert sentence[0].isupper() and sentence.endswith(".")


# The table of findings and tests

ROW = re.compile(r"\| ([A-Z]\d\d) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|")


def rows_of_the_table() -> list[tuple[str, str, str, str, list[str]]]:
    """Code, level, title, why and the tests of each row of docs/controls.md."""
    lines = (ROOT / "docs" / "controls.md").read_text().splitlines()
    found = [row.groups() for line in lines if (row := ROW.fullmatch(line))]
    return [
        (code, level, title, why, re.findall("`(.+?)`", tests)) for code, level, title, why, tests in found
    ]


def test_the_table_of_findings_says_what_the_catalogue_says() -> None:
    told = [(code, level, title, why) for code, level, title, why, _ in rows_of_the_table()]
    assert told == [(one.code, one.level, one.title, one.why) for one in CONTROLS.values()]


@pytest.mark.parametrize(("code", "tests"), [(row[0], row[4]) for row in rows_of_the_table()])
def test_the_tests_that_it_names_exist_and_are_about_the_code(code: str, tests: list[str]) -> None:
    assert tests and len(tests) == len({*tests})
    for named in tests:
        path, _, name = named.partition("::")
        source = (ROOT / "tests" / path).read_text()
        found = [node for node in ast.parse(source).body if getattr(node, "name", "") == name]
        assert len(found) == 1, f"{named} does not exist"
        assert code in ast.unparse(found[0]).upper(), f"{named} does not name {code}"
