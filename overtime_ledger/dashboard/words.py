"""The key figures of a grant as people say them: what is left, how fast it goes, when it runs out."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from grants.burndown import BurnDown, Terms
from grants.models import Grant
from overtime_ledger.money import pounds, round_half_up
from overtime_ledger.ui import day


@dataclass(frozen=True)
class Words:
    """Sentences and short notes from the burn-down of one day."""

    grant: Grant
    terms: Terms
    burn: BurnDown

    @property
    def headline(self) -> str:
        """The one sentence to take away."""
        burn, terms = self.burn, self.terms
        award, incurred, last = pounds(terms.award_pence), burn.stages.incurred, day(terms.eligible_to)
        if not burn.days_left:
            still_open = burn.stages.tasked + burn.stages.claimed
            rest = f" {pounds(still_open)} is still tasked or claimed." if still_open else ""
            return f"The window ended on {last}. {pounds(incurred)} of {award} is incurred.{rest}"
        if burn.as_at < terms.eligible_from:
            return f"The window opens on {day(terms.eligible_from)}."
        if not incurred:
            return f"Nothing is approved yet. {award} can be spent until {last}."
        unspent = burn.forecasts[0].unspent
        if unspent < 0 and burn.run_out_on:
            return f"At this pace the money runs out on {day(burn.run_out_on)}, {pounds(-unspent)} short."
        if unspent <= 0:
            return f"At this pace all of {award} is spent by {last}."
        return f"At this pace {pounds(unspent)} is left unspent on {last}, and lost."

    @property
    def profile(self) -> str:
        """How the grant stands against its profile on the day."""
        plan = f"The profile plans {pounds(self.burn.planned_pence)} by the end of this day"
        behind = self.burn.planned_pence - self.burn.stages.incurred
        if not behind:
            return f"{plan}, and just that is incurred."
        stands, way = (
            f"{pounds(self.burn.stages.incurred)} is incurred",
            "behind" if behind > 0 else "ahead of",
        )
        return f"{plan}; {stands}: {pounds(abs(behind))} {way} it."

    @property
    def to_task(self) -> str:
        return _whole(self.burn.to_task_this_week_pence)

    @property
    def award_note(self) -> str:
        return f"of {pounds(self.grant.amount_pence)}"

    @property
    def pace(self) -> str:
        return _whole(self.burn.burn_rate_week)

    @property
    def pace_note(self) -> str:
        """The pace needed, and by how much the present one misses it."""
        required = self.burn.required_week
        if required is None:
            return "not applicable: the window has ended"
        gap = required - self.burn.burn_rate_week
        if not self.burn.burn_rate_week:
            return f"needed: {_whole(required)} a week"
        if not gap:
            return f"needed: {_whole(required)}, just that"
        missed = f"{_whole(abs(gap))} too {'slow' if gap > 0 else 'fast'}"
        return f"needed: {_whole(required)}, {missed}"

    @property
    def run_out(self) -> str:
        on = self.burn.run_out_on
        if on is None:
            return "No burn yet"
        return f"{on.day} {on:%B}" if on <= self.terms.eligible_to else "Not in time"

    @property
    def run_out_note(self) -> str:
        on = self.burn.run_out_on
        if on is None:
            return "no duty of the last 14 days is approved"
        return "at this pace" if on <= self.terms.eligible_to else f"at this pace only on {day(on)}"

    @property
    def closing_note(self) -> str:
        on = self.grant.claims_close_on
        return f"{_closed(on, self.burn.as_at)} {day(on)}"

    @property
    def days_left(self) -> str:
        left = self.burn.days_left
        return "today" if left == 1 else f"{left} days, today included"

    @property
    def available_hours(self) -> str:
        hours = self.burn.available_hours
        return "Not known yet" if hours is None else f"{hours:,} hours"

    @property
    def average_note(self) -> str:
        average = self.burn.average_hour_pence
        return "once a duty is priced" if average is None else f"at {pounds(average)} an hour on average"


def _closed(on: date, as_at: date) -> str:
    return "claims closed on" if as_at > on else "claims close on"


def _whole(pence: int) -> str:
    """Pounds without the pence, for a sentence: £16,017."""
    return f"£{round_half_up(Fraction(max(pence, 0), 100)):,}"
