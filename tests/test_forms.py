"""What people type, and what the fields make of it."""

from datetime import date, time
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from overtime_ledger.forms import (
    MOST_PENCE,
    DayField,
    MinutesField,
    PoundsField,
    ReasonField,
    TimeField,
    refuse_personal_data,
)


class Everything(forms.Form):
    when = DayField(label="Day of the duty", help_text="For example, 8 3 2021")
    start = TimeField(label="Start")
    breaks = MinutesField(label="Breaks", required=False)
    amount = PoundsField(label="Amount", min_pence=1, max_pence=100_000)
    kind = forms.ChoiceField(
        label="Kind of duty", choices=[("p", "Planned"), ("c", "Casual")], widget=forms.RadioSelect
    )
    agreed = forms.BooleanField(label="I worked these hours")
    reason = ReasonField(label="Reason")


GOOD = {
    "when_0": "8",
    "when_1": "3",
    "when_2": "2021",
    "start": "1800",
    "amount": "£1,000.00",
    "kind": "p",
    "agreed": "on",
    "reason": "The suspect’s flat had to be watched until 02:00.",
}


def message(field: forms.Field, typed: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        field.clean(typed)
    return str(refused.value.messages[0])


def test_a_good_form_becomes_pence_dates_times_and_minutes() -> None:
    form = Everything(GOOD | {"breaks": "1 h 30"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "when": date(2021, 3, 8),
        "start": time(18),
        "breaks": 90,
        "amount": 100_000,
        "kind": "p",
        "agreed": True,
        "reason": GOOD["reason"],
    }


def test_what_was_typed_stays_when_it_cannot_be_read() -> None:
    page = str(Everything(GOOD | {"when_1": "Smarch", "start": "25:00", "amount": "12x", "breaks": "some"}))
    for typed in ("Smarch", "25:00", "12x", "some"):
        assert f'value="{typed}"' in page


# Pounds


@pytest.mark.parametrize(
    ("typed", "pence"), [("1284.4", 128440), ("£1,284.40", 128440), (" 5 ", 500), (".5", 50)]
)
def test_pounds_become_pence(typed: str, pence: int) -> None:
    assert PoundsField().clean(typed) == pence


def test_pence_are_shown_as_pounds() -> None:
    assert PoundsField().prepare_value(128440) == "1,284.40"


def test_the_same_pounds_are_no_change() -> None:
    assert not PoundsField().has_changed(128440, "1,284.40")
    assert PoundsField().has_changed(128440, "1,284.41")


def test_pounds_have_limits_that_are_said() -> None:
    assert message(PoundsField(min_pence=1), "0") == "The amount must be £0.01 or more"
    assert message(PoundsField(max_pence=100_000), "1000.01") == "The amount must be £1,000.00 or less"
    assert message(PoundsField(), "12x") == "Enter an amount in pounds, like 1,284.40"
    assert message(PoundsField(), "") == "Enter an amount in pounds, like 1,284.40"
    assert PoundsField(required=False).clean("") is None


@pytest.mark.parametrize("typed", ["1,000,000,000.01", "9" * 25, "9" * 5000, "£" + "9" * 5000])
def test_pounds_never_exceed_what_the_database_can_add_up(typed: str) -> None:
    assert message(PoundsField(), typed) == "The amount must be £1,000,000,000.00 or less"
    assert PoundsField().clean("1,000,000,000") == MOST_PENCE


# Days


@pytest.mark.parametrize(
    "parts",
    [
        ["8", "3", "2021"],
        ["08", "03", "2021"],
        ["8", "March", "2021"],
        ["8", "mar", "21"],
        [" 8 ", "3", "2021"],
        ["8/3/2021", "", ""],
        ["8 March 2021", "", ""],
        ["8th March 2021", "", ""],
        ["2021-03-08", "", ""],
    ],
)
def test_a_day_is_read_as_people_write_it(parts: list[str]) -> None:
    assert DayField().clean(parts) == date(2021, 3, 8)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["", "", ""], "Enter a date, like 8 3 2021"),
        (["8", "", "2021"], "The date must include a month"),
        (["8", "", ""], "The date must include a month and a year"),
        (["31", "2", "2021"], "Enter a real date, like 8 3 2021"),
        (["8", "13", "2021"], "Enter a real date, like 8 3 2021"),
        (["eight", "3", "2021"], "The day must be a number, like 8"),
        (["8", "3", "1999"], "The year must be between 2000 and 2999, like 2021"),
        (["31", "12", "9999"], "The year must be between 2000 and 2999, like 2021"),
        (["0001-01-05", "", ""], "The year must be between 2000 and 2999, like 2021"),
        (["8", "3", "99999999999"], "The year must be between 2000 and 2999, like 2021"),
        (["8", "3", "9" * 5000], "The year must be between 2000 and 2999, like 2021"),
        (["9" * 5000, "3", "2021"], "Enter a real date, like 8 3 2021"),
        (["8", "9" * 5000, "2021"], "Enter a real date, like 8 3 2021"),
        (["8", "Ma", "2021"], "The month must be a number, like 3"),
        (["8", "3", "²"], "The year must be a number, like 2021"),
    ],
)
def test_a_day_that_cannot_be_read_says_why(parts: list[str], said: str) -> None:
    assert message(DayField(), parts) == said


