"""How the forms of this product look, read what people type, and keep personal data out.

Fields turn text into pence, dates, times and minutes, and give back exactly what was typed when
they cannot. Nothing here knows a model, so models may use `refuse_personal_data` too.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.forms.renderers import TemplatesSetting

from overtime_ledger import money

M = TypeVar("M", bound=Model)

if TYPE_CHECKING:
    from django.forms import ModelChoiceField as ModelChoiceField
    from django.forms import ModelMultipleChoiceField as ModelMultipleChoiceField
    from django.forms.models import ModelChoiceIterator as ModelChoiceIterator
else:
    # Django's own do not know at run time that they are generic: ModelChoiceField[Claim].
    class ModelChoiceIterator(forms.models.ModelChoiceIterator):
        __class_getitem__ = classmethod(lambda cls, _: cls)

    class ModelChoiceField(forms.ModelChoiceField):
        __class_getitem__ = classmethod(lambda cls, _: cls)

    class ModelMultipleChoiceField(forms.ModelMultipleChoiceField):
        __class_getitem__ = classmethod(lambda cls, _: cls)


class Renderer(TemplatesSetting):
    """Draws forms and fields from templates/ui, so that `{{ form }}` is our markup everywhere."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"


UNREADABLE = {"Filter": "it cannot be read, so nothing is listed"}
"""What a file says of a filter with a mistake in it. Such a filter finds nothing."""


# Pounds


MOST_PENCE = 1_000_000_000_00
"""No amount of this product is larger; the database holds sums of many such amounts."""
_LONGEST_NUMBER = 30
"""Characters of the longest number anybody means; Python refuses to read thousands of digits."""


class PoundsInput(forms.TextInput):
    """A text input behind a pound sign."""

    template_name = "ui/pounds_input.html"


class PoundsField(forms.Field):
    """An amount typed in pounds, cleaned to integer pence; `initial` is in pence as well."""

    widget = PoundsInput(attrs={"inputmode": "decimal", "class": "input--10", "autocomplete": "off"})
    default_error_messages = {
        "required": "Enter an amount in pounds, like 1,284.40",
        "min": "The amount must be %(limit)s or more",
        "max": "The amount must be %(limit)s or less",
    }

    def __init__(self, *, min_pence: int | None = 1, max_pence: int = MOST_PENCE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_pence = min_pence
        self.max_pence = max_pence

    def prepare_value(self, value: Any) -> Any:
        """Show pence as pounds; what was typed stays as it was typed."""
        return money.pounds(value).replace("£", "") if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        text = _typed(value)
        if not text:
            return None
        if len(text) > _LONGEST_NUMBER:
            self._refuse("max", self.max_pence)
        try:
            return money.parse_pounds(text)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        if self.min_pence is not None and value < self.min_pence:
            self._refuse("min", self.min_pence)
        if value > self.max_pence:
            self._refuse("max", self.max_pence)

    def _refuse(self, code: str, limit: int) -> None:
        raise ValidationError(self.error_messages[code], code=code, params={"limit": money.pounds(limit)})


# Days


MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
"""Days outside are slips of the finger, and some of them cannot be reckoned with at all."""
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_WRITTEN_DAY = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s/.-]+(?P<month>\d{1,2}|[a-z]+)[\s/.-]+(?P<year>\d{2,4})"
)


