"""Those who take part."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django_countries.filters import CountryFilter

from timeline.admin.base import CuratorAdmin
from timeline.admin.fields import JSONList, validate_names
from timeline.models import Actor, Participation


class ActorForm(forms.ModelForm):
    aliases = JSONList(
        required=False,
        validators=[validate_names],
        help_text='Other names that articles use: a JSON list such as ["A. Person"].',
    )

    def clean_aliases(self) -> list[str]:
        return self.cleaned_data["aliases"] or []


@admin.register(Actor)
class ActorAdmin(CuratorAdmin):
    form = ActorForm
    list_display = ["name", "kind", "country", "number_of_events", "page"]
    list_filter = ["kind", ("country", CountryFilter)]
    search_fields = ["name", "aliases"]
    fieldsets = [
        (
            None,
            {
                "fields": ["name", "kind", "country", "aliases"],
                "description": "An actor that takes part in an event can’t be deleted. If you change the "
                "name, the old one stays as an alias: articles that use it still mean this actor.",
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Actor]:
        parts = Participation.objects.filter(actor=OuterRef("pk")).order_by().values("actor")
        number = Subquery(parts.annotate(number=Count("event", distinct=True)).values("number"))
        actors: QuerySet[Actor] = super().get_queryset(request)
        return actors.annotate(number_of_events=Coalesce(number, 0))

    def save_model(self, request: HttpRequest, obj: Actor, form: Any, change: Any) -> None:
        if change and "name" in form.changed_data:
            # Articles go on using the old name: without it the next load would make the actor anew.
            names = dict.fromkeys([*obj.aliases, form.initial["name"]])
            obj.aliases = [name for name in names if name != obj.name]
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Actor | None = None) -> bool:
        unused = obj is None or not obj.participations.exists()
        return unused and super().has_delete_permission(request, obj)

    @admin.display(description="events", ordering="number_of_events")
    def number_of_events(self, actor: Any) -> int:
        return int(actor.number_of_events)
