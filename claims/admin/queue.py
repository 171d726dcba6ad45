"""The approver's queue: claims to be read, and approve, return, reject and reverse as buttons and actions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from claims import checks, selectors, services
from claims.admin.filters import AgeFilter, MineFilter, QuestionsFilter, Queue, StatusFilter
from claims.admin.verbs import FROM_STATUS, MAY, VERBS
from claims.forms.claiming import DUTY_TYPES
from claims.forms.parts import PartForm
from claims.models import Claim, ClaimLine
from claims.services import together
from claims.views.guarded import guards_of
from claims.views.registers import rank_of
from claims.views.returning import Returns, answer, ask, said_of
from claims.views.showing import part_of, reckoned
from grants.countdown import last_days
from grants.models import Authority, LedgerEntry
from overtime_ledger import clock, ui
from overtime_ledger.administration import Selection, Verb, VerbOnlyAdmin
from overtime_ledger.errors import Flag, Refusal
from overtime_ledger.ui import duration, pounds

Status = Claim.Status


def _rule(line: ClaimLine) -> str:
    """The rule of a line in a word or two."""
    return dict(DUTY_TYPES).get(line.rule, "Agreed rate")


@admin.register(Claim)
class ClaimAdmin(VerbOnlyAdmin[Claim]):
    """Claims of the grants a person may open. Nothing is typed over: what happens to a claim is a verb."""

    verbs = VERBS
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

    def show(
        self,
        request: HttpRequest,
        row: Claim,
        *,
        typed: Mapping[str, forms.Form] | None = None,
        refusal: Refusal | None = None,
        status: int = 200,
    ) -> TemplateResponse:
        """The page of a claim; of a part that is none it says by which control, as at its field."""
        part = (typed or {}).get("approve_part")
        if isinstance(part, PartForm):
            refusal = refusal or part.refusal
        return super().show(request, row, typed=typed, refusal=refusal, status=status)

    def against(self, request: HttpRequest, verb: Verb, row: Claim) -> Refusal | None:
        """What can be said without asking the database once a row; the service asks again, and for more."""
        if row.status not in FROM_STATUS[verb.name]:
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
        possible = [name for name, statuses in FROM_STATUS.items() if row.status in statuses]
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
            MAY[name](row, by=by)
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
        tags = [ui.components.status_tag(claim.status, claim.get_status_display())]
        if claim.is_held_back:
            tags.append(ui.components.status_tag("held-back", "Held back"))
        return format_html_join(" ", "{}", ((render_to_string("ui/status_tag.html", tag),) for tag in tags))

    @admin.display(description="Days", ordering="submitted_at")
    def waiting_days(self, claim: Claim) -> str:
        since = claim.certified_at or claim.submitted_at
        if since is None or claim.status not in (Status.SUBMITTED, Status.CERTIFIED):
            return ""
        return str((clock.today() - timezone.localdate(since)).days)
