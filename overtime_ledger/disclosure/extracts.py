"""Verbs on extracts: draw one up, decide its lines, release it as a second person, withdraw it before."""

from datetime import date

from django.db import IntegrityError, transaction

from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.accounts.services import require
from overtime_ledger.disclosure import extract_figures as figures
from overtime_ledger.disclosure import extract_files
from overtime_ledger.disclosure import extract_inference as inference
from overtime_ledger.disclosure.extract_models import PUBLIC, Extract, ExtractLine
from overtime_ledger.disclosure.models import Disclosure
from overtime_ledger.errors import Refusal, broken_rule

FINANCE = "finance"
MAY = "disclosure.publish_extract"
Kind, Status, Decision = Extract.Kind, Extract.Status, ExtractLine.Decision


@transaction.atomic
def draw_publication(grant: Grant, month: date, *, by: User) -> Extract:
    """Draw up the payments of a month over £500 for publication, each line to be decided.

    Refuses others than finance (P01), a month that is not over (D06), and one that is drawn up already (D05).
    """
    require(by, MAY, who=FINANCE)
    first = month.replace(day=1)
    last = figures.month_end(first)
    if last >= clock.today():
        raise Refusal(
            "D06", f"{first:%B %Y} is not over yet.", fix="Choose a month that is over.", who="Finance"
        )
    grant = _locked_grant(grant)
    found = figures.payments_of(grant, first)
    return _save(Extract(grant=grant, kind=Kind.PUBLICATION, from_on=first, to_on=last), found, by=by)


@transaction.atomic
def draw_foi(
    grant: Grant,
    *,
    reference: str,
    received_on: date,
    scope: str,
    from_on: date,
    to_on: date,
    breakdown: str = "",
    by: User,
) -> Extract:
    """Draw up the answer to a request: what duties of some days cost, broken down as it asks.

    It is due on the twentieth working day. Refuses others than finance (P01), days ahead or not in order
    (D06), names in what was asked as it will be shown (D02), and a request drawn up already (D05).
    """
    require(by, MAY, who=FINANCE)
    if not from_on <= to_on <= clock.today() or received_on > clock.today():
        raise Refusal(
            "D06",
            "The days of the duties are not in order, or a day lies ahead.",
            fix="Enter days up to today, the first before the last.",
            who="Finance",
        )
    grant = _locked_grant(grant)
    _nobody_is_named(grant, reference, scope)
    extract = Extract(
        grant=grant,
        kind=Kind.FOI,
        reference=reference.strip(),
        received_on=received_on,
        due_on=figures.due_on(received_on),
        scope=scope.strip(),
        from_on=from_on,
        to_on=to_on,
        breakdown=breakdown,
    )
    return _save(extract, figures.cost_of_duties(grant, from_on, to_on, breakdown), by=by)


def _locked_grant(grant: Grant) -> Grant:
    return Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)


def _save(extract: Extract, found: figures.Drawn, *, by: User) -> Extract:
    extract.number = figures.next_number(extract.grant, extract.kind)
    extract.line_count, extract.pence = len(found.lines), found.pence
    extract.unlisted_count, extract.unlisted_pence = found.unlisted_count, found.unlisted_pence
    extract.drawn_by, extract.drawn_at = by, clock.now()
    try:
        with transaction.atomic():
            extract.save()
    except IntegrityError as error:
        if broken_rule(error) not in ("disclosure_extract_a_month_once", "disclosure_extract_request_once"):
            raise
        raise Refusal(
            "D05",
            f"{extract.what} was drawn up already.",
            fix="Go on with that extract, or withdraw it if it is not released.",
            who="Finance",
        ) from error
    for line in found.lines:
        line.extract = extract
    ExtractLine.objects.bulk_create(found.lines, batch_size=500)
    return extract


def _nobody_is_named(grant: Grant, *texts: str) -> None:
    if named := figures.names_in(grant, *texts):
        raise Refusal(
            "D02",
            f"These words name {' and '.join(named)}.",
            fix="Say it without a subject, an enquiry, a person or a staff number.",
            who="Whoever decides the line",
        )


@transaction.atomic
def decide(
    line: ExtractLine,
    *,
    decision: str,
    exemption: str = "",
    purpose: str = "",
    value_for_money: str = "",
    why: str = "",
    by: User,
) -> ExtractLine:
    """Decide a line: publish it, redact its recipient and purpose, or withhold it, by an exemption.

    `purpose` and `value_for_money` are the words that go out; empty, the purpose stays. `why` is kept inside.
    Refuses others than finance (P01), an extract that is not open (A03), words with names (D02), a decision
    that does not say what it rests on (D03), and few officers behind a line that goes out, or between it and
    one released before, without a reason (D04).
    """
    require(by, MAY, who=FINANCE)
    extract = _locked(line.extract)
    _is_open(extract)
    line = ExtractLine.objects.select_for_update().get(pk=line.pk)
    line.decision, line.exemption, line.why = decision, exemption, why.strip()
    line.purpose, line.value_for_money = purpose.strip() or line.purpose, value_for_money.strip()
    line.decided_by, line.decided_at = by, clock.now()
    _rests_on_something(extract, line)
    if decision == Decision.PUBLISH:
        _nobody_is_named(extract.grant, line.recipient, line.purpose, line.value_for_money)
    if decision != Decision.WITHHOLD:
        _few_with_a_reason(extract, line)
    line.save()
    return line


