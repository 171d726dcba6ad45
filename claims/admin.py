"""The approver's queue: claims to be read, and approve, return, reject and reverse as buttons and actions."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from claims import checks, selectors, services
from claims.forms.claiming import DUTY_TYPES
from claims.forms.parts import AnswerDisputeForm, PartForm
from claims.models import (
    BulkApproval,
    Claim,
    ClaimLine,
    ClaimQuerySet,
    Event,
    Evidence,
    Freeze,
    Interest,
    Sampled,
    Settlement,
)
from claims.services import together
from claims.views.guarded import guards_of
from claims.views.registers import rank_of
from claims.views.returning import Returns, answer, ask, said_of
from claims.views.showing import part_of, reckoned
from claims.views.together import GOING_ON, what_it_shows
from grants.countdown import last_days
from grants.models import Authority, Grant, LedgerEntry
from grants.selectors import marking_of
from overtime_ledger import clock, ui
from overtime_ledger.administration import NothingToSay, ReadOnlyAdmin, Selection, Verb, VerbOnlyAdmin
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.forms import MinutesField, ReasonField
from overtime_ledger.ui import duration, pounds

Status = Claim.Status


def _rule(line: ClaimLine) -> str:
    """The rule of a line in a word or two."""
    return dict(DUTY_TYPES).get(line.rule, "Agreed rate")


# What an approver says


class AnswerField(ReasonField):
    """A reason that a flagged claim needs; that it is missing is for the control to say (A07)."""

    def validate(self, value: Any) -> None:
        return


class ApproveForm(forms.Form):
    """Why it is right: the answer to a flagged claim's questions."""

    reason = AnswerField(label="Your answer to the questions", help_text="It stays on the claim’s timeline.")


