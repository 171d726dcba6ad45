"""What a journey did to the money, from the books and not from the page."""

from grants.models import LADDER, BudgetLine


def stages(line: BudgetLine) -> tuple[int, ...]:
    """available, tasked, claimed, approved, settled of a line now, in pence."""
    line.refresh_from_db()
    return tuple(getattr(line, stage) for stage in LADDER)


class Watch:
    """A line's balances as they were, to say what moved since."""

    def __init__(self, line: BudgetLine) -> None:
        self.line, self.before = line, stages(line)

    def moved(self) -> tuple[int, ...]:
        """The change of available, tasked, claimed, approved and settled, in pence."""
        return tuple(now - then for now, then in zip(stages(self.line), self.before, strict=True))