def test_a_link_may_give_the_day_as_one_value() -> None:
    class Filter(forms.Form):
        since = DayField(required=False)

    form = Filter({"since": "2021-02-01"})
    assert form.is_valid() and form.cleaned_data["since"] == date(2021, 2, 1)
    assert 'name="since_1" value="02"' in str(form)
    assert Filter({}).is_valid()


def test_a_day_changes_only_with_its_value() -> None:
    assert not DayField().has_changed(date(2021, 3, 8), ["8", "3", "2021"])
    assert DayField().has_changed(date(2021, 3, 8), ["9", "3", "2021"])
    assert DayField().has_changed(None, ["x", "", ""])


# Times and minutes


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("18:00", time(18)),
        ("1800", time(18)),
        ("18.30", time(18, 30)),
        ("800", time(8)),
        ("6pm", time(18)),
        ("6.30 p.m.", time(18, 30)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("midnight", time(0)),
        ("Noon", time(12)),
        ("24:00", time(0)),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, read: time) -> None:
    assert TimeField().clean(typed) == read


@pytest.mark.parametrize("typed", ["6", "25:00", "18:60", "13pm", "0pm", "later", "18:00:00"])
def test_a_time_that_might_be_another_is_refused(typed: str) -> None:
    assert message(TimeField(), typed) == "Enter a time on the 24 hour clock, like 18:00"


def test_a_time_is_shown_on_the_24_hour_clock() -> None:
    assert TimeField().prepare_value(time(18)) == "18:00"
    assert not TimeField().has_changed(time(18), "18:00")


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("90", 90), ("90 min", 90), ("1:30", 90), ("1 h 30", 90), ("1h30m", 90), ("2 hours", 120), ("0", 0)],
)
def test_minutes_are_read_as_people_write_them(typed: str, minutes: int) -> None:
    assert MinutesField().clean(typed) == minutes


def test_minutes_that_cannot_be_are_refused() -> None:
    assert message(MinutesField(), "1:75") == "Enter minutes, like 90, or hours and minutes, like 1:30"
    assert message(MinutesField(), "-5") == "Enter minutes, like 90, or hours and minutes, like 1:30"
    assert message(MinutesField(), "9" * 5000) == "Enter minutes, like 90, or hours and minutes, like 1:30"
    assert message(MinutesField(), "99999") == "It must be 1440 minutes or fewer"
    assert message(MinutesField(max_minutes=60), "61") == "It must be 60 minutes or fewer"