def refuse_far_days(day: date) -> None:
    """Refuse a day before 2000 or after 2999. Raises ValidationError with the code "far"."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValidationError(
            f"The year must be between {FIRST_DAY.year} and {LAST_DAY.year}, like 2021", code="far"
        )


class DayInput(forms.MultiWidget):
    """A day, a month and a year to type; a link may also give the whole as `name=2021-03-08`."""

    template_name = "ui/day_input.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = {"inputmode": "numeric", "autocomplete": "off"}
        parts = [
            forms.TextInput(attrs={**number, "class": "input--2"}),
            forms.TextInput(attrs={**number, "class": "input--2"}),
            forms.TextInput(attrs={**number, "class": "input--4"}),
        ]
        super().__init__(parts, attrs)

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, date):
            return [value.day, value.month, value.year]
        return [value, None, None]

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[Any]:
        if data.get(name):
            return list(_split_day(str(data[name])))
        return super().value_from_datadict(data, files, name)


class DayField(forms.Field):
    """A date typed in three parts, or whole into the first; months may be words."""

    widget = DayInput
    default_error_messages = {
        "required": "Enter a date, like 8 3 2021",
        "missing": "The date must include a %(parts)s",
        "unreal": "Enter a real date, like 8 3 2021",
        "words": "The %(part)s must be a number, like %(example)s",
    }

    def to_python(self, value: Any) -> date | None:
        parts = [_typed(part) for part in value or ()]
        if len(parts) == 3 and parts[0] and not (parts[1] or parts[2]):
            parts = list(_split_day(parts[0]))
        if not any(parts):
            return None
        self._refuse_missing(parts)
        day, month, year = self._numbers(parts)
        try:
            read = date(min(year, date.max.year), month, day)
        except (ValueError, OverflowError) as error:
            raise ValidationError(self.error_messages["unreal"], code="unreal") from error
        refuse_far_days(read)
        return read

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True

    def _refuse_missing(self, parts: list[str]) -> None:
        missing = [name for name, part in zip(("day", "month", "year"), parts, strict=True) if not part]
        if missing:
            raise ValidationError(
                self.error_messages["missing"], code="missing", params={"parts": " and a ".join(missing)}
            )

    def _numbers(self, parts: list[str]) -> tuple[int, int, int]:
        day, month, year = parts
        return (
            self._number("day", day, "8"),
            self._month(month),
            _century(year, self._number("year", year, "2021")),
        )

    def _number(self, part: str, text: str, example: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise ValidationError(
                self.error_messages["words"], code="words", params={"part": part, "example": example}
            )
        return int(text[:_LONGEST_NUMBER])  # a longer one is as wrong by its first digits

    def _month(self, text: str) -> int:
        word = text.lower().rstrip(".")
        named = [number for number, name in enumerate(MONTHS, 1) if len(word) >= 3 and name.startswith(word)]
        return named[0] if named else self._number("month", text, "3")


def borne_by(choices: QuerySet[M], rows: QuerySet[Any], name: str, *order: str) -> QuerySet[M]:
    """Those of some choices that are the `name` of any of some rows.

    The first such row is asked for, choice by choice: asked whether there is any, the database reads them
    all. `order` is that of an index beginning with `name`; it has the database use it.
    """
    first = rows.order_by(*order).filter(**{name: OuterRef("pk")}).values("pk")[:1]
    return cast("QuerySet[M]", choices.alias(first=Subquery(first)).filter(first__isnull=False))


def _split_day(text: str) -> tuple[str, str, str]:
    """Split a whole date as people write it into its parts; what is no such date stays in the first."""
    match = _ISO_DAY.fullmatch(text.strip()) or _WRITTEN_DAY.fullmatch(text.strip().lower())
    return (match["day"], match["month"], match["year"]) if match else (text.strip(), "", "")


def _century(text: str, year: int) -> int:
    return 2000 + year if len(text) <= 2 else year


# Times and minutes


_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.]?(?P<minute>\d{2}))?\s*(?P<half>[ap]\.?m\.?)?")
_WORDS_FOR_TIMES = {"midnight": time(0), "noon": time(12), "midday": time(12)}


class TimeField(forms.Field):
    """A time of day: "18:00", "1800", "6pm" and "noon" are read; a bare "6" might be either."""

    widget = forms.TextInput(attrs={"class": "input--5", "autocomplete": "off"})
    default_error_messages = {
        "required": "Enter a time, like 18:00",
        "invalid": "Enter a time on the 24 hour clock, like 18:00",
    }

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if isinstance(value, time) else value

    def to_python(self, value: Any) -> time | None:
        if isinstance(value, time):
            return value
        text = _typed(value).lower()
        if not text:
            return None
        read = _WORDS_FOR_TIMES.get(text) or _read_time(text)
        if read is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return read


def _read_time(text: str) -> time | None:
    match = _TIME.fullmatch(text)
    if not match or not (match["minute"] or match["half"]):
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].startswith("p") else 0)
    if (hour, minute) == (24, 0):
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


_MINUTES = re.compile(r"(?P<minutes>\d{1,5})\s*(?:m|min|mins|minutes?)?")
_HOURS = re.compile(
    r"(?P<hours>\d{1,3})\s*(?::|h|hrs?|hours?)\s*(?:(?P<minutes>\d{1,2})\s*(?:m|min|mins|minutes?)?)?"
)


class MinutesField(forms.Field):
    """A length of time, cleaned to minutes: "90", "90 min", "1:30", "1 h 30" and "2 hours" are read."""

    widget = forms.TextInput(attrs={"class": "input--5", "autocomplete": "off"})
    default_error_messages = {
        "required": "Enter a number of minutes, like 90",
        "invalid": "Enter minutes, like 90, or hours and minutes, like 1:30",
        "max": "It must be %(limit)s minutes or fewer",
    }

    def __init__(self, *, max_minutes: int = 24 * 60, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_minutes = max_minutes

    def to_python(self, value: Any) -> int | None:
        text = _typed(value).lower()
        if not text:
            return None
        minutes = _read_minutes(text)
        if minutes is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return minutes

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and value > self.max_minutes:
            raise ValidationError(self.error_messages["max"], code="max", params={"limit": self.max_minutes})


def _read_minutes(text: str) -> int | None:
    if match := _MINUTES.fullmatch(text):
        return int(match["minutes"])
    if match := _HOURS.fullmatch(text):
        minutes = int(match["minutes"] or 0)
        return int(match["hours"]) * 60 + minutes if minutes < 60 else None
    return None


def _typed(value: Any) -> str:
    return "" if value is None else str(value).strip()


# Personal data


def refuse_personal_data(text: str) -> None:
    """Refuse text that seems to identify a member of the public.

    Looks for e-mail addresses, telephone numbers, vehicle marks, postcodes and dates of birth of the
    usual British forms. It catches slips, not intent: names and addresses in words pass.
    Raises ValidationError saying what was seen, without repeating it.
    """
    for kind in _personal_data(str(text)):
        raise ValidationError(
            f"This looks like it contains {kind}. Do not enter personal data of the public: "
            "use the subject’s codename, like MM-7F3K",
            code="personal_data",
        )


def _personal_data(text: str) -> Iterator[str]:
    if _EMAIL.search(text):
        yield "an e-mail address"
    if any(_is_telephone(match[0]) for match in _TELEPHONE.finditer(text)):
        yield "a telephone number"
    if _POSTCODE.search(text):
        yield "a postcode"
    if any(
        not _ORDINARY_WORDS.intersection(match[0].upper().split()) for match in _VEHICLE_MARK.finditer(text)
    ):
        yield "a vehicle registration mark"
    if _BORN.search(text) or any(_is_day_of_birth(match) for match in _FULL_DAY.finditer(text)):
        yield "a date of birth"


_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w")

_TELEPHONE = re.compile(r"(?<![\w.£/-])(?:\+44|0044|\(?0)(?:[ ()-]{0,2}\d){8,11}(?!\d)")


def _is_telephone(text: str) -> bool:
    """Eleven digits of a British number (ten for some old ones); four-digit groups may be duty times."""
    digits = re.sub(r"\D", "", re.sub(r"^(?:\+44|0044)[ -]?(?:\(0\))?", "0", text))
    digits = "0" + digits.lstrip("0")
    return bool(re.fullmatch(r"0[1-3578]\d{9}|01\d{8}", digits))


_POSTCODE = re.compile(
    r"(?<![\w-])(?:"
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}"
    r"|[a-z]{1,2}\d[a-z\d]? ?\d(?!st|nd|rd|th)[abd-hjlnp-uw-z]{2}"
    r")(?![\w-])"
)

_VEHICLE_MARK = re.compile(
    r"(?<![\w-])(?:"
    r"[A-Z]{2}\d{2} ?[A-Z]{3}|[a-z]{2}\d{2} ?[a-z]{3}"  # since 2001: AB12 CDE
    r"|[A-Z]\d{1,3} ?[A-Z]{3}"  # 1983 to 2001: A123 BCD
    r"|[A-Z]{3} ?\d{1,3}[A-Z]"  # 1963 to 1983: ABC 123D
    r")(?![\w-])"
)
_ORDINARY_WORDS = frozenset(
    [
        "ALL",
        "AND",
        "ANY",
        "ARE",
        "BTP",
        "BUT",
        "CAD",
        "CID",
        "CPS",
        "CTU",
        "DVS",
        "DWP",
        "FOR",
        "GMP",
        "HAD",
        "HAS",
        "HER",
        "HIM",
        "HIS",
        "HMP",
        "HRS",
        "ITS",
        "MET",
        "MPS",
        "NCA",
        "NOT",
        "NOW",
        "NPS",
        "OCG",
        "OFF",
        "ONE",
        "OUR",
        "OUT",
        "PCD",
        "PNC",
        "ROU",
        "SHE",
        "SIX",
        "SOC",
        "TEN",
        "THE",
        "TOO",
        "TSG",
        "TWO",
        "VIA",
        "WAS",
        "WHO",
        "YET",
    ]
)
"""Three-letter words that stand beside the numbers of roads and officers: "the A40 and", "M25 BTP"."""

_MONTH_WORDS = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS) + "|sept"
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_FULL_DAY = re.compile(
    r"(?<![\d£.])(?:"
    rf"(?P<year_first>\d{{4}})(?P<mark>[/.-]){_MONTH}(?P=mark){_DAY}"
    rf"|{_DAY}(?P<sign>[/.-]){_MONTH}(?P=sign)(?P<year_last>\d{{4}}|\d{{2}})"
    rf"|{_DAY}(?:st|nd|rd|th)?(?: of)?[ -](?:{_MONTH_WORDS})\.?,?[ -](?P<year_worded>\d{{4}}|'?[3-9]\d)"
    rf"|(?:{_MONTH_WORDS})\.? {_DAY}(?:st|nd|rd|th)?,? (?P<year_american>\d{{4}})"
    # "3 March 2000 to 2200", "3 March 1900 hours" and "3 March 09:00" are times, not years
    r")(?!\d|[:.]\d| ?h(?:rs|ours)?\b| ?(?:to|until|till|-|–) ?\d{4})",
    re.IGNORECASE,
)
_BORN = re.compile(r"(?<!\w)(?:born|d\.?o\.?b\.?|date of birth)(?!\w)[^\n.]{0,20}?\d", re.IGNORECASE)
_YOUNGEST = 2010


def _is_day_of_birth(match: re.Match[str]) -> bool:
    """Duties are dated today; a full date of up to 2010 is somebody's birthday."""
    years = (match["year_first"], match["year_last"], match["year_worded"], match["year_american"])
    text = next(year for year in years if year).lstrip("'")
    year = int(text)
    if len(text) == 2:
        year += 2000 if year <= 29 else 1900
    return 1900 <= year <= _YOUNGEST


class ReasonField(forms.CharField):
    """Some sentences of explanation that stay on record: required unless said otherwise, no personal data.

    As long as the ledger has room for, because most reasons are posted beside their entry.
    """

    widget = forms.Textarea(attrs={"rows": 4})

    default_error_messages = {
        "required": "Give a reason",
        "max_length": "Use %(limit_value)d characters or fewer: these are %(show_value)d",
    }

    def __init__(self, *, max_length: int = 500, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.validators.append(refuse_personal_data)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Without `maxlength`, by which browsers cut off what is pasted and say nothing."""
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}
