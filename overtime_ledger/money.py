"""Money: integer pence inside, pounds outside, and the one place where anything is rounded. No Django."""

import re
from decimal import Decimal
from fractions import Fraction

_POUNDS = re.compile(r"£?\s*(?P<pounds>\d{1,3}(?:,\d{3})+|\d+)?(?:\.(?P<pence>\d{1,2}))?")


def round_half_up(amount: Fraction) -> int:
    """Round an exact, non-negative number of pence to whole pence; half a penny goes up."""
    return (amount.numerator * 2 + amount.denominator) // (amount.denominator * 2)


def pounds(pence: int) -> str:
    """Write pence as people write pounds: 128440 is "£1,284.40", -5 is "−£0.05"."""
    sign = "−" if pence < 0 else ""
    whole, rest = divmod(abs(pence), 100)
    return f"{sign}£{whole:,}.{rest:02}"


def decimal_pounds(pence: int) -> Decimal:
    """The same amount as a typed number of pounds, for CSV and spreadsheets."""
    return Decimal(pence).scaleb(-2)


def parse_pounds(text: str) -> int:
    """Read pounds as people type them ("1284.4", "£1,284.40") into pence.

    Raises ValueError with a message that can be shown, if the text is no such amount.
    """
    match = _POUNDS.fullmatch(text.strip())
    if not match or not (match["pounds"] or match["pence"]):
        raise ValueError("Enter an amount in pounds, like 1,284.40")
    whole = int((match["pounds"] or "0").replace(",", ""))
    return whole * 100 + int((match["pence"] or "0").ljust(2, "0"))