def _rests_on_something(extract: Extract, line: ExtractLine) -> None:
    keeps_back = line.decision in (Decision.REDACT, Decision.WITHHOLD)
    problems = {
        "A decision is to publish, to redact or to withhold.": line.decision == Decision.UNDECIDED,
        "What is kept back needs the exemption that allows it.": keeps_back and not line.exemption,
        "What is kept back needs a reason in words.": keeps_back and not line.why,
        "What is published needs no exemption.": not keeps_back and bool(line.exemption),
        "A payment is published with its value-for-money reason.": line.decision == Decision.PUBLISH
        and not extract.is_foi
        and not line.value_for_money,
    }
    for problem, is_so in problems.items():
        if is_so:
            raise Refusal(
                "D03", problem, fix="Say what the decision rests on.", who="Whoever decides the line"
            )


def _few_with_a_reason(extract: Extract, line: ExtractLine) -> None:
    if line.why:
        return
    told = [(line.officers, "behind this line")] if line.has_few else inference.by_subtraction(extract, line)
    for count, where in told:
        officers = "one officer stands" if count == 1 else f"{count} officers stand"
        raise Refusal(
            "D04",
            f"Only {officers} {where}: it may tell what a person was paid.",
            fix="Redact or withhold it, or say why it tells of nobody.",
            who="Whoever decides the line",
        )


def may_release(extract: Extract, *, by: User) -> None:
    """Refuse others than finance (P01), what is not open (A03), lines to be decided (D01), and whoever drew
    it up or decided a line of it (G01). Reads only.
    """
    require(by, MAY, who=FINANCE)
    _is_open(extract)
    if left := figures.undecided(extract):
        raise Refusal(
            "D01",
            f"{left} of {extract.line_count} lines {'is' if left == 1 else 'are'} not decided.",
            fix="Decide each line: publish, redact or withhold.",
            who="Finance",
        )
    if by.pk == extract.drawn_by_id or extract.lines.filter(decided_by=by).exists():
        raise Refusal(
            "G01",
            "You drew this up or decided a line of it: two people are needed.",
            fix="Ask a second person in finance to release it.",
            who="Another person in finance",
        )


@transaction.atomic
def release(extract: Extract, *, by: User) -> Extract:
    """Release an extract as a second person: it is frozen, its file kept, and put on record as disclosed.

    Refuses as `may_release` does, and words that name somebody by now (D02).
    """
    extract = _locked(extract)
    may_release(extract, by=by)
    for line in extract.lines.filter(decision=Decision.PUBLISH):
        _nobody_is_named(extract.grant, line.recipient, line.purpose, line.value_for_money)
        _few_with_a_reason(extract, line)
    with extract_files.kept(extract) as file, transaction.atomic():
        extract.disclosure = Disclosure.objects.create(
            kind=Disclosure.Kind.FOI if extract.is_foi else Disclosure.Kind.PUBLICATION,
            grant=extract.grant,
            requested_by=by,
            requested_at=clock.now(),
            recipient=f"Whoever made request {extract.reference}" if extract.is_foi else "The public",
            reason=f"{extract}: {extract.what}",
            filters=dict(extract_files.told_of(extract)),
            marking=PUBLIC,
            status=Disclosure.Status.READY,
            progress=100,
            finished_at=clock.now(),
            **file,
        )
        extract.status, extract.sha256 = Status.RELEASED, figures.digest_of(extract)
        extract.released_by, extract.released_at, extract.released_on = by, clock.now(), clock.today()
        extract.save()
    return extract


@transaction.atomic
def withdraw(extract: Extract, *, by: User, reason: str) -> Extract:
    """Take an extract back that is not released, and say why (A08); it can then be drawn up anew."""
    require(by, MAY, who=FINANCE)
    extract = _locked(extract)
    _is_open(extract)
    if not reason.strip():
        raise Refusal("A08", "This needs a reason in words.", fix="Say why.", who="Finance")
    extract.status, extract.withdrawn_because = Status.WITHDRAWN, reason.strip()
    extract.withdrawn_by, extract.withdrawn_at = by, clock.now()
    extract.save()
    return extract


def _is_open(extract: Extract) -> None:
    if not extract.is_open:
        raise Refusal(
            "A03",
            f"{extract} is {extract.get_status_display().lower()}.",
            fix="Look at it as it is now.",
            who="Nobody has to",
        )


def _locked(extract: Extract) -> Extract:
    rows = Extract.objects.select_for_update(of=("self",), no_key=True).select_related("grant")
    return rows.get(pk=extract.pk)
