"""The evaluation of the pilot: what a grant's enquiries cost, and what came of their subjects.

Cost is what the ledger has incurred (approved and settled) on the line of an enquiry. An enquiry of several
subjects is shared out equally among them, to the penny: pennies over go to those drawn first. So subjects,
enquiries and the ledger come to the same sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from claims.selectors import incurred_minutes
from grants.models import Grant
from grants.selectors import positions
from overtime_ledger import clock
from overtime_ledger.money import pounds, round_half_up
from overtime_ledger.ui import duration
from tasking.models import Enquiry, EntryAssessment, Outcome, Subject

UNTOLD = "untold"
"""In the place of a result or a level: no outcome is on record."""


@dataclass(frozen=True)
class SubjectRow:
    """A subject of an enquiry: its share of cost (pence) and time (minutes), its scores, what came of it."""

    enquiry: Enquiry
    subject: Subject
    name: str
    entry: EntryAssessment | None
    outcome: Outcome | None
    pence: int
    minutes: int
    of: EnquiryRow

    @property
    def change(self) -> int | None:
        """Score on exit less score on entry: below nothing is less harm. None unless both are stated."""
        if self.entry is None or self.outcome is None or self.outcome.exit_score is None:
            return None
        return self.outcome.exit_score - self.entry.score

    @property
    def change_in_words(self) -> str:
        """With its sign."""
        if not self.change:
            return "" if self.change is None else "0"
        return f"{self.change:+,}".replace("-", "−")

    @property
    def result(self) -> str:
        """The result in words."""
        return self.outcome.result_in_words if self.outcome else "None yet"

    @property
    def level(self) -> str:
        """The level of disruption in words, empty without an outcome."""
        return self.outcome.get_disruption_display() if self.outcome else ""


@dataclass(frozen=True)
class EnquiryRow:
    """An enquiry: cost (pence) and time (minutes) from the ledger and its claims, and what came of it."""

    enquiry: Enquiry
    pence: int
    minutes: int
    subjects: int
    untold: int
    disruptions: int
    results: str
    levels: str

    @property
    def per_subject(self) -> int | None:
        """Pence for each of its subjects."""
        return _each(self.pence, self.subjects)

    @property
    def per_disruption(self) -> int | None:
        """Pence for each subject that was disrupted; None if none was."""
        return _each(self.pence, self.disruptions)


@dataclass(frozen=True)
class Sums:
    """Some subjects of enquiries together: `subjects` are different ones, `cases` those of each enquiry."""

    subjects: int
    cases: int
    enquiries: int
    untold: int
    disruptions: int
    pence: int
    minutes: int
    scored: int
    entry_tenths: int | None
    exit_tenths: int | None

    @property
    def per_subject(self) -> int | None:
        """Pence for each different subject."""
        return _each(self.pence, self.subjects)

    @property
    def per_disruption(self) -> int | None:
        """Pence for each disruption: all that was spent, not only on those that were disrupted."""
        return _each(self.pence, self.disruptions)

    @property
    def subjects_note(self) -> str:
        return f"in {_number(self.enquiries, 'enquiry', 'enquiries')}"

    @property
    def cost_note(self) -> str:
        return f"incurred, for {duration(self.minutes) or 'no hours'}"

    @property
    def disruptions_note(self) -> str:
        return f"of {self.cases}, a subject counted in each of its enquiries"

    @property
    def scores_note(self) -> str:
        return f"of the {self.scored} with both scores"

    @property
    def scores_in_words(self) -> str:
        """The mean scores of those that have both on one scale: "61.5 on entry, 30.0 on exit"."""
        if self.entry_tenths is None or self.exit_tenths is None:
            return ""
        return f"{_tenths(self.entry_tenths)} on entry, {_tenths(self.exit_tenths)} on exit"


@dataclass(frozen=True)
class Count:
    """How many subjects of enquiries came to something, and what these cost, in pence."""

    label: str
    cases: int
    pence: int


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of a grant as at the end of a day."""

    grant: Grant
    as_at: date
    subjects: Sequence[SubjectRow]
    enquiries: Sequence[EnquiryRow]
    sums: Sums
    incurred: int

    @property
    def elsewhere(self) -> int:
        """Pence incurred by the grant on no enquiry, or on those that are not shown."""
        return self.incurred - self.sums.pence

    @property
    def by_result(self) -> list[Count]:
        """How many came to which result; None yet the last."""
        return _counted(self.subjects, Outcome.Result.choices, lambda outcome: outcome.result)

    @property
    def by_level(self) -> list[Count]:
        """How many were disrupted at which level."""
        return _counted(self.subjects, Outcome.Disruption.choices, lambda outcome: outcome.disruption)


