"""What a control says: a refusal stops a verb, a flag lets it pass with a question. No Django."""

from dataclasses import dataclass
from typing import Literal


class Refusal(Exception):
    """A verb was refused for a reason its user can understand.

    `code` is the control's code, `reason` says what is wrong in plain words, `fix` what to do
    about it and `who` who can do that. The only business exception that doors catch.
    """

    def __init__(self, code: str, reason: str, *, fix: str, who: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.fix = fix
        self.who = who


@dataclass(frozen=True)
class Flag:
    """A question a control raises: a `hold` needs a reason from whoever approves, a `note` does not."""

    code: str
    level: Literal["hold", "note"]
    question: str


def broken_rule(error: Exception) -> str:
    """The name of the database constraint an IntegrityError broke, or an empty text."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
