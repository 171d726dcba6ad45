"""The list of claims, and the page of one: what it says, where it stands, what this person can do with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import FileResponse, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from claims import selectors, services
from claims.forms.deciding import CertifyForm, MoreTimeForm, ReasonForm, SeenForm
from claims.forms.listing import ClaimFilter
from claims.models import Claim, ClaimQuerySet
from claims.services import together
from claims.views.guarded import guards_of
from claims.views.registers import HELD_BACK, REGISTER, rank_of
from claims.views.showing import part_of, reckoned
from grants.countdown import about
from grants.models import Grant, Stage
from overtime_ledger.accounts.access import SignedIn, who_may
from overtime_ledger.accounts.models import User
from overtime_ledger.audit.exports import export
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.ui import LongList

# The list and the register


@who_may("claims.view_claim")
def claims(request: SignedIn) -> HttpResponseBase:
    """The claims a person may see, filtered; as a file, the register of just these."""
    form = ClaimFilter(request.GET, user=request.user)
    rows = form.narrow(Claim.objects.visible_to(request.user))
    if file_format := request.GET.get("format"):
        return _register(request, rows, file_format, form.in_words())
    total = selectors.total(rows)
    shown = rows.with_guards().select_related("claimant", "agency", "enquiry")
    page = LongList(shown, total.count).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "only_own": form.only_own,
        "filtered": bool(form.errors or form.in_words()),
        "week": form.chosen_week,
        "page": page,
        "ticks": _returns(request.user)
        and any(claim.is_undecided and not claim.is_held_back for claim in page),
        "total": total,
        "left_out": 0 if request.user.has_perm("claims.freeze_claim") else rows.held_back().count(),
    }
    return render(request, "claims/claims.html", context)


def _register(
    request: SignedIn, rows: ClaimQuerySet, file_format: str, filters: dict[str, str]
) -> FileResponse:
    """The register of some claims as a file; those held back go out only to who may hold claims back."""
    columns = [*REGISTER, HELD_BACK]
    if not request.user.has_perm("claims.freeze_claim"):
        if left_out := rows.held_back().count():
            filters = filters | {"Held back": f"{left_out} left out"}
        columns, rows = [*REGISTER], rows.not_held_back()
    return export(
        request,
        title="Claims register",
        columns=columns,
        rows=selectors.register(rows.with_guards()).iterator(chunk_size=500),
        file_format=file_format,
        filters=filters,
        grants=Grant.objects.filter(claims__in=rows.order_by()),
        basis="Claims as they stand, by the day of the duty",
    )


def _returns(user: User) -> bool:
    return user.has_perm("claims.certify_claim") or user.has_perm("claims.approve_claim")


# One claim


@dataclass(frozen=True)
class Verb:
    """Something people do to a claim: its address, what the link to it says, and how it looks."""

    address: str
    label: str
    does: str
    style: str = "button--secondary"


VERBS = {
    "more_time": Verb("claims:more_time", "Decide about more time", "Decide about more time"),
    "certify": Verb("claims:certify", "Certify", "Certify the hours"),
    "approve": Verb("claims:approve", "Approve", "Approve it"),
    "approve_part": Verb("claims:approve_part", "Approve only a part", "Approve a part of it"),
    "dispute": Verb("claims:dispute", "Dispute this", "Dispute the part that was approved"),
    "decide_dispute": Verb("claims:answer_dispute", "Answer the dispute", "Answer the dispute", ""),
    "answer": Verb("claims:answer", "Answer and send it again", "Send it again", ""),
    "settle": Verb("payments:of_claim", "See to its payment", "See to its payment", ""),
    "return": Verb("claims:return", "Return it to the claimant", "Return it to the claimant"),
    "reject": Verb("claims:reject", "Reject it for good", "Reject it for good", "button--warning"),
    "withdraw": Verb("claims:withdraw", "Withdraw this claim", "Withdraw it"),
    "reverse": Verb("claims:reverse", "Reverse the approval", "Reverse the approval", "button--warning"),
}
# Decided on the claim's own page, in a panel of its own; the other verbs have pages that ask first.
ON_THE_PAGE = ("more_time", "certify", "approve")


def claim_of(request: SignedIn, pk: int) -> Claim:
    """A claim with what its pages show, if this person may see it; else it does not exist (404)."""
    rows = Claim.objects.visible_to(request.user).with_guards().select_related(
        "claimant", "entered_by", "certified_by", "approved_by",
        "settlement__agency", "agency", "grant__lead_force", "enquiry__line", "rule_set__agency",
        "assignment__tasking__enquiry__grant", "assignment__officer",
    )  # fmt: skip
    found = get_object_or_404(rows, pk=pk)
    about(request, found.grant)
    return found


@who_may("claims.view_claim")
def claim(request: SignedIn, pk: int) -> HttpResponse:
    """One claim: what it says, its working, its questions, its history, and what can be done with it."""
    return claim_page(request, claim_of(request, pk))


def claim_page(
    request: SignedIn,
    claim: Claim,
    *,
    refusal: Refusal | None = None,
    typed: Mapping[str, SeenForm] | None = None,
) -> HttpResponse:
    """The page of a claim; if something was refused, with the form of the panel that was `typed` into."""
    about(request, claim.grant)
    decides = request.user.has_perm("claims.approve_claim")
    obstacles = services.obstacles(claim, by=request.user)
    may = [verb for verb, obstacle in obstacles.items() if obstacle is None]
    context = {
        "claim": claim,
        "bulk": together.open_sampled(claim, by=request.user) if decides else None,
        "refusal": refusal,
        "forms": _forms(claim) | dict(typed or {}),
        "has_errors": any(form.errors for form in (typed or {}).values()),
        "panels": {verb: verb in may for verb in ON_THE_PAGE},
        "links": [_link(verb, claim) for verb in may if verb not in ON_THE_PAGE],
        "cannot": [
            (VERBS[verb].does, obstacle)
            for verb, obstacle in obstacles.items()
            if obstacle and verb != "approve_part"  # what keeps from approving keeps from a part as well
        ],
        "cannot_summary": "Why can’t I approve this?"
        if obstacles.get("approve")
        else "What I cannot do, and who can",
        **_what_it_says(claim, request.user),
        **guards_of(claim, request.user),
    }
    return render(request, "claims/claim.html", context, status=422 if refusal or typed else 200)


def _forms(claim: Claim) -> dict[str, SeenForm]:
    """The forms of the panels on a claim's page, as nobody has typed into them yet."""
    return {
        "certify": CertifyForm(claim=claim),
        "approve": approve_form(claim),
        "more_time": MoreTimeForm(claim=claim),
    }


