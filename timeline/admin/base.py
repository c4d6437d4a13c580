"""What all the lists and forms of the admin share."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin, IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString

from timeline.admin.history import HistoryPages
from timeline.admin.keys import is_key
from timeline.admin.markup import page_link
from timeline.models import Actor, Event, Mention, Source, validate_edtf


def passages_of(field: str) -> Coalesce:
    """How many passages a row has, counted for the rows shown and no others."""
    counted = Mention.objects.filter(**{field: OuterRef("pk")}).order_by().values(field)
    return Coalesce(Subquery(counted.annotate(number=Count("pk")).values("number")), 0)


class KeptInTime(ChangeList):
    """A list that answers an impossible year in its address as it does any other bad address."""

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error


class Chooser(AutocompleteSelect):
    """Django's widget, but a key that can't be one is shown as no choice instead of failing the page."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if is_key(key)], attrs)


class Choosing(BaseModelAdmin):
    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = Chooser(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.related_model is Source and field:
            # An article is added step by step, which no small window beside a field can lead back from.
            field.widget.can_add_related = False
        return field


class CuratorAdmin(HistoryPages, Choosing, admin.ModelAdmin):
    """What all the lists share."""

    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeptInTime

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """The form's class, made for this request, which knows whose it is."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by = request.user
        return form

    @admin.display(description="page")
    def page(self, row: Source | Event | Actor | Mention) -> SafeString:
        return page_link(row)


class Kept(CuratorAdmin):
    """Rows that the next load would bring back can't be deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DatedForm(forms.ModelForm):
    """A form with a date that is refused before it gets into the row, which couldn't show itself with it."""

    def clean_date(self) -> str:
        value: str = self.cleaned_data["date"]
        validate_edtf(value)
        return value
