"""The reconciliation of a period: both ledgers up to its last day, as they are now or as they were frozen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any

from grants.models import Period
from overtime_ledger.books.models import Adjustment, Reconciliation
from overtime_ledger.books.selectors.ledgers import ledgers
from overtime_ledger.books.selectors.unmatched import AtEnd, Item, Side, explanations, items


@dataclass(frozen=True)
class Comparison:
    """The two ledgers up to the last day of a period, in pence."""

    period: Period
    ours_pence: int
    theirs_pence: int
    matches: int
    matched_pence: int
    items: Sequence[Item]
    said: Sequence[Adjustment]

    def _of(self, side: Side) -> list[Item]:
        return [item for item in self.items if item.side == side]

    @cached_property
    def only_ours(self) -> list[Item]:
        return self._of("ours")

    @cached_property
    def only_theirs(self) -> list[Item]:
        return self._of("theirs")

    @cached_property
    def differing(self) -> list[Item]:
        return self._of("differs")

    @cached_property
    def carried(self) -> list[Item]:
        """Items whose explanation comes from an earlier period, as it was."""
        return [item for item in self.items if item.is_carried]

    @property
    def only_ours_pence(self) -> int:
        return sum(item.amount_pence for item in self.only_ours)

    @property
    def only_theirs_pence(self) -> int:
        return sum(item.amount_pence for item in self.only_theirs)

    @property
    def differences_pence(self) -> int:
        return sum(item.pence for item in self.differing)

    @property
    def carried_pence(self) -> int:
        return sum(item.pence for item in self.carried)

    @cached_property
    def adjusted_pence(self) -> int:
        """What is explained: said in this period, or carried forward into it."""
        return sum(one.pence for one in self.said) + self.carried_pence

    @property
    def difference_pence(self) -> int:
        """What nothing explains."""
        return self.ours_pence - self.theirs_pence - self.adjusted_pence

    @cached_property
    def unexplained(self) -> int:
        return sum(item.adjustment is None for item in self.items)

    @cached_property
    def timing_unexplained(self) -> int:
        """How many of them are matched with something after the period, and wait only to be called so."""
        return sum(item.is_timing and item.adjustment is None for item in self.items)

    @cached_property
    def stale(self) -> list[Adjustment]:
        """What was said of something that matches by now, or has another amount."""
        fitting = {
            item.adjustment.pk
            for item in self.items
            if item.adjustment and item.adjustment.pence == item.pence
        }
        return [one for one in self.said if one.pk not in fitting]

    @property
    def is_whole(self) -> bool:
        """Whether everything is explained, to the penny."""
        return not (self.unexplained or self.stale or self.difference_pence)

    def document(self) -> str:
        """All of it as JSON, to be frozen."""
        told = {
            "grant": self.period.grant.reference,
            "period": self.period.number,
            "up_to": f"{self.period.ends_on}",
            "ours_pence": self.ours_pence,
            "theirs_pence": self.theirs_pence,
            "matches": self.matches,
            "matched_pence": self.matched_pence,
            "only_ours_pence": self.only_ours_pence,
            "only_theirs_pence": self.only_theirs_pence,
            "differences_pence": self.differences_pence,
            "adjusted_pence": self.adjusted_pence,
            "difference_pence": self.difference_pence,
            "items": [_told(item) for item in self.items],
        }
        return json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True)

    @property
    def digest(self) -> str:
        """What stands for all of it: whoever acts on it sends back what they saw."""
        return digest_of(self.document())


def compare(period: Period) -> Comparison:
    """Both ledgers up to the last day of a period: the totals, and every item that does not match by then."""
    at_end, said = AtEnd(ledgers(period.grant), period.ends_on), explanations(period)
    return Comparison(
        period=period,
        ours_pence=sum(entry.pence for entry in at_end.entries),
        theirs_pence=sum(line.pence for line in at_end.lines),
        matches=len(at_end.matched_pence),
        matched_pence=sum(ours for ours, _ in at_end.matched_pence.values()),
        items=list(items(at_end, said)),
        said=list(said.own.values()),
    )


def digest_of(document: str) -> str:
    return sha256(document.encode()).hexdigest()


def _told(item: Item) -> dict[str, Any]:
    return {
        "side": item.side,
        "on": f"{item.on}",
        "reference": item.reference,
        "description": item.description,
        "pence": item.amount_pence,
        "reason": item.reason,
        "explained": item.explained,
        "deals_with": item.deals_with,
    }


@dataclass(frozen=True)
class Frozen:
    """An item of a reconciliation as it was when it was prepared."""

    side: Side
    on: date
    reference: str
    description: str
    amount_pence: int
    reason: str
    explained: str
    deals_with: str


def frozen_items(reconciliation: Reconciliation) -> list[Frozen]:
    """The items of a prepared or signed reconciliation."""
    return [
        Frozen(
            side=item["side"],
            on=date.fromisoformat(item["on"]),
            reference=item["reference"],
            description=item["description"],
            amount_pence=item["pence"],
            reason=item["reason"],
            explained=item["explained"],
            deals_with=item["deals_with"],
        )
        for item in json.loads(reconciliation.document)["items"]
    ]