# Personal data


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to someone@example.org about it", "an e-mail address"),
        ("call 07700 900123", "a telephone number"),
        ("call 020 7946 0018", "a telephone number"),
        ("call (0161) 496 0000", "a telephone number"),
        ("call +44 7700 900123", "a telephone number"),
        ("call +44 (0)7700 900 123", "a telephone number"),
        ("tel:07700900123", "a telephone number"),
        ("lives at SW1A 2AA", "a postcode"),
        ("lives at e1 6an", "a postcode"),
        ("lives at M11AE", "a postcode"),
        ("drives AB12 CDE", "a vehicle registration mark"),
        ("drives ab12cde", "a vehicle registration mark"),
        ("drives A123 BCD", "a vehicle registration mark"),
        ("drives ABC 123D", "a vehicle registration mark"),
        ("12/03/1985", "a date of birth"),
        ("12.3.85", "a date of birth"),
        ("1985-03-12", "a date of birth"),
        ("12 March 1985", "a date of birth"),
        ("12th of March, 1985", "a date of birth"),
        ("March 12, 2009", "a date of birth"),
        ("1 January 2010", "a date of birth"),
        ("born 3 March 2015", "a date of birth"),
        ("DOB 1.2.15", "a date of birth"),
        ("d.o.b. 7 May", "a date of birth"),
        ("born in 1985", "a date of birth"),
    ],
)
def test_what_identifies_somebody_is_refused_and_not_repeated(text: str, kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        refuse_personal_data(text)
    said = refused.value.messages[0]
    assert f"looks like it contains {kind}." in said
    assert "codename" in said
    assert text not in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3 March 2021",
        "on 08/03/2021 and 2021-03-09",
        "On 3 March 2000 to 2200 the address was watched",
        "3 March 1900-2300",
        "3 March 1930 hours",
        "2 March 09:00",
        "On 3 March 10 officers searched",
        "PC 4471 and PS 118 relieved PC4472",
        "MM-7F3K met NW-23AB and E1-6AN",
        "16:00 to 18:20, 9.10-10.30 break",
        "0700 1500 0700 1500",
        "duty 0800-1600 on 21 days",
        "£1,284.40 of £135,000.00",
        "the B12, the A40 and the M25",
        "along the A40 towards the M25 BTP boundary",
        "on the M25 NCA officers took over",
        "the b12 and 2nd turning, a40 1st exit",
        "PCD 911, Annex G, regulation 25 of Police Regulations 2003",
        "T03 and C10 were raised; claim 42, revision 3",
        "EX/12/345 and exhibit 12",
        "a stubborn lock; 12 newborn puppies",
        "SE15 and Peckham",
        "14 clear days, 15 minutes, 16 hours",
        "E-mail was sent to the force’s box",
        "4/3 of £4.93 for 9 units",
        "reference 0123456/21",
    ],
)
def test_ordinary_police_prose_passes(text: str) -> None:
    refuse_personal_data(text)


def test_a_reason_is_required_and_holds_no_personal_data() -> None:
    assert ReasonField().clean("  Two officers fell ill.  ") == "Two officers fell ill."
    assert message(ReasonField(), " ") == "Give a reason"
    assert "telephone number" in message(ReasonField(), "Ring 07700 900123")
    assert ReasonField(required=False).clean("") == ""


def test_a_reason_has_room_for_what_the_ledger_holds() -> None:
    assert ReasonField().clean("a" * 500)
    assert message(ReasonField(), "a" * 501) == "Use 500 characters or fewer: these are 501"


# How fields are drawn


def test_errors_and_hints_are_tied_to_their_field() -> None:
    page = str(Everything(GOOD | {"start": "x"})["start"].as_field_group())
    assert '<label class="field__label" for="id_start">' in page
    assert 'aria-describedby="id_start_error"' in page
    assert 'id="id_start_error"' in page
    assert 'aria-invalid="true"' in page
    assert '<span class="visually-hidden">Error: </span>Enter a time' in page


def test_groups_are_fieldsets_with_a_legend() -> None:
    form = Everything(GOOD | {"when_0": ""})
    day, kind = form["when"].as_field_group(), form["kind"].as_field_group()
    assert 'aria-describedby="id_when_helptext id_when_error"' in day
    assert '<legend class="field__label">Day of the duty</legend>' in day
    assert '<label for="id_when_1">Month</label>' in day
    assert '<legend class="field__label">Kind of duty</legend>' in kind
    assert '<label class="choice__label" for="id_kind_0">Planned</label>' in kind


def test_what_need_not_be_filled_in_says_so() -> None:
    form = Everything()
    assert "(optional)" in form["breaks"].as_field_group()
    assert "(optional)" not in form["start"].as_field_group()


def test_a_single_checkbox_stands_before_its_label() -> None:
    page = Everything()["agreed"].as_field_group()
    assert page.index('type="checkbox"') < page.index("I worked these hours")