def evaluation(grant: Grant, *, as_at: date | None = None, named: bool) -> Evaluation:
    """Every subject of every enquiry of a grant, as known at the end of a day; codenames only if `named`."""
    day = as_at or clock.today()
    until = clock.midnight_after(day)
    enquiries = grant.enquiries.filter(opened_on__lte=day).select_related("grant", "line").order_by("pk")
    drawn = enquiries.prefetch_related("subjects")
    assessed = EntryAssessment.objects.filter(enquiry__grant=grant).standing(until)
    entries = {(one.enquiry_id, one.subject_id): one for one in assessed}
    known = Outcome.objects.filter(enquiry__grant=grant).standing(until)
    outcomes = {(one.enquiry_id, one.subject_id): one for one in known}
    costs = {row.line.pk: row.incurred for row in positions(grant, as_at=day)}
    minutes = incurred_minutes(grant, as_at=day)
    subjects, rows = [], []
    for enquiry in drawn:
        against = sorted(enquiry.subjects.all(), key=lambda one: one.pk)
        came = [outcomes.get((enquiry.pk, one.pk)) for one in against]
        row = _enquiry_row(enquiry, costs.get(enquiry.line_id, 0), minutes.get(enquiry.pk, 0), came)
        rows.append(row)
        shares = zip(_shared(row.pence, len(against)), _shared(row.minutes, len(against)), strict=True)
        for number, (one, outcome, (pence, worked)) in enumerate(
            zip(against, came, shares, strict=True), start=1
        ):
            name = one.codename if named else f"Subject {number} of {enquiry}"
            entry = entries.get((enquiry.pk, one.pk))
            subjects.append(SubjectRow(enquiry, one, name, entry, outcome, pence, worked, row))
    return Evaluation(grant, day, subjects, rows, sums_of(subjects), sum(costs.values()))


def narrowed(whole: Evaluation, *, enquiry: Enquiry | None, result: str, level: str) -> Evaluation:
    """Only some of its subjects, with the enquiries that they are of."""
    subjects = [
        row
        for row in whole.subjects
        if (enquiry is None or row.enquiry == enquiry)
        and (not result or result == (row.outcome.result if row.outcome else UNTOLD))
        and (not level or level == (row.outcome.disruption if row.outcome else UNTOLD))
    ]
    shown = {row.enquiry.pk for row in subjects}
    enquiries = [row for row in whole.enquiries if row.enquiry.pk in shown]
    return Evaluation(whole.grant, whole.as_at, subjects, enquiries, sums_of(subjects), whole.incurred)


@dataclass(frozen=True)
class SubjectPage:
    """One subject in every enquiry that a person may open."""

    subject: Subject
    rows: Sequence[SubjectRow]
    sums: Sums


def subject_page(subject: Subject, enquiries: Sequence[Enquiry]) -> SubjectPage:
    """What a subject's enquiries cost for it, and what came of it, grant by grant."""
    rows = [
        row
        for grant in dict.fromkeys(enquiry.grant for enquiry in enquiries)
        for row in evaluation(grant, named=True).subjects
        if row.subject == subject
    ]
    return SubjectPage(subject, rows, sums_of(rows))


