"""What a control is, and those who are asked to put right what it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["block", "hold", "note"]

DI = "The controlling DI or a deputy"
FINANCE = "Finance"
CLAIMANT = "The claimant"
SUPERVISOR = "A supervisor of the officer's agency"


@dataclass(frozen=True, kw_only=True)
class Control:
    """One control. `levels` has two entries where it blocks until something is said and asks from then on."""

    code: str
    levels: tuple[Level, ...] = ("block",)
    title: str
    when: str
    why: str
    fix: str
    who: str

    @property
    def blocks(self) -> bool:
        """Whether it refuses people."""
        return "block" in self.levels

    @property
    def asks(self) -> str:
        """At which level it puts a question on duties or claims; empty if it puts none."""
        return next((level for level in self.levels if level != "block"), "")

    @property
    def level(self) -> str:
        """Its levels in words."""
        return " or ".join(self.levels)


@dataclass(frozen=True)
class Group:
    """Controls of one part of the work; their codes start with the same letter."""

    letter: str
    name: str
    controls: Sequence[Control]
