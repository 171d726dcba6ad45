"""Verbs on the terms of an open grant: put a change forward, approve, agree, withdraw, bring into force."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from grants import ledger, periods
from grants.checks import not_closed
from grants.models import BudgetLine, Grant, TermsChange
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require, the_ledger
from overtime_ledger.errors import Refusal, broken_rule
from overtime_ledger.money import pounds

FINANCE = "finance"
Status, Kind = TermsChange.Status, TermsChange.Kind


@transaction.atomic
def propose(
    grant: Grant,
    *,
    by: User,
    after: Mapping[str, Any],
    reason: str,
    effective_from: date,
    authority: str = "",
) -> TermsChange:
    """Put forward other terms of an open grant; `after` are columns of it, the funder's or the closing days.

    Later closing days need the `authority` for them. Refuses others than finance (P01), a grant that is not
    open (G05), another change still open (G12), and what is no change, impossible or without reason (G13).
    """
    require(by, "grants.set_up_grant", who=FINANCE)
    grant = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    if grant.status != Grant.Status.OPEN:
        raise Refusal(
            "G05",
            f"{grant} is {grant.get_status_display().lower()}.",
            fix="Correct the terms of a draft; those of a closed grant stand.",
            who="Finance",
        )
    before = {term: getattr(grant, term) for term in after}
    changed = {term: value for term, value in after.items() if value != before[term]}
    kind = Kind.ACCRUALS if changed.keys() <= {*TermsChange.CLOSING} else Kind.FUNDER
    _possible(grant, kind, changed, reason=reason, authority=authority)
    change = TermsChange(
        grant=grant,
        kind=kind,
        before={term: _plain(before[term]) for term in changed},
        after={term: _plain(value) for term, value in changed.items()},
        reason=reason.strip(),
        authority=authority.strip(),
        effective_from=effective_from,
        proposed_by=by,
        proposed_at=clock.now(),
    )
    try:
        with transaction.atomic():
            change.save()
    except IntegrityError as error:
        if broken_rule(error) != "grants_termschange_one_open":
            raise
        raise Refusal(
            "G12",
            "Another change of these terms is still open.",
            fix="Bring it to its end, or withdraw it.",
            who="Finance",
        ) from error
    return change


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _possible(grant: Grant, kind: str, changed: Mapping[str, Any], *, reason: str, authority: str) -> None:
    dates = {
        name: changed.get(name, getattr(grant, name))
        for name in ("eligible_from", "eligible_to", *TermsChange.CLOSING)
    }
    problems = {
        "Nothing is changed.": not changed,
        "The dates are not in order: window, claims, books.": [*dates.values()] != sorted(dates.values()),
        "An award is more than nothing.": changed.get("amount_pence", 1) <= 0,
        "It needs a reason in words.": not reason.strip(),
        "An accruals window needs the authority for it.": kind == Kind.ACCRUALS and not authority.strip(),
    }
    for problem, is_so in problems.items():
        if is_so:
            raise Refusal("G13", problem, fix="Correct it and put it forward again.", who="Finance")


@transaction.atomic
def approve(change: TermsChange, *, by: User) -> TermsChange:
    """Approve a change as a second person in finance; an accruals window is in force from then on.

    Refuses others (P01), who put it forward (G01), and what is not waiting for it (A03).
    """
    require(by, "grants.set_up_grant", who=FINANCE)
    change = _locked(change, Status.PROPOSED)
    if by.pk == change.proposed_by_id:
        raise Refusal(
            "G01",
            "You put this forward yourself: two people are needed.",
            fix="Ask a second person in finance.",
            who="Another person in finance",
        )
    change.approved_by, change.approved_at, change.status = by, clock.now(), Status.APPROVED
    if change.kind == Kind.ACCRUALS:
        change.status = Status.AGREED
        change.save()
        return _in_force_if_due(change, by=by)
    change.save()
    return change


@transaction.atomic
def agree(change: TermsChange, *, by: User, funder_reference: str, agreed_on: date) -> TermsChange:
    """Record that the funder agreed; in force from its day on. Refuses (G13) without reference and day."""
    require(by, "grants.set_up_grant", who=FINANCE)
    change = _locked(change, Status.APPROVED)
    if not funder_reference.strip() or agreed_on > clock.today():
        raise Refusal(
            "G13",
            "The funder's agreement has a reference, and a day that is not ahead.",
            fix="Enter the reference and the day of the letter.",
            who="Finance",
        )
    change.funder_reference, change.agreed_on, change.agreed_by = funder_reference.strip(), agreed_on, by
    change.status = Status.AGREED
    change.save()
    return _in_force_if_due(change, by=by)


@transaction.atomic
def withdraw(change: TermsChange, *, by: User, reason: str) -> TermsChange:
    """Take a change back that is not in force yet, and say why (A08)."""
    require(by, "grants.set_up_grant", who=FINANCE)
    change = _locked(change, Status.PROPOSED, Status.APPROVED, Status.AGREED)
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")
    change.status, change.withdrawn_because = Status.WITHDRAWN, reason.strip()
    change.save()
    return change


@transaction.atomic
def bring_into_force(change: TermsChange) -> TermsChange:
    """Bring a change into force that was agreed for a day that has come; nothing before that day."""
    return _in_force_if_due(_locked(change, Status.AGREED), by=the_ledger())


def due_on(day: date) -> list[TermsChange]:
    """Changes agreed for a day that has come."""
    return list(TermsChange.objects.filter(status=Status.AGREED, effective_from__lte=day).order_by("pk"))


def _locked(change: TermsChange, *statuses: str) -> TermsChange:
    rows = TermsChange.objects.select_for_update(of=("self",), no_key=True).select_related("grant")
    locked = rows.get(pk=change.pk)
    not_closed(locked.grant)
    if locked.status not in statuses:
        raise Refusal(
            "A03",
            f"This change is {locked.get_status_display().lower()}.",
            fix="Look at it as it is now.",
            who="Nobody has to",
        )
    return locked


def _in_force_if_due(change: TermsChange, *, by: User) -> TermsChange:
    """Write the new terms into the grant, and what the award gains or loses into its ledger."""
    if change.effective_from > clock.today():
        return change
    grant = Grant.objects.select_for_update(no_key=True).get(pk=change.grant_id)
    more = change.after.get("amount_pence", grant.amount_pence) - grant.amount_pence
    change.status, change.in_force_at = Status.IN_FORCE, clock.now()
    change.save()
    Grant.objects.filter(pk=grant.pk).update(**change.after)
    if more:
        _post(change, BudgetLine.objects.get(grant=grant, is_main=True), more, by=by)
    change.grant.refresh_from_db()
    periods.lay_out(change.grant)
    return change


def _post(change: TermsChange, main: BudgetLine, more: int, *, by: User) -> None:
    if -more > main.available:
        raise Refusal(
            "A04",
            f"{main} has {pounds(main.available)} available: the award cannot fall by {pounds(-more)}.",
            fix=f"Bring {pounds(-more - main.available)} back from the enquiries first.",
            who="The controlling DI or a deputy",
        )
    ledger.post(
        ledger.Kind.SUPPLEMENT if more > 0 else ledger.Kind.REDUCTION,
        main,
        abs(more),
        effective_on=change.effective_from,
        reference=f"terms:{change.pk}:amount",
        by=by,
        reason=change.reason,
    )