def sums_of(subjects: Sequence[SubjectRow]) -> Sums:
    """What some subjects of enquiries come to."""
    scored = [row for row in subjects if row.change is not None]
    scales = {(row.entry.scale, row.entry.scale_most) for row in scored if row.entry}
    one_scale = len(scales) == 1
    entry = sum(row.entry.score for row in scored if row.entry)
    left = sum(row.outcome.exit_score or 0 for row in scored if row.outcome)
    return Sums(
        subjects=len({row.subject.pk for row in subjects}),
        cases=len(subjects),
        enquiries=len({row.enquiry.pk for row in subjects}),
        untold=sum(row.outcome is None for row in subjects),
        disruptions=sum(bool(row.outcome and row.outcome.has_disrupted) for row in subjects),
        pence=sum(row.pence for row in subjects),
        minutes=sum(row.minutes for row in subjects),
        scored=len(scored),
        entry_tenths=_each(entry * 10, len(scored)) if one_scale else None,
        exit_tenths=_each(left * 10, len(scored)) if one_scale else None,
    )


def figures_of(whole: Evaluation) -> dict[str, int]:
    """What is signed with the evaluation: from then on it is compared with what the figures are."""
    last = Outcome.objects.filter(enquiry__grant=whole.grant).first()
    entry = EntryAssessment.objects.filter(enquiry__grant=whole.grant).first()
    return {
        "subjects": whole.sums.subjects,
        "enquiries": whole.sums.enquiries,
        "without_outcome": whole.sums.untold,
        "disruptions": whole.sums.disruptions,
        "pence": whole.sums.pence,
        "minutes": whole.sums.minutes,
        "last_outcome": last.pk if last else 0,
        "last_entry_assessment": entry.pk if entry else 0,
    }


def in_words(whole: Evaluation) -> str:
    """The evaluation in a line: "9 subjects, 8 enquiries, 4 disruptions, £61,902.10"."""
    sums = whole.sums
    counted = (
        _number(sums.subjects, "subject", "subjects"),
        _number(sums.enquiries, "enquiry", "enquiries"),
        _number(sums.disruptions, "disruption", "disruptions"),
    )
    return f"{', '.join(counted)}, {pounds(sums.pence)}"


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _enquiry_row(enquiry: Enquiry, pence: int, minutes: int, came: Sequence[Outcome | None]) -> EnquiryRow:
    told = [outcome for outcome in came if outcome]
    levels = Counter(outcome.get_disruption_display() for outcome in told if outcome.has_disrupted)
    return EnquiryRow(
        enquiry=enquiry,
        pence=pence,
        minutes=minutes,
        subjects=len(came),
        untold=len(came) - len(told),
        disruptions=levels.total(),
        results=_in_words(Counter(outcome.result_in_words for outcome in told)),
        levels=_in_words(levels),
    )


def _in_words(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what.lower()}" for what, number in counted.items())


def _counted(
    subjects: Sequence[SubjectRow], choices: Sequence[tuple[str, str]], key: Callable[[Outcome], str]
) -> list[Count]:
    found = []
    for value, label in (*choices, (UNTOLD, "None on record yet")):
        rows = [row for row in subjects if (key(row.outcome) if row.outcome else UNTOLD) == value]
        found.append(Count(label, len(rows), sum(row.pence for row in rows)))
    return [count for count in found if count.cases]


def _shared(amount: int, among: int) -> list[int]:
    """An amount in equal whole parts; what is over goes to the first, one each."""
    if not among:
        return []
    each, over = divmod(amount, among)
    return [each + (place < over) for place in range(among)]


def _each(amount: int, among: int) -> int | None:
    return round_half_up(Fraction(amount, among)) if among else None


def _tenths(tenths: int) -> str:
    return f"{tenths // 10:,}.{tenths % 10}"