def approve_form(claim: Claim, data: QueryDict | None = None) -> ReasonForm:
    """The form beneath "Approve": a flagged claim's questions need an answer."""
    label = "Your answer: why is it right?"
    return ReasonForm(data, claim=claim, label=label, required=bool(claim.flags), auto_id="approve_%s")


def _link(verb: str, claim: Claim) -> tuple[str, Verb]:
    """The address of a verb's page, and how its link looks."""
    link = VERBS[verb]
    if verb == "answer" and claim.status == Claim.Status.DRAFT:
        link = replace(link, label="Claim what was authorised")
    return reverse(link.address, args=[claim.pk]), link


def _what_it_says(claim: Claim, reader: User) -> dict[str, object]:
    asked, sent_back = selectors.open_request(claim), selectors.sent_back(claim)
    claimant = "you" if claim.claimant_id == reader.pk else "the claimant"
    return reckoned(claim, reader) | {
        "rank": rank_of(claim),
        "part": part_of(claim),
        "waits_for": f"{claimant} to send it again"
        if sent_back and not claim.is_held_back
        else claim.waits_for,
        "left_if_granted": claim.enquiry.line.available - (asked.extra_pence if asked else 0),
        "flags": [Flag(**flag) for flag in claim.flags],
        "since_tasked": selectors.since_tasked(claim),
        "since_last_time": selectors.since_last_time(claim),
        "rungs": selectors.rungs(claim),
        "request_for_more": asked,
        "sent_back": sent_back,
        "approval": selectors.effect_of("approve", claim),
        "timeline": selectors.timeline(claim, reader),
        "entries": selectors.entries_of(claim) if reader.has_perm("grants.view_ledgerentry") else (),
        "next_up": selectors.next_to_decide(reader, claim),
        "is_own": claim.claimant_id == reader.pk,
        "stage": Stage(claim.stage).label,
    }
