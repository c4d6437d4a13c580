"""Those who take part: their names corrected, and several made one."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_countries.filters import CountryFilter

from timeline import curating, history, namesakes
from timeline.admin.base import CuratorAdmin
from timeline.admin.deciding import deciding, reason_field, undo_link, what_it_is_now
from timeline.admin.fields import NamesField
from timeline.admin.keys import is_key
from timeline.models import Actor, Event, Participation

MOST_MERGED = 20  # at once
SOME = 5  # events shown of an actor, to tell who it is


def wikidata_link(actor: Actor) -> SafeString | str:
    if not actor.wikidata:
        return ""
    return format_html(
        '<a href="https://www.wikidata.org/wiki/{}" rel="noopener">{}</a>', actor.wikidata, actor.wikidata
    )


def address(actor: Actor) -> str:
    return reverse("admin:timeline_actor_change", args=[actor.pk])


def merge_address(keys: Sequence[int]) -> str:
    return reverse("admin:timeline_actor_merge", query={"actor": list(keys)})


class ActorForm(forms.ModelForm):
    by: User | None = None  # who fills it in

    aliases = NamesField(required=False, help_text="Other names that articles use, one a line.")
    reason = reason_field()
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "seen" in self.fields:
            self.fields["seen"].initial = curating.actor_token(self.instance)

    def clean(self) -> dict[str, Any]:
        given = cast("dict[str, Any]", super().clean())
        if self.instance.pk and (seen := given.get("seen")):
            try:
                curating.hold_actors([self.instance], {self.instance.pk: seen}, by=self.by)
            except curating.Conflict as error:
                raise ValidationError(str(error)) from error
        return given

    def validate_unique(self) -> None:
        """Names and countries are told apart here, with a way out; a name of one's own can be taken back."""
        if other := curating.namesake(self.instance):
            there = f"{other} leads to {other.root}" if other.merged_into_id else f"{other} is there already"
            self.add_error(
                "name", f"{there}. If that is the same one, leave the name here and merge the two instead."
            )

    def _get_validation_exclusions(self) -> set[str]:
        # A constraint with an excluded field is not checked: the one about names is above.
        return {*super()._get_validation_exclusions(), "country"}  # type: ignore[misc]


