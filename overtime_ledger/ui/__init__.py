"""What every page shares: words for money and time, the components, the navigation, the security headers.

The settings register this package as a template builtin, so that no template has to load it.
"""

from overtime_ledger.ui import components, problems
from overtime_ledger.ui.frame import NAVIGATION, READS_CONTROLS, navigation, page
from overtime_ledger.ui.headers import SecurityHeaders
from overtime_ledger.ui.library import register
from overtime_ledger.ui.lists import A_PAGE, LongList
from overtime_ledger.ui.rungs import draw_rungs
from overtime_ledger.ui.words import LONDON, clock, day, duration, moment, percent, pounds, short_day, span

__all__ = [
    "A_PAGE",
    "LONDON",
    "NAVIGATION",
    "READS_CONTROLS",
    "LongList",
    "SecurityHeaders",
    "clock",
    "components",
    "day",
    "draw_rungs",
    "duration",
    "moment",
    "navigation",
    "page",
    "percent",
    "pounds",
    "problems",
    "register",
    "short_day",
    "span",
]