class MoreTimeForm(forms.Form):
    """The answer to a request for more time: all of it, a part, or none."""

    decision = forms.ChoiceField(choices=[("grant", "All"), ("part", "A part"), ("refuse", "None")])
    minutes = MinutesField(
        label="If only a part: how much more time", required=False, help_text="The claim then ends earlier."
    )
    reason = ReasonField(
        label="Reason",
        required=False,
        help_text="Needed to refuse, or to grant a part. The claimant reads it.",
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("decision") == "part" and typed.get("minutes") is None and "minutes" not in self.errors:
            self.add_error("minutes", "Enter how much more time is granted, like 90")
        return typed


class RejectForm(forms.Form):
    """Why it is refused for good."""

    reason = ReasonField(label="Why it is refused", help_text="The claimant reads it.")


class ReverseForm(forms.Form):
    """Why an approval was wrong."""

    reason = ReasonField(label="Why the approval was wrong", help_text="It stands in the ledger.")


class ReturnForm(forms.Form):
    """What is wrong with it, in a code and in words."""

    reason_code = forms.ChoiceField(
        label="What is wrong with it",
        choices=Event.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is wrong with it"},
    )
    reason = ReasonField(label="What the claimant should do", help_text="The claimant reads it.")


def _verb(name: str, label: str, done: str, service: Any, **forms: Any) -> Verb:
    """A verb of `claims.services` with what was seen as its revision; what is no number was never seen."""

    def do(claim: Claim, *, by: Any, seen: str, **said: str) -> Claim:
        revision = int(seen) if re.fullmatch("[0-9]{1,9}", seen) else 0
        verdict: Claim = service(claim, by=by, revision=revision, **said)
        return verdict

    return Verb(name=name, label=label, done=done, do=do, **forms)


def _more_time(claim: Claim, *, by: Any, revision: int, decision: str, minutes: Any, reason: str) -> Claim:
    if decision == "refuse":
        return services.refuse_more_time(claim, by=by, revision=revision, reason=reason)
    part = minutes if decision == "part" else None
    return services.grant_more_time(claim, by=by, revision=revision, reason=reason, minutes=part)


def _answer_dispute(claim: Claim, *, by: Any, revision: int, decision: str, answer: str) -> Claim:
    checks.as_seen(claim, revision)
    return services.answer_dispute(claim, by=by, decision=decision, answer=answer).claim


def _part_in_words(claim: Claim, typed: Any) -> dict[str, str]:
    """What a part comes to, to be read before it is approved."""
    part = services.part_of(claim, typed["minutes"]).price
    moves = (
        f"{one.stage} {pounds(one.before)} → {pounds(one.after)}"
        for one in selectors.effect_of_part(claim, part.pence)
    )
    return {
        "Claimed": f"{pounds(claim.pence)} for {duration(claim.worked_minutes)}",
        "Approved": f"{pounds(part.pence)} for {duration(typed['minutes'])}",
        f"Returns to {claim.enquiry}": pounds(claim.pence - part.pence),
        "How the pay of the part comes about": " ".join(line.working for line in part.lines),
        "Why no more": typed["reason"],
        f"The money of {claim.enquiry}": "; ".join(moves),
    }


# The queue and its filters


class StatusFilter(admin.SimpleListFilter):
    """Waiting for approval, unless something else is asked for."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        others = [(value, label) for value, label in Status.choices if value != Status.CERTIFIED]
        return [
            (Status.CERTIFIED, "Certified: waiting for approval"),
            *others,
            ("held_back", "Held back"),
            ("all", "All"),
        ]

    def value(self) -> str:
        return super().value() or Status.CERTIFIED

    def choices(self, changelist: ChangeList) -> Any:
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == self.value(), "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        claims = cast(ClaimQuerySet, queryset)
        if self.value() == Status.CERTIFIED:
            return claims.awaiting_approval()
        if self.value() == "held_back":
            return claims.held_back()
        return claims if self.value() == "all" else claims.filter(status=self.value())


class QuestionsFilter(admin.SimpleListFilter):
    """Clean, or asked about by a control."""

    title = "questions"
    parameter_name = "questions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("clean", "Clean"), ("flagged", "Flagged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        if self.value() == "clean":
            return queryset.filter(flags=[])
        return queryset.exclude(flags=[]) if self.value() == "flagged" else queryset


class MineFilter(admin.SimpleListFilter):
    """Only what waits for this person's decision: of grants they control, not touched by them."""

    title = "whose decision"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Mine")] if request.user.has_perm("claims.approve_claim") else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        if self.value() != "yes":
            return queryset
        mine = selectors.to_approve_by(request.user)  # type: ignore[arg-type]
        return queryset.filter(pk__in=mine.order_by().values("pk"))


class AgeFilter(admin.SimpleListFilter):
    """Only what has waited too long since it was certified."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("old", "Older than 3 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        return queryset.filter(selectors.certified_long_ago()) if self.value() == "old" else queryset


class Queue(ChangeList):
    """A list of claims that knows what all of them come to, not only those on the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.total = selectors.total(self.queryset)


@admin.register(Claim)
class ClaimAdmin(VerbOnlyAdmin[Claim]):
    """Claims of the grants a person may open. Nothing is typed over: what happens to a claim is a verb."""

    verbs = (
        _verb("approve", "Approve", "approved", services.approve, form=ApproveForm, together=NothingToSay),
        _verb("return", "Return", "returned", services.return_claim, form=ReturnForm, together=ReturnForm),
        _verb("reject", "Reject", "rejected", services.reject, form=RejectForm, together=RejectForm),
        _verb("reverse", "Reverse", "reversed", services.reverse, form=ReverseForm),
        _verb(
            "approve_part",
            "Approve a part",
            "approved in part",
            services.approve_part,
            form=PartForm,
            asks=_part_in_words,
        ),
        _verb("more_time", "Decide about more time", "decided", _more_time, form=MoreTimeForm),
        _verb("answer_dispute", "Answer the dispute", "answered", _answer_dispute, form=AnswerDisputeForm),
    )
    may: ClassVar[dict[str, Callable[..., object]]] = {
        "approve": services.may_approve,
        "approve_part": services.may_approve_part,
        "return": services.may_return,
        "reject": services.may_reject,
        "reverse": services.may_reverse,
        "more_time": services.may_refuse_more_time,
        "answer_dispute": services.may_answer_dispute,
    }
    from_status = {
        "approve": (Status.CERTIFIED,),
        "approve_part": (Status.CERTIFIED,),
        "return": (Status.SUBMITTED, Status.CERTIFIED),
        "reject": (Status.SUBMITTED, Status.CERTIFIED),
        "reverse": (Status.APPROVED, Status.SETTLED),
        "more_time": (Status.DRAFT,),
        "answer_dispute": (Status.APPROVED, Status.SETTLED),
    }
    act_permission = "claims.approve_claim"
    page_template = "admin/claims/claim/page.html"
    together_template = "admin/claims/claim/together.html"
    list_display = (
        "claim",
        "officer",
        "agency",
        "enquiry",
        "duty",
        "hours",
        "amount_pounds",
        "questions",
        "state",
        "waiting_days",
    )
    list_filter = (
        StatusFilter,
        QuestionsFilter,
        MineFilter,
        AgeFilter,
        ("agency", admin.RelatedOnlyFieldListFilter),
        ("enquiry", admin.RelatedOnlyFieldListFilter),
        ("grant", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("claimant__display_name", "claimant__staff_number")
    search_help_text = "Officer: rank and number, or staff number"
    date_hierarchy = "duty_on"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        rows = Claim.objects.visible_to(request.user).with_guards()  # type: ignore[arg-type]
        return rows.select_related("claimant", "agency", "enquiry__line", "grant__lead_force")

    def get_list_display(self, request: HttpRequest) -> Any:
        """Every column; the status only where the list holds more than one."""
        chosen = request.GET.get(StatusFilter.parameter_name)
        return [name for name in self.list_display if name != "state" or chosen in ("all", "held_back")]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.POST.get("action") == "approve" and not request.POST.getlist(ACTION_CHECKBOX_NAME):
            return self._approve_together(request)
        chosen = request.GET.get(StatusFilter.parameter_name) or Status.CERTIFIED
        waiting = {"title": "Claims waiting for approval"} if chosen == Status.CERTIFIED else {}
        return super().changelist_view(request, waiting | (extra_context or {}))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Queue

    # Verbs

    def seen(self, row: Claim) -> str:
        return str(row.revision)

    def form_of(self, verb: Verb, row: Claim, data: Any = None) -> forms.Form:
        if verb.name == "approve_part":
            return PartForm(data, claim=row, prefix=verb.name)
        form = super().form_of(verb, row, data)
        if verb.name == "more_time" and row.worked_minutes <= row.assignment.authorised_minutes:
            del form.fields["minutes"]  # dearer hours, not more of them
            cast(forms.ChoiceField, form.fields["decision"]).choices = [("grant", "All"), ("refuse", "None")]
        if verb.name == "approve" and row.is_clean:
            form.fields["reason"].required = False
            form.fields["reason"].label = "Remark"
        return form

    def against(self, request: HttpRequest, verb: Verb, row: Claim) -> Refusal | None:
        """What can be said without asking the database once a row; the service asks again, and for more."""
        if row.status not in self.from_status[verb.name]:
            return Refusal(
                "A03",
                f"{row} is {row.get_status_display().lower()} and cannot be {verb.done} now.",
                fix="Nothing is left to do here.",
                who="Nobody has to",
            )
        try:
            if verb.name != "reverse":
                checks.not_held_back(row)
            checks.not_ones_own(row, request.user)  # type: ignore[arg-type]
            checks.no_interest(row, request.user)  # type: ignore[arg-type]
            if verb.name == "approve":
                checks.flags_are_answered(row, "")
        except Refusal as refusal:
            return refusal
        return None

    def ask(self, request: HttpRequest, row: Claim, verb: Verb, said: Mapping[str, str]) -> TemplateResponse:
        """The page that shows what a part comes to; its button says it, and only that sum is approved."""
        form = self.form_of(verb, row, request.POST)
        if not isinstance(form, PartForm) or not form.is_valid() or form.part is None:
            return super().ask(request, row, verb, said)
        pence = form.part.price.pence
        try:
            services.may_approve_part(row, by=request.user, pence=pence)  # type: ignore[arg-type]
        except Refusal as refusal:
            return self.show(request, row, typed={verb.name: form}, refusal=refusal, status=422)
        page = super().ask(
            request, row, replace(verb, label=f"Approve {pounds(pence)} of {pounds(row.pence)}"), said
        )
        cast(dict[str, Any], page.context_data)["typed_values"].append(
            (form.add_prefix("expected_pence"), str(pence))
        )
        return page

    # Several together

    def act_together(self, request: HttpRequest, verb: Verb) -> HttpResponse:
        doors = {"approve": self._approve_together, "return": self._return_together}
        if verb.name in doors and self.has_act_permission(request):
            return doors[verb.name](request)
        return super().act_together(request, verb)

    def confirm(self, request: HttpRequest, verb: Verb, selection: Selection, **typed: Any) -> HttpResponse:
        if verb.name == "approve" and selection.ready:
            return self._draw(request, selection)
        if verb.name == "return" and selection.ready:
            found = ask(selection.ready, by=request.user)  # type: ignore[arg-type]
            found.left_out.extend((one.row, one.refusal) for one in selection.left_out if one.refusal)
            return self._show_returns(request, found)
        return super().confirm(request, verb, selection, **typed)

    def _draw(self, request: HttpRequest, selection: Selection) -> HttpResponse:
        """Draw up what was selected, and say what is left out."""
        bulk = together.draw(selection.ready, by=request.user)  # type: ignore[arg-type]
        for one in selection.left_out:
            if one.refusal:
                words = f"{one.row} is left out. {one.refusal.code}: {one.refusal.reason} {one.refusal.fix}"
                messages.warning(request, words)
        return redirect("admin:claims_bulkapproval_change", bulk.pk)

    def _approve_together(self, request: HttpRequest) -> HttpResponse:
        """Say how many clean claims wait; on POST draw all of them up. Nothing is approved here (A06)."""
        waiting, refusal = selectors.clean_for(request.user), None  # type: ignore[arg-type]
        if request.method == "POST":
            try:
                together.drawn_first(request.POST.get("seen", ""))
                return self._draw(request, Selection(ready=list(waiting)))
            except Refusal as refused:
                refusal = refused
        context = {
            "title": "Approve clean claims together",
            "refusal": refusal,
            "clean": selectors.total(waiting),
            "address": self._address(self.verbs[0]),
        }
        return self._page(
            request, "admin/claims/claim/approve_clean.html", context, status=422 if refusal else 200
        )

    def _return_together(self, request: HttpRequest) -> HttpResponse:
        rows = self._rows(request, dict.fromkeys(request.POST.getlist("claim"), ""))
        if request.method != "POST":
            return self._show_returns(request, ask([], by=request.user))  # type: ignore[arg-type]
        found = answer(rows, request.POST, by=request.user)  # type: ignore[arg-type]
        if found.done:
            messages.success(request, said_of(found.done))
            if not found.asked:
                return redirect("admin:claims_claim_changelist")
        return self._show_returns(request, found)

    def _show_returns(self, request: HttpRequest, found: Returns) -> HttpResponse:
        context = {
            "title": "Return several claims",
            "returns": found,
            "has_errors": found.status == 422,
            "address": self._address(self.verbs[1]),
        }
        return self._page(request, "admin/claims/claim/return.html", context, status=found.status)

    def total(self, rows: Any) -> int:
        return sum(claim.pence for claim in rows)

    def told(self, verb: Verb, row: Claim) -> str:
        if verb.name == "approve_part":
            row.refresh_from_db(fields=["pence", "claimed_pence"])
            return f"{row} of {row.claimant}: {pounds(row.pence)} of {pounds(row.stated_pence)} approved."
        if verb.name in ("more_time", "answer_dispute"):
            what = "More time" if verb.name == "more_time" else "The dispute"
            return f"{what} of {row}, {row.claimant}: {verb.done}."
        return f"{row} of {row.claimant} {verb.done}: {pounds(row.pence)}."

    def facts(self, request: HttpRequest, row: Claim) -> dict[str, Any]:
        """The claim as its approver reads it, and what each verb would do to the enquiry's money."""
        request_for_more, part = selectors.open_request(row), part_of(row)
        possible = [name for name, statuses in self.from_status.items() if row.status in statuses]
        if request_for_more is None and "more_time" in possible:
            possible.remove("more_time")
        if not (part and part.is_disputed) and "answer_dispute" in possible:
            possible.remove("answer_dispute")
        verdicts = {name: self._verdict(name, row, request.user) for name in possible}
        today = Authority.objects.in_force(clock.today()).filter(grant=row.grant)
        said = reckoned(row, request.user)  # type: ignore[arg-type]
        return {
            "marking": row.grant.marking,
            "last_days": last_days(row.grant),
            "bulk": together.open_sampled(row, by=request.user)  # type: ignore[arg-type]
            if self.has_act_permission(request)
            else None,
            "rank": rank_of(row),
            "flags": [Flag(**flag) for flag in row.flags],
            **said,
            **guards_of(row, request.user),  # type: ignore[arg-type]
            "pay_lines": said["lines"],
            "lines": [(line, pounds(round(line.hourly_pence)), _rule(line)) for line in said["lines"]],
            "events": selectors.timeline(row, request.user),  # type: ignore[arg-type]
            "entries": self._entries(request, row),
            "since_tasked": selectors.since_tasked(row),
            "since_last_time": selectors.since_last_time(row),
            "effects": {name: self._effect(name, row) for name in possible},
            "part": part,
            "until": services.claimable_until(row),
            "request_for_more": request_for_more,
            "left_if_granted": row.enquiry.line.available
            - (request_for_more.extra_pence if request_for_more else 0),
            "allowed": {name for name, refusal in verdicts.items() if refusal is None},
            "stands_against": next((refusal for refusal in verdicts.values() if refusal), None),
            "possible": possible,
            "authorities": today.select_related("person").order_by("kind", "from_on"),
        }

    def _effect(self, name: str, row: Claim) -> list[selectors.Effect]:
        """What a verb does to the enquiry's money, where that is known before anything is typed."""
        if name == "answer_dispute":
            return selectors.effect_of_upholding(row)
        return [] if name in ("approve_part", "more_time") else selectors.effect_of(name, row)

    def _entries(self, request: HttpRequest, row: Claim) -> QuerySet[LedgerEntry]:
        """The entries of a claim for whoever may read the ledger, as on the service's own page."""
        entries = selectors.entries_of(row).select_related("recorded_by")
        return entries if request.user.has_perm("grants.view_ledgerentry") else entries.none()

    def _verdict(self, name: str, row: Claim, by: Any) -> Refusal | None:
        try:
            self.may[name](row, by=by)
        except Refusal as refusal:
            return refusal
        return None

    # Columns

    @admin.display(description="Claim", ordering="pk")
    def claim(self, claim: Claim) -> int:
        return claim.pk

    @admin.display(description="Officer", ordering="claimant__display_name")
    def officer(self, claim: Claim) -> str:
        return str(claim.claimant)

    @admin.display(description="Duty", ordering="starts_at")
    def duty(self, claim: Claim) -> str:
        return f"{claim.duty_on:%-d %b}, {ui.span(claim.starts_at, claim.ends_at)}"

    @admin.display(description="Time", ordering="worked_minutes")
    def hours(self, claim: Claim) -> str:
        return duration(claim.counted_minutes)

    @admin.display(description="Amount", ordering="pence")
    def amount_pounds(self, claim: Claim) -> str:
        claimed = f" of {pounds(claim.claimed_pence)} claimed" if claim.claimed_pence else ""
        return f"{pounds(claim.pence)}{claimed}"

    @admin.display(description="Questions")
    def questions(self, claim: Claim) -> str:
        return f"{claim.flag_codes}{' (hold)' if claim.has_hold else ''}" if claim.flags else "Clean"

    @admin.display(description="Status", ordering="status")
    def state(self, claim: Claim) -> SafeString:
        tags = [ui.status_tag(claim.status, claim.get_status_display())]
        if claim.is_held_back:
            tags.append(ui.status_tag("held-back", "Held back"))
        return format_html_join(" ", "{}", ((render_to_string("ui/status_tag.html", tag),) for tag in tags))

    @admin.display(description="Days", ordering="submitted_at")
    def waiting_days(self, claim: Claim) -> str:
        since = claim.certified_at or claim.submitted_at
        if since is None or claim.status not in (Status.SUBMITTED, Status.CERTIFIED):
            return ""
        return str((clock.today() - timezone.localdate(since)).days)


@admin.register(BulkApproval)
class BulkApprovalAdmin(VerbOnlyAdmin[BulkApproval]):
    """Clean claims approved together: one's own to go on with, everybody's to be read by auditors."""

    verbs = (Verb(name="approve", label="Approve", done="approved", do=together.approve_next),)
    act_permission = "claims.approve_claim"
    page_template = "admin/claims/bulkapproval/page.html"
    list_title = "Claims approved together"
    list_display = ("number", "by", "drawn_at", "claim_count", "sampled", "opened", "approved", "refused")
    list_select_related = ("by",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkApproval]:
        rows = BulkApproval.objects.visible_to(request.user)  # type: ignore[arg-type]
        sample = Q(rows__is_sample=True)
        return rows.select_related("by").annotate(
            all_rows=Count("rows"),
            sample_rows=Count("rows", filter=sample),
            opened_rows=Count("rows", filter=sample & Q(rows__opened_at__isnull=False)),
            approved_rows=Count("rows", filter=Q(rows__outcome=Sampled.Outcome.APPROVED)),
            refused_rows=Count("rows", filter=Q(rows__outcome=Sampled.Outcome.REFUSED)),
        )

    def act(self, request: HttpRequest, pk: int, verb: Verb) -> HttpResponse:
        """Approve the next of the claims, each in a transaction of its own, and lead back to the page."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        bulk = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method != "POST":
            return self.show(request, bulk)
        try:
            together.approve_next(bulk, by=request.user)  # type: ignore[arg-type]
        except Refusal as refusal:
            return self.show(request, bulk, refusal=refusal, status=422)
        return redirect(f"{reverse('admin:claims_bulkapproval_change', args=[pk])}?{GOING_ON}")

    def seen(self, row: BulkApproval) -> str:
        return ""

    def facts(self, request: HttpRequest, row: BulkApproval) -> dict[str, Any]:
        return {
            "marking": marking_of(Grant.objects.filter(claims__bulk_approvals=row)),
            "bulk": row,
            "may_act": row.by == request.user,
            "claim_address": "admin:claims_claim_change",
            "next_address": reverse("admin:claims_bulkapproval_approve", args=[row.pk]),
            "draw_address": reverse("admin:claims_claim_approve_together"),
            **what_it_shows(request, row),
        }

    @admin.display(description="Number", ordering="pk")
    def number(self, bulk: BulkApproval) -> int:
        return bulk.pk

    @admin.display(description="Claims")
    def claim_count(self, bulk: Any) -> int:
        return int(bulk.all_rows)

    @admin.display(description="Sample")
    def sampled(self, bulk: Any) -> int:
        return int(bulk.sample_rows)

    @admin.display(description="Opened")
    def opened(self, bulk: Any) -> int:
        return int(bulk.opened_rows)

    @admin.display(description="Approved")
    def approved(self, bulk: Any) -> int:
        return int(bulk.approved_rows)

    @admin.display(description="Refused")
    def refused(self, bulk: Any) -> int:
        return int(bulk.refused_rows)


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin[Settlement]):
    """What finance marked as paid, and under which reference."""

    list_display = ("reference", "agency", "grant", "settled_on", "claim_count", "paid_pounds", "settled_by")
    list_filter = (("agency", admin.RelatedOnlyFieldListFilter), ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("agency", "grant", "settled_by")
    search_fields = ("reference",)
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[Settlement]:
        visible = Grant.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(grant__in=visible)

    @admin.display(description="Paid", ordering="pence")
    def paid_pounds(self, settlement: Settlement) -> str:
        return pounds(settlement.pence)


# What guards approval, to be read


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin[Evidence]):
    """What was added to claims to show the duty; the file itself is on the claim's page."""

    list_display = ("claim", "kind", "where", "bytes", "added_by", "added_at")
    ordering = ("-id",)
    list_filter = ("kind", ("claim__agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("claim", "added_by")
    search_fields = ("=claim__pk", "reference", "name", "sha256")
    search_help_text = "Number of a claim, reference, name or SHA-256 of a file"
    fields = (
        "claim",
        "kind",
        "reference",
        "name",
        "bytes",
        "content_type",
        "sha256",
        "marking",
        "added_by",
        "added_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        visible = Claim.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(claim__in=visible)

    @admin.display(description="Where it is")
    def where(self, evidence: Evidence) -> str:
        return "; ".join(text for text in (evidence.reference, evidence.name) if text)

    @admin.display(description="Size", ordering="size")
    def bytes(self, evidence: Evidence) -> str:
        return filesizeformat(evidence.size) if evidence.path else "No file"


@admin.register(Freeze)
class FreezeAdmin(ReadOnlyAdmin[Freeze]):
    """Claims that were held back, by whom and why."""

    list_display = ("claim", "frozen_by", "frozen_at", "reason", "released_by", "released_at")
    list_filter = (("released_at", admin.EmptyFieldListFilter),)
    list_select_related = ("claim", "frozen_by", "released_by")
    search_fields = ("=claim__pk", "reason")
    search_help_text = "Number of a claim, or words of the reason"
    fields = (*list_display, "release_reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Freeze]:
        visible = Claim.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(claim__in=visible)


@admin.register(Interest)
class InterestAdmin(ReadOnlyAdmin[Interest]):
    """What those who certify and decide declared."""

    list_display = ("person", "officer", "agency", "what", "declared_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), ("agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("person", "officer", "agency")
    search_fields = ("person__display_name", "officer__display_name", "what")
    search_help_text = "Rank and number of either, or words of what it is"
    fields = (*list_display, "ended_because")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Interest]:
        return Interest.objects.visible_to(request.user)  # type: ignore[arg-type]