class MergedFilter(admin.SimpleListFilter):
    """The list is of those that stand, unless others are asked for."""

    title = "merged away"
    parameter_name = "merged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Merged into another")]

    def choices(self, changelist: Any) -> Any:
        none, *others = super().choices(changelist)
        return [{**none, "display": "Standing"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(merged_into__isnull=self.value() != "yes")


@admin.register(Actor)
class ActorAdmin(CuratorAdmin):
    form = ActorForm
    change_form_template = "admin/timeline/actor/change_form.html"
    change_list_template = "admin/timeline/actor/change_list.html"
    list_display = ["name", "kind", "country", "on_wikidata", "number_of_events", "page"]
    list_filter = [MergedFilter, "kind", ("country", CountryFilter)]
    search_fields = ["name", "aliases", "wikidata"]
    actions = ["merge_chosen"]
    fieldsets = [
        (
            None,
            {
                "fields": ["name", "kind", "country", "wikidata", "aliases"],
                "description": "An actor that takes part in an event can’t be deleted. If you change the "
                "name or the country, the old ones go on leading here: articles that use them mean this one.",
            },
        )
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Actor | None = None) -> Any:
        fieldsets = [*super().get_fieldsets(request, obj)]
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may:
            fieldsets.append(("Your decision", {"fields": ["reason", *(["seen"] if obj else [])]}))
        return fieldsets

    def get_queryset(self, request: HttpRequest) -> QuerySet[Actor]:
        parts = Participation.objects.filter(actor=OuterRef("pk")).order_by().values("actor")
        number = Subquery(parts.annotate(number=Count("event", distinct=True)).values("number"))
        actors: QuerySet[Actor] = super().get_queryset(request).select_related("merged_into")
        return actors.annotate(number_of_events=Coalesce(number, 0))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if request.path == reverse("admin:autocomplete"):
            queryset = queryset.filter(merged_into=None)
        return super().get_search_results(request, queryset, search_term)

    def has_change_permission(self, request: HttpRequest, obj: Actor | None = None) -> bool:
        stands = obj is None or obj.merged_into_id is None
        return stands and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Actor | None = None) -> bool:
        # One that was merged away, or that others lead to, is what loads go by.
        unused = obj is None or not (obj.merged_into_id or obj.participations.exists() or obj.merged.exists())
        return unused and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Actor, form: Any, change: Any) -> None:
        given = form.cleaned_data
        decided = deciding(request, given.get("reason", ""))
        if not change:
            curating.add_actor(obj, **decided)
            return
        names = [name for name in form.changed_data if name in history.FIELDS[history.Table.ACTOR]]
        if names:
            curating.correct_actor(obj, {name: given[name] for name in names}, **decided)

    def save_form(self, request: HttpRequest, form: Any, change: Any) -> Any:
        actor = super().save_form(request, form, change)
        # What is said of a decision is no change of the actor.
        form.changed_data = [name for name in form.changed_data if name not in ("reason", "seen")]
        return actor

    @admin.display(description="events", ordering="number_of_events")
    def number_of_events(self, actor: Any) -> int:
        return int(actor.number_of_events)

    @admin.display(description="Wikidata", ordering="wikidata", empty_value="")
    def on_wikidata(self, actor: Actor) -> SafeString | str:
        return wikidata_link(actor)

    @admin.action(description="Merge the chosen actors…", permissions=["change"])
    def merge_chosen(self, request: HttpRequest, actors: QuerySet[Actor]) -> HttpResponse | None:
        keys = list(actors.order_by("pk").values_list("pk", flat=True)[: MOST_MERGED + 1])
        if not 2 <= len(keys) <= MOST_MERGED:
            self.message_user(
                request, f"Choose between 2 and {MOST_MERGED} actors to make one of.", messages.ERROR
            )
            return None
        return HttpResponseRedirect(merge_address(keys))

    # Pages of their own

    def get_urls(self) -> list[Any]:
        own = [
            path("merge/", self.admin_site.admin_view(self.merge_view), name="timeline_actor_merge"),
            path("doubles/", self.admin_site.admin_view(self.doubles_view), name="timeline_actor_doubles"),
        ]
        return [*own, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        actor = self.get_object(request, object_id) if object_id else None
        more: dict[str, Any] = {}
        if actor and request.method == "GET":
            more = {
                "likely": [] if actor.merged_into_id else _likely(actor),
                "may_change": super().has_change_permission(request),
                **what_it_is_now(request, actor),
            }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Several actors side by side: which one stays, what would come of it, and the deed."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else request.GET
        actors = _chosen(sent.getlist("actor"))
        if len(actors) < 2:
            self.message_user(request, "Choose at least two actors to make one of.", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:timeline_actor_changelist"))
        stays = next((actor for actor in actors if str(actor.pk) == sent.get("stays")), None)
        others = [actor for actor in actors if actor != stays]
        if request.method == "POST" and stays:
            return self._merge(request, stays, others)
        fullest = max(actors, key=lambda actor: (actor.number_of_events, len(actor.name)))  # type: ignore[attr-defined]
        return self.show(
            request,
            "actor/merge.html",
            "Make one actor of several",
            actors=[_beside(actor) for actor in actors],
            stays=stays or fullest,
            preview=curating.preview_merge_actors(stays, others) if stays else None,
            others=others,
            differ=_differences(actors),
        )

    def _merge(self, request: HttpRequest, stays: Actor, others: Sequence[Actor]) -> HttpResponse:
        # One that wasn't shown has none: another was merged into it while the page was open.
        seen = {actor.pk: request.POST.get(f"seen-{actor.pk}", "") for actor in (stays, *others)}
        try:
            with transaction.atomic():
                curating.merge_actors(stays, others, seen=seen, **deciding(request))
                decision = history.last_decision(others[0])
        except curating.Unsuitable as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(merge_address([actor.pk for actor in (stays, *others)]))
        names = ", ".join(str(actor) for actor in others)
        self.log_change(request, stays, f"Merged with {names}."[:2000])
        words = format_html("{} and {} are now one actor.{}", names, stays, undo_link(request, decision))
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(address(stays))

    def doubles_view(self, request: HttpRequest) -> HttpResponse:
        """Actors that may be the same, to be looked at and merged."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        found, number = namesakes.groups()
        actors = self.get_queryset(request).in_bulk([key for keys, _ in found for key in keys[:MOST_MERGED]])
        groups = [
            {
                "reason": reason,
                "actors": [actors[key] for key in keys[:MOST_MERGED] if key in actors],
                "more": max(0, len(keys) - MOST_MERGED),
                "merge": merge_address(keys[:MOST_MERGED]),
            }
            for keys, reason in found
        ]
        return self.show(
            request,
            "actor/doubles.html",
            "Likely same actors",
            groups=groups,
            number=number,
        )


def _chosen(keys: Sequence[str]) -> list[Actor]:
    """The actors of these keys, in their order; of one merged away the one that it is now."""
    numbers = [int(key) for key in dict.fromkeys(keys) if is_key(key)]
    found = Actor.objects.select_related("merged_into").in_bulk(numbers[:MOST_MERGED])
    roots = dict.fromkeys(found[key].root.pk for key in numbers[:MOST_MERGED] if key in found)
    counted = Actor.objects.annotate(number_of_events=Count("participations__event", distinct=True))
    standing = counted.in_bulk(list(roots))
    return [standing[key] for key in roots]


def _beside(actor: Actor) -> dict[str, Any]:
    events = Event.objects.public().filter(participations__actor=actor).distinct()
    return {
        "actor": actor,
        "address": address(actor),
        "token": curating.actor_token(actor),
        "events": events.order_by("-pk")[:SOME],
    }


def _differences(actors: Sequence[Actor]) -> list[str]:
    """What speaks against their being one."""
    return [
        words
        for name, words in (
            ("kind", "They are of different kinds."),
            ("country", "They have different countries."),
            ("wikidata", "They have different Wikidata ids: Wikidata takes them for two."),
        )
        if len({str(getattr(actor, name)) for actor in actors} - {""}) > 1
    ]


def _likely(actor: Actor) -> list[dict[str, Any]]:
    pairs = namesakes.likely(actor)[:10]
    keys = [pair.other if pair.one == actor.pk else pair.one for pair in pairs]
    actors = Actor.objects.in_bulk(keys)
    return [
        {
            "actor": actors[key],
            "address": address(actors[key]),
            "reason": pair.reason,
            "merge": merge_address([actor.pk, key]),
        }
        for key, pair in zip(keys, pairs, strict=True)
        if key in actors
    ]
