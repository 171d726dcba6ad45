"""Amounts of single claims: typed beside them, typed as a list, or read from a file."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import CommandError

from overtime_ledger.csvfile import Row, cell, read_table
from overtime_ledger.forms import PoundsField
from overtime_ledger.money import decimal_pounds

MOST_BESIDE = 100
"""Claims beside which a page has room to type; of more, those that differ are typed as a list."""

_LINE = re.compile(r"(?:claim\s*)?(?P<claim>\d{1,9})[\s,;:]+(?P<amount>\S.*)", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"(?:claim\s*)?(?P<claim>\d{1,9})", re.IGNORECASE | re.ASCII)


def amount_beside(label: str, **more: Any) -> PoundsField:
    """Room for the amount of one claim in its row of a table."""
    return PoundsField(label=label, min_pence=0, required=False, **more)


class ClaimAmountsField(forms.CharField):
    """A claim and its amount in each line, as copied out of a spreadsheet: pence by the claim's number.

    `claims` are the numbers that may be named: those of `of`, in words.
    """

    widget = forms.Textarea(attrs={"rows": 6, "class": "input--20", "autocomplete": "off"})

    def __init__(self, *, claims: Collection[int], of: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.claims, self.of = claims, of

    def clean(self, value: Any) -> dict[int, int]:
        """Raises ValidationError that names each line that cannot be read."""
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        found, problems = [], []
        for line in lines:
            try:
                found.append(self._read(line))
            except ValueError as error:
                problems.append(f"“{line[:60]}”: {error}")
        if problems:
            raise ValidationError(problems)
        return _once(found)

    def _read(self, line: str) -> tuple[int, int]:
        if not (match := _LINE.fullmatch(line)):
            raise ValueError("enter the number of a claim and its amount, like 412 85.20")
        return _claim(match["claim"], self.claims, self.of), _amount(match["amount"])


class ClaimAmountsFile(forms.FileField):
    """A CSV file with the columns claim and `column`, in pounds: pence by the claim's number, or None.

    `claims` are the numbers that may be named, where not all may: those of `of`, in words.
    """

    widget = forms.FileInput(attrs={"accept": ".csv"})
    default_error_messages = {"invalid": "The file did not arrive: choose it again"}

    def __init__(self, *, column: str, **kwargs: Any) -> None:
        super().__init__(required=False, allow_empty_file=True, **kwargs)
        self.column = column
        self.claims: Collection[int] | None = None
        self.of = ""

    def clean(self, data: Any, initial: Any = None) -> dict[int, int] | None:
        """Raises ValidationError that names each row that cannot be read."""
        file: UploadedFile[bytes] | None = super().clean(data, initial)
        if not file:
            return None
        try:
            rows = read_table(file.read(), ("claim", self.column), self._read, named_by="claim")
        except CommandError as error:
            raise ValidationError(str(error).splitlines()) from error
        return _once(rows)

    def _read(self, row: Row) -> tuple[int, int]:
        claim = cell(row, "claim", lambda text: _claim(text, self.claims, self.of))
        return claim, cell(row, self.column, _amount)


class AmountsForm(forms.Form):
    """A form on which single claims may have an amount: beside each where they are few, else in a list."""

    def make_room(
        self, claims: Collection[int], *, called: str, label: str, as_list: ClaimAmountsField
    ) -> None:
        """Give each claim a field beside it, `called` so in forms with its number; or many of them a list."""
        self.names: dict[int, str] = {}
        if len(claims) > MOST_BESIDE:
            self.fields["otherwise"] = as_list
            return
        for claim in claims:
            self.names[claim] = f"{called}_{claim}"
            self.fields[self.names[claim]] = amount_beside(f"{label} {claim}")

    @property
    def typed(self) -> dict[int, int]:
        """What was typed, in pence, by the number of the claim; a claim without an amount is left out."""
        beside = {claim: self.cleaned_data.get(name) for claim, name in self.names.items()}
        listed: dict[int, int] = self.cleaned_data.get("otherwise") or {}
        return {claim: pence for claim, pence in beside.items() if pence is not None} | listed


def as_lines(amounts: Mapping[int, int]) -> str:
    """Amounts as they are typed into a `ClaimAmountsField`."""
    return "\n".join(f"{claim} {decimal_pounds(pence)}" for claim, pence in amounts.items())


def _once(rows: Iterable[tuple[int, int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for claim, pence in rows:
        if claim in found:
            raise ValidationError(f"Claim {claim} is there more than once")
        found[claim] = pence
    return found


def _claim(text: str, claims: Collection[int] | None, of: str) -> int:
    if not (match := _NUMBER.fullmatch(text.strip())):
        raise ValueError("not the number of a claim")
    number = int(match["claim"])
    if claims is not None and number not in claims:
        raise ValueError(f"not a claim of {of}")
    return number


def _amount(text: str) -> int:
    """Pence of an amount within what the product keeps."""
    try:
        pence: int = PoundsField(min_pence=0).clean(text)
    except ValidationError as error:
        raise ValueError(error.messages[0]) from error
    return pence
