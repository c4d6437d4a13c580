"""Accounts, their roles, and the logins that failed.

An administrator is not a superuser: nobody can give what they haven't got, nor get at the account of somebody
who has more.
"""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from typing import Any, cast

from axes.models import AccessAttempt
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from timeline.admin.base import KeptInTime


def permissions_of(user: User) -> QuerySet[Permission]:
    """What an account has been given, also while it is not active."""
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).distinct()


def is_above(user: Any, other: User) -> bool:
    """Whether an account is or has what this user isn't or hasn't, so that getting at it would be a gain."""
    if user.is_superuser:
        return False
    return other.is_superuser or permissions_of(other).exclude(pk__in=permissions_of(user)).exists()


def groups_to_give(user: Any) -> QuerySet[Group]:
    """The groups that this user may put others into: those that have nothing which the user hasn't."""
    if user.is_superuser:
        return Group.objects.all()
    more = Permission.objects.filter(group=OuterRef("pk")).exclude(pk__in=permissions_of(user))
    return Group.objects.filter(~Exists(more))


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Accounts. A role is all that somebody needs to get in: Django's flag for that is set with it."""

    list_display = ["username", "email", "roles", "is_active", "is_superuser", "last_login"]
    list_filter = ["groups", "is_active", "is_superuser"]
    filter_horizontal = ["user_permissions"]
    roles_fieldset: Any = (
        "Roles",
        {
            "fields": ["groups"],
            "description": "Viewers see everything and change nothing. Curators correct events, passages and "
            "actors. Administrators do that too, and look after accounts. Without a role nobody gets in.",
        },
    )
    fieldsets = [
        (
            None,
            {
                "fields": ["username", "password", "is_active"],
                "description": "Somebody who leaves: untick “Active”. Deleting an account also deletes the "
                "history of what was done with it.",
            },
        ),
        roles_fieldset,
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    for_superusers: Any = (
        "For superusers only",
        {"fields": ["is_superuser", "is_staff", "user_permissions"], "classes": ["collapse"]},
    )
    add_form = UserCreationForm  # without Django's choice of no password: there is no other way in here
    add_fieldsets = [
        (None, {"fields": ["username", "password1", "password2"], "classes": ["wide"]}),
        roles_fieldset,
    ]
    readonly_fields = ["last_login", "date_joined"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeptInTime]:
        return KeptInTime

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets: list[Any] = [*super().get_fieldsets(request, obj)]
        return [*fieldsets, self.for_superusers] if obj and _is_superuser(request) else fieldsets

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = groups_to_give(request.user)
            kwargs["widget"] = forms.CheckboxSelectMultiple
            kwargs["help_text"] = ""
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        reachable = obj is None or not is_above(request.user, obj)
        return reachable and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        reachable = obj is None or (obj != request.user and not is_above(request.user, obj))
        return reachable and super().has_delete_permission(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        user = cast("User", form.instance)
        if "is_staff" in form.fields and user.is_staff:
            return  # a superuser has said so
        # Django lets into the admin whom this flag is set for; what they may do there, their roles say.
        lets_in = user.is_superuser or permissions_of(user).exists()
        if user.is_staff != lets_in:
            user.is_staff = lets_in
            user.save(update_fields=["is_staff"])

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """What each role may do. Superusers may change it, who can do everything anyway."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeptInTime]:
        return KeptInTime

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _is_superuser(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _is_superuser(request) and super().has_delete_permission(request, obj)


@admin.register(AccessAttempt)
class FailedLoginAdmin(admin.ModelAdmin):
    """Logins that failed within the time that counts. Deleting one lets its name and address in again."""

    list_display = ["username", "ip_address", "failures_since_start", "attempt_time", "user_agent"]
    search_fields = ["username", "ip_address"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "username", "ip_address", "failures_since_start", "attempt_time", "path_info",
                    "user_agent",
                ],
                "description": "Whoever has failed too often gets in again at once when this is deleted.",
            },
        ),
    ]  # fmt: skip

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeptInTime]:
        return KeptInTime

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
