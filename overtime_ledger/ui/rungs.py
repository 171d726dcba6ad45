"""The ladder of the money: one bar of five shades, with words and pounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overtime_ledger.ladder import LADDER
from overtime_ledger.ui.library import register

_BAR = 10_000
_SLIVER = 60


@dataclass(frozen=True)
class Rung:
    """One of the five stages as drawn: `left` and `width` in ten-thousandths of the bar."""

    name: str
    label: str
    pence: int
    left: int
    width: int
    url: str


@register.inclusion_tag("ui/ladder.html")
def ladder(
    stages: object,
    urls: Mapping[str, str] | None = None,
    label: str = "Where the money is",
    compact: bool = False,
) -> dict[str, object]:
    """The five stages of the money as one bar with words and pounds.

    `stages` has the five names of LADDER, in pence, as attributes or keys. `urls` leads from a
    stage to what it is made of. A compact ladder is the bar alone, for a row of a table.
    """
    rungs = draw_rungs(stages, urls or {})
    return {"rungs": rungs, "total": sum(rung.pence for rung in rungs), "label": label, "compact": compact}


def draw_rungs(stages: object, urls: Mapping[str, str]) -> list[Rung]:
    """Share the bar out among the stages; what is not nothing stays wide enough to be seen."""
    pence = [int(_look_up(stages, stage.value)) for stage in LADDER]
    widths = _share_out(pence)
    lefts = [sum(widths[:place]) for place in range(len(widths))]
    return [
        Rung(stage.value, stage.label, pence[place], lefts[place], widths[place], urls.get(stage) or "")
        for place, stage in enumerate(LADDER)
    ]


def _share_out(pence: Sequence[int]) -> list[int]:
    total = sum(pence)
    if total <= 0:
        return [0 for _ in pence]
    widths = [max(amount * _BAR // total, _SLIVER) if amount > 0 else 0 for amount in pence]
    widths[widths.index(max(widths))] += _BAR - sum(widths)
    return widths


def _look_up(source: Any, name: str) -> Any:
    return source[name] if isinstance(source, Mapping) else getattr(source, name)
