"""Every control in one place: what each code stands for, why it is here, what to do. No Django.

A `block` refuses: nothing happens. A `hold` lets a duty or a claim pass with a question that whoever approves
answers with a reason; so is a `note`, which weighs less. No setting switches a control off. What the audits
behind them found is told in `docs/controls.md`, with the tests that prove each control.
"""

from overtime_ledger.controls.approval import APPROVAL
from overtime_ledger.controls.books import BOOKS
from overtime_ledger.controls.claims import CLAIMS
from overtime_ledger.controls.disclosure import DISCLOSURE
from overtime_ledger.controls.grants import GRANTS
from overtime_ledger.controls.kinds import Control, Group, Level
from overtime_ledger.controls.ledger import LEDGER
from overtime_ledger.controls.paying import PAYING
from overtime_ledger.controls.people import PEOPLE
from overtime_ledger.controls.tasking import TASKING
from overtime_ledger.controls.year_end import YEAR_END

__all__ = ["CONTROLS", "GROUPS", "Control", "Group", "Level"]

GROUPS = (TASKING, CLAIMS, APPROVAL, PAYING, GRANTS, PEOPLE, LEDGER, BOOKS, YEAR_END, DISCLOSURE)
CONTROLS = {control.code: control for group in GROUPS for control in group.controls}
"""Every control by its code."""
