"""People, agencies and roles as an administrator keeps them, and the pay tables as finance does.

Nobody raises themselves, and what somebody is paid is typed nowhere.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Field, ManyToManyField, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from overtime_ledger import clock
from overtime_ledger.accounts import clients
from overtime_ledger.accounts.forms import (
    ApiClientForm,
    PayTableForm,
    PersonForm,
    RankHeldForm,
    held_point,
    points_of_today,
)
from overtime_ledger.accounts.models import Agency, ApiClient, PayPoint, PayTable, RankHeld, User
from overtime_ledger.accounts.recorded import StateFilter, TwoPeopleAdmin, people_of
from overtime_ledger.accounts.services import LEDGER_USERNAME, record_pay_table
from overtime_ledger.administration import (
    LedgerAdmin,
    ReadOnlyAdmin,
    StackedInline,
    Verb,
    VerbOnlyAdmin,
    naming,
)
from overtime_ledger.errors import Refusal
from overtime_ledger.ui import day, pounds

OF_ONESELF = ("groups", "is_active", "is_staff", "agency", "staff_number")


def spoken(role: Group) -> str:
    """A role's name as people say it: "controlling di" for controlling_di."""
    return role.name.replace("_", " ").capitalize().replace(" di", " DI")


class RankHeldInline(StackedInline[RankHeld, User]):
    """The ranks a person held, each from a date; nobody states their own."""

    model = RankHeld
    form = RankHeldForm
    extra = 0
    ordering = ("-held_from",)
    fields = ("rank", "grade", "pay_point", "held_from", "evidence")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RankHeld]:
        return super().get_queryset(request).select_related("person")

    @admin.display(description="Pay point")
    def pay_point(self, held: RankHeld) -> str:
        return held_point(held)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj != request.user and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj != request.user and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(LedgerAdmin[User], UserAdmin):  # type: ignore[type-arg]
    """Who signs in, for which agency, in which roles. Permissions come from roles alone.

    Nobody changes their own roles, and a superuser or the ledger's own account is not touched from here.
    """

    form = PersonForm
    inlines = (RankHeldInline,)
    list_display = ("display_name", "staff_number", "agency", "username", "roles", "is_active")
    list_filter = ("is_active", "is_staff", "agency", "groups")
    list_select_related = ("agency",)
    search_fields = ("display_name", "staff_number", "username")
    search_help_text = "Rank and number, staff number or sign-in name"
    ordering = ("display_name",)
    filter_horizontal = ()
    readonly_fields = ("password_set", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "display_name", "staff_number", "agency", "email", "password_set")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "groups")}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "display_name", "staff_number", "agency")}),
        ("First password", {"fields": ("password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_formset_kwargs(self, request: HttpRequest, obj: User, inline: Any, prefix: str) -> dict[str, Any]:
        """The pay points are looked up once a page, for all the ranks on it."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        return kwargs | {"form_kwargs": {"points": points_of_today()}}

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return (*self.readonly_fields, *(OF_ONESELF if obj == request.user else ()))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj and (obj.username == LEDGER_USERNAME or (obj.is_superuser and not request.user.is_superuser)):
            return False
        return super().has_change_permission(request, obj)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelMultipleChoiceField[Any] | None":
        field = super().formfield_for_manytomany(db_field, request, widget=CheckboxSelectMultiple, **kwargs)
        if field and db_field.name == "groups":
            field.label, field.label_from_instance = "Roles", spoken  # type: ignore[method-assign, assignment]
            field.help_text = "What each role lets people do is reviewed data: see the list of roles."
        return field

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "is_staff":
            field.label = "May open the administration"
            field.help_text = "What they see there depends on their roles."
        return field

    @admin.display(description="Password")
    def password_set(self, person: User) -> SafeString:
        words = "Set a new password" if person.has_usable_password() else "None: set a password"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:auth_user_password_change", args=(person.pk,)), words
        )

    @admin.display(description="Roles")
    def roles(self, person: User) -> str:
        return ", ".join(spoken(role) for role in person.groups.all())


@admin.register(Agency)
class AgencyAdmin(LedgerAdmin[Agency]):
    """The lead force and the other agencies."""

    list_display = ("code", "name", "settled_by")
    list_filter = ("settled_by",)


@admin.register(RankHeld)
class RankHeldAdmin(ReadOnlyAdmin[RankHeld]):
    """Every rank ever held with what its pay point pays today; it is kept on the person's page."""

    list_display = ("person", "rank_held", "pay_point", "pays_today_pounds", "held_from_day", "evidence")
    list_filter = ("rank", "person__agency")
    list_select_related = ("person",)
    search_fields = ("person__display_name", "person__staff_number")
    search_help_text = "Rank and number, or staff number"
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[RankHeld]:
        point = PayPoint.objects.on(clock.today()).filter(scale=OuterRef("scale"), point=OuterRef("point"))
        return super().get_queryset(request).annotate(pays=Subquery(point.values("annual_pay_pence")[:1]))

    @admin.display(description="Rank", ordering="rank")
    def rank_held(self, held: RankHeld) -> str:
        return held.grade or held.get_rank_display()

    @admin.display(description="Pay point", ordering="scale")
    def pay_point(self, held: RankHeld) -> str:
        return held_point(held)

    @admin.display(description="Pays today, a year", ordering="pays")
    def pays_today_pounds(self, held: Any) -> str:
        return pounds(held.pays)

    @admin.display(description="From", ordering="held_from")
    def held_from_day(self, held: RankHeld) -> str:
        return day(held.held_from)


def scales_of(table: PayTable) -> str:
    """How many points each scale of a table has, and from what to what they pay a year."""
    scales = table.points.order_by("scale").values_list("scale")
    found = scales.annotate(Count("pk"), Min("annual_pay_pence"), Max("annual_pay_pence"))
    return "; ".join(
        f"{scale}: {count}, {pounds(least)} to {pounds(most)}" for scale, count, least, most in found
    )


@admin.register(PayTable)
class PayTableAdmin(TwoPeopleAdmin[PayTable], VerbOnlyAdmin[PayTable]):
    """Tables of annual pay: one person in finance loads a file, another confirms what it says.

    Nobody changes or deletes one: until it is confirmed it has no effect, and from then on it stands.
    """

    page_template = "admin/accounts/paytable/page.html"
    list_display = ("from_day", "source", "how_many_points", "state", "recorded_by")
    list_filter = (StateFilter,)
    list_select_related = ("recorded_by", "confirmed_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayTable]:
        return super().get_queryset(request).annotate(how_many=Count("points"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super(ReadOnlyAdmin, self).has_add_permission(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Load a file; a refusal and a bad cell leave the page as it was typed."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        sent, refusal = request.method == "POST", None
        form = PayTableForm(request.POST, request.FILES) if sent else PayTableForm()
        if sent and form.is_valid():
            try:
                with naming(request.user):
                    table = record_pay_table(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
                    self.log_addition(request, table, [{"added": {}}])
            except Refusal as refused:
                refusal = refused
            else:
                messages.success(request, f"{table} are recorded; somebody else in finance confirms them.")
                return redirect("admin:accounts_paytable_change", table.pk)
        context = {"title": "Load pay scales", "form": form, "refusal": refusal}
        return self._page(request, "admin/accounts/paytable/load.html", context, status=422 if sent else 200)

    def described(self, row: PayTable) -> dict[str, str]:
        return {
            "In force from": self.from_day(row),
            "Source": row.source,
            "Points": scales_of(row),
            **people_of(row),
        }

    def facts(self, request: HttpRequest, row: PayTable) -> dict[str, Any]:
        """Each point beside what it pays until then."""
        earlier = Q(pay_table__valid_from__lt=row.valid_from) | Q(
            pay_table__valid_from=row.valid_from, pay_table__lt=row.pk
        )
        before = {
            str(one): one.annual_pay_pence for one in PayPoint.objects.filter(earlier).on(row.valid_from)
        }
        points = [(one, before.get(str(one))) for one in row.points.all()]
        return super().facts(request, row) | {"points": points, "has_before": bool(before)}

    @admin.display(description="In force from", ordering="valid_from")
    def from_day(self, table: PayTable) -> str:
        return day(table.valid_from)

    @admin.display(description="Points", ordering="how_many")
    def how_many_points(self, table: Any) -> str:
        return str(table.how_many)


@admin.register(ApiClient)
class ApiClientAdmin(VerbOnlyAdmin[ApiClient]):
    """Programs that read figures of grants with a token of their own: made here, shown their token once."""

    verbs = (
        Verb(
            name="revoke",
            label="Revoke the token",
            done="its token opens nothing any more",
            do=lambda client, *, by, seen: clients.revoke_client(client, by=by),
        ),
    )
    act_permission = "accounts.change_apiclient"
    page_template = "admin/accounts/apiclient/page.html"
    list_display = ("name", "reads_grants", "state", "last_used", "last_day", "token_end")
    search_fields = ("name",)
    search_help_text = "Name of the program"

    def seen(self, row: ApiClient) -> str:
        return row.state

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super(ReadOnlyAdmin, self).has_add_permission(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Make a client; the page that answers is the only one that ever shows its token."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        sent, refusal = request.method == "POST", None
        form = ApiClientForm(request.POST or None)
        if sent and form.is_valid():
            try:
                with naming(request.user):
                    client, token = clients.make_client(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
                    self.log_addition(request, client, [{"added": {}}])
            except Refusal as refused:
                refusal = refused
            else:
                made = {"title": f"Token of {client}", "client": client, "token": token}
                return self._page(request, "admin/accounts/apiclient/made.html", made)
        context = {"title": "Let a program read", "form": form, "refusal": refusal}
        return self._page(request, "admin/accounts/apiclient/make.html", context, status=422 if sent else 200)

    def described(self, row: ApiClient) -> dict[str, str]:
        return {
            "State": row.state,
            "Reads": row.reads,
            "Last day": self.last_day(row),
            "Token ends with": row.token_ends,
            "Last used": self.last_used(row),
            "Made by": f"{row.made_by}, {day(row.made_at)}",
            "Revoked by": f"{row.revoked_by}, {day(row.revoked_on)}" if row.revoked_by else "",
        }

    @admin.display(description="Reads")
    def reads_grants(self, client: ApiClient) -> str:
        return client.reads

    @admin.display(description="Last used", ordering="last_used_on")
    def last_used(self, client: ApiClient) -> str:
        return day(client.last_used_on) or "Never"

    @admin.display(description="Last day", ordering="expires_on")
    def last_day(self, client: ApiClient) -> str:
        return day(client.expires_on) or "Until it is revoked"

    @admin.display(description="Token ends with")
    def token_end(self, client: ApiClient) -> str:
        return client.token_ends


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin[Group]):
    """Roles are reviewed data in a file and loaded by a command: here they can only be read."""

    list_title = "Roles"
    list_display = ("role", "people")
    fields = ("role", "people", "lets_them")

    @admin.display(description="Role", ordering="name")
    def role(self, role: Group) -> str:
        return spoken(role)

    @admin.display(description="People")
    def people(self, role: Group) -> int:
        return role.user_set.count()

    @admin.display(description="Lets them")
    def lets_them(self, role: Group) -> SafeString:
        granted = role.permissions.order_by("content_type__app_label", "codename")
        return format_html_join("", "<p>{}</p>", ((permission.name,) for permission in granted))
