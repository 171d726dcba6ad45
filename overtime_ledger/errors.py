"""What a control says: a refusal stops a verb, a flag lets it pass with a question. No Django."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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


# Codes, not refusals, in a dictionary: it keeps their order and each of them once.
_heard: ContextVar[dict[str, None] | None] = ContextVar("heard", default=None)


def shown(refusal: Refusal) -> None:
    """Somebody is shown a refusal: a page shows it, a command reports it, a list puts it on record.

    Whoever listens counts it. What is only tried, to see whether a button belongs on a page, is not shown.
    """
    heard = _heard.get()
    if heard is not None:
        heard[refusal.code] = None


@contextmanager
def listening() -> Iterator[dict[str, None]]:
    """The codes of the refusals that somebody is shown inside, each once, in their order."""
    heard: dict[str, None] = {}
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


@dataclass(frozen=True)
class Flag:
    """A question a control raises: a `hold` needs a reason from whoever approves, a `note` does not."""

    code: str
    level: Literal["hold", "note"]
    question: str


def broken_rule(error: Exception) -> str:
    """The name of the database constraint an IntegrityError broke, or an empty text."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
