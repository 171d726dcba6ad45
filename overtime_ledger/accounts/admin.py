"""People, agencies and roles, as an administrator keeps them. No money, and nobody raises themselves."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Field, ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from overtime_ledger.accounts.forms import PersonForm, RankHeldForm
from overtime_ledger.accounts.models import Agency, RankHeld, User
from overtime_ledger.accounts.services import LEDGER_USERNAME
from overtime_ledger.administration import LedgerAdmin, ReadOnlyAdmin, StackedInline
from overtime_ledger.ui import day

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
    """Every rank ever held, to be read; it is kept on the person's page."""

    list_display = ("person", "rank_held", "pay_point", "held_from_day", "evidence")
    list_filter = ("rank", "person__agency")
    list_select_related = ("person",)
    search_fields = ("person__display_name", "person__staff_number")
    fields = ("person", "rank_held", "pay_point", "held_from_day", "evidence")

    @admin.display(description="Rank", ordering="rank")
    def rank_held(self, held: RankHeld) -> str:
        return held.grade or held.get_rank_display()

    @admin.display(description="Pay point", ordering="scale")
    def pay_point(self, held: RankHeld) -> str:
        return f"Point {held.point} of {held.scale}" if held.scale else ""

    @admin.display(description="From", ordering="held_from")
    def held_from_day(self, held: RankHeld) -> str:
        return day(held.held_from)


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
