"""How grants are meant to run down, read in the administration; it is worked on the pages of the grant."""

from django.contrib import admin

from grants.admin.shared import OfGrantAdmin
from grants.models import Profile, UnderspendNotice, VarianceComment
from overtime_ledger.administration import ReadOnlyAdmin
from overtime_ledger.ui import day, pounds


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin[Profile], OfGrantAdmin[Profile]):
    """Profiles with those they took the place of."""

    list_display = ("number", "grant", "points_in_words", "recorded_by", "confirmed_by", "confirmed_on")
    list_filter = (("grant", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("grant", "recorded_by", "confirmed_by")
    fields = (*list_display[1:], "reason", "recorded_at")

    @admin.display(description="Profile", ordering="pk")
    def number(self, profile: Profile) -> str:
        return f"Profile {profile.pk}"

    @admin.display(description="Planned")
    def points_in_words(self, profile: Profile) -> str:
        return "; ".join(f"{pounds(pence)} by {day(on)}" for on, pence in profile.plan)


@admin.register(VarianceComment)
class VarianceCommentAdmin(ReadOnlyAdmin[VarianceComment], OfGrantAdmin[VarianceComment]):
    """What was said of variances, the newest first."""

    list_display = ("about", "grant", "kind", "comment", "given_by", "given_on")
    list_filter = ("kind", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "line", "agency", "given_by")
    fields = list_display

    @admin.display(description="Of", ordering="line")
    def about(self, said: VarianceComment) -> str:
        return str(said.line or said.agency)


@admin.register(UnderspendNotice)
class UnderspendNoticeAdmin(ReadOnlyAdmin[UnderspendNotice], OfGrantAdmin[UnderspendNotice]):
    """Notices of an underspend with their answers, the newest first."""

    list_display = ("noticed", "grant", "level", "forecast", "answer", "plan_by", "answered_by", "ended_on")
    list_filter = ("level", "answer", ("grant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("grant", "answered_by")
    fields = (*list_display, "reason", "answered_on", "under_percent")

    @admin.display(description="Noticed", ordering="noticed_on")
    def noticed(self, notice: UnderspendNotice) -> str:
        return day(notice.noticed_on)

    @admin.display(description="Forecast at this pace", ordering="forecast_pence")
    def forecast(self, notice: UnderspendNotice) -> str:
        return f"{pounds(notice.forecast_pence)} of {pounds(notice.award_pence)}"
