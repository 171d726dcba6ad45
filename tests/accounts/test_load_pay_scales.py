"""The command that puts pay scales on record: what it reads and what it refuses."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from overtime_ledger.accounts.management.commands.load_pay_scales import rank_of, read_points
from overtime_ledger.accounts.models import PayPoint, PayTable, User
from overtime_ledger.accounts.services import PayPointRow
from tests import factories as make

HEADER = "scale,point,annual_pay,status\n"
GOOD = """constable_2013,minimum,18912,sourced
constable_2013,7,41130,sourced
sergeant,4,"46,227.50",unverified
"""


def written(tmp_path: Path, rows: str = GOOD, header: str = HEADER) -> Path:
    path = tmp_path / "scales.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(CommandError) as refused:
        read_points(path)
    assert refused.value.returncode == 2
    return str(refused.value)


# Reading: no database


def test_each_row_is_a_point_of_a_scale_for_the_rank_it_begins_with(tmp_path: Path) -> None:
    assert read_points(written(tmp_path)) == [
        PayPointRow("constable", "constable_2013", "minimum", 18_912_00, "sourced"),
        PayPointRow("constable", "constable_2013", "7", 41_130_00, "sourced"),
        PayPointRow("sergeant", "sergeant", "4", 46_227_50, "unverified"),
    ]


@pytest.mark.parametrize(
    ("scale", "rank"),
    [
        ("constable_pre_2013", "constable"),
        ("sergeant", "sergeant"),
        ("inspector_london", "inspector"),
        ("chief_inspector_2020", "chief_inspector"),
    ],
)
def test_a_scale_begins_with_its_rank(scale: str, rank: str) -> None:
    assert rank_of(scale) == rank


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        ("wizard_2013,7,41130,sourced", "scale", "does not begin with a rank"),
        ("constables,7,41130,sourced", "scale", "does not begin with a rank"),
        ("agency_grade,7,41130,sourced", "scale", "does not begin with a rank"),
        (",7,41130,sourced", "scale", "does not begin with a rank"),
        (f"constable_{'x' * 40},7,41130,sourced", "scale", "longer than 40"),
        ("constable_2013,,41130,sourced", "point", "must not be empty"),
        (f"constable_2013,{'7' * 21},41130,sourced", "point", "longer than 20"),
        ("constable_2013,7,,sourced", "annual_pay", "Enter an amount"),
        ("constable_2013,7,much,sourced", "annual_pay", "Enter an amount"),
        ("constable_2013,7,41130.125,sourced", "annual_pay", "Enter an amount"),
        ("constable_2013,7,0,sourced", "annual_pay", "more than nothing"),
        ("constable_2013,7,1000000,sourced", "annual_pay", "not what a year pays"),
        ("constable_2013,7,41130,", "status", "must not be empty"),
        ("constable_2013,minimum,41130,sourced", "point", "there already"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, row: str, column: str, problem: str) -> None:
    message = refusal(written(tmp_path, f"{GOOD}{row}\n"))
    assert message.startswith(f"row 5, column {column}: ")
    assert problem in message
    assert "\n" not in message


def test_every_bad_row_is_named(tmp_path: Path) -> None:
    bad = "constable_2013,7,much,sourced\n"
    assert len(refusal(written(tmp_path, bad + GOOD + bad)).splitlines()) == 2


def test_the_same_point_of_another_scale_is_another_point(tmp_path: Path) -> None:
    assert len(read_points(written(tmp_path, f"{GOOD}constable_pre_2013,7,41130,sourced\n"))) == 4


# Recording


def load(path: Path, *, by: str, day: str = "2020-09-01", source: str = "Pay circular of July 2020") -> str:
    out = StringIO()
    call_command(
        "load_pay_scales", str(path), f"--from={day}", f"--source={source}", f"--by={by}", stdout=out
    )
    return out.getvalue()


@pytest.fixture
def finance(db: None) -> User:
    return make.person("finance", agency=make.AgencyFactory())


def test_finance_puts_a_table_on_record_and_a_second_person_has_yet_to_confirm_it(
    tmp_path: Path, finance: User
) -> None:
    before = set(PayTable.objects.values_list("pk", flat=True))
    told = load(written(tmp_path), by=finance.username)
    assert told.startswith(
        "Recorded 3 points of 2 scales, in force from 1 September 2020 once a second person"
    )
    table = PayTable.objects.exclude(pk__in=before).get()
    assert (table.valid_from, table.source) == (date(2020, 9, 1), "Pay circular of July 2020")
    assert (table.recorded_by, table.confirmed_by) == (finance, None)
    points = table.points.values_list("rank", "scale", "point", "annual_pay_pence", "status")
    assert list(points)[1:] == [
        ("constable", "constable_2013", "7", 41_130_00, "sourced"),
        ("sergeant", "sergeant", "4", 46_227_50, "unverified"),
    ]


def test_nothing_is_recorded_from_a_file_with_a_bad_cell(tmp_path: Path, finance: User) -> None:
    before = PayPoint.objects.count()
    with pytest.raises(CommandError, match="row 5, column status"):
        load(written(tmp_path, f"{GOOD}constable_2013,6,38022,\n"), by=finance.username)
    assert PayPoint.objects.count() == before


def test_only_finance_records_pay(tmp_path: Path, finance: User) -> None:
    officer = make.person("officer", agency=finance.agency)  # type: ignore[arg-type]
    tables = PayTable.objects.count()
    with pytest.raises(CommandError, match="does not have the role") as refused:
        load(written(tmp_path), by=officer.username)
    assert refused.value.returncode == 1
    with pytest.raises(CommandError, match="no account nobody"):
        load(written(tmp_path), by="nobody")
    assert PayTable.objects.count() == tables


def test_a_table_without_a_point_is_refused(tmp_path: Path, finance: User) -> None:
    with pytest.raises(CommandError, match="no point"):
        load(written(tmp_path, ""), by=finance.username)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"day": "1 September"}, "not a date like"),
        ({"source": "  "}, "must not be empty"),
        ({"source": "x" * 201}, "longer than 200"),
    ],
)
def test_a_table_needs_a_day_and_a_source(tmp_path: Path, wrong: dict[str, str], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        load(written(tmp_path), by="finance", **wrong)
