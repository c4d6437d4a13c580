"""Merge, split and move: what would come of it is shown first, and can be undone after."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from timeline import curating, facts, search
from timeline.admin.base import CuratorAdmin
from timeline.admin.deciding import deciding, undo_link
from timeline.admin.keys import is_key
from timeline.admin.markup import change_link, in_context
from timeline.curating import Conflict, Preview, Unsuitable, token
from timeline.history import last_decision
from timeline.models import Decision, Event, Mention, Participation, Review

LEAST, MOST = 2, 50  # events merged at once
OFFERED = 8  # likely events, to move a passage to
FOUND = 10
NEAR = timedelta(days=31)
FIELDS = {
    "title": "Title",
    "kind": "Kind",
    "date": "Date",
    "status": "Status",
    "disputed": "Disputed",
    "country": "Country",
    "counts": "People",
    "participants": "Who takes part",
    "review": "Review",
    "summary": "Summary",
}


@dataclass(frozen=True)
class Cell:
    """A field's value in words; whether it was set by hand, and whether it would be another than now."""

    value: str
    by_hand: bool
    new: bool = False


@dataclass(frozen=True)
class Line:
    """One field of several events, as they are and as they would be."""

    label: str
    now: list[Cell]
    then: list[Cell]


def in_words(event: Event, parts: Iterable[Participation]) -> dict[str, str]:
    """The event's fields as a curator would say them."""
    told = {name: rule.in_words(getattr(event, name)) for name, rule in facts.RULES.items()}
    return told | {
        "title": event.title,
        "counts": "; ".join(count.value for count in facts.counts(event, [])),
        "participants": ", ".join(str(part) for part in parts),
        "review": event.get_review_display(),
        "summary": event.summary,
    }


def lines(now: Sequence[Event], then: Sequence[tuple[Preview, Event | None]]) -> list[Line]:
    """Field by field; each of the events to come with the one that it is now, if that is there."""
    words = {event.pk: in_words(event, event.participations.all()) for event in now}
    coming = [(one, in_words(one.event, one.parts), before) for one, before in then]
    return [
        Line(
            label,
            [Cell(words[event.pk][name], name in event.locked_fields) for event in now],
            [
                Cell(
                    told[name],
                    name in one.event.locked_fields,
                    new=before is not None and told[name] != words[before.pk][name],
                )
                for one, told, before in coming
            ],
        )
        for name, label in FIELDS.items()
    ]


def at_odds(target: Event, events: Sequence[Event]) -> list[str]:
    """Where curators have set fields of these events by hand to different values: what, and which stays."""
    told = []
    order = [target, *(event for event in events if event != target)]
    words = {event.pk: in_words(event, event.participations.all()) for event in order}
    for name in Event.READ_FIELDS:
        values = [
            (event, words[event.pk][name] or "nothing") for event in order if name in event.locked_fields
        ]
        if len({value for _, value in values}) > 1:
            others = ", ".join(f"“{value}” in “{event.title}”" for event, value in values[1:])
            told.append(
                f"{FIELDS[name]} was set by hand to different values: “{values[0][1]}” in "
                f"“{values[0][0].title}” stays, {others} does not."
            )
    return told


def usual_target(events: Sequence[Event]) -> Event:
    """The event that most speaks for keeping: confirmed before others, then most sources, then the oldest."""
    return max(
        events,
        key=lambda event: (
            event.review != Review.REJECTED,
            event.review == Review.CONFIRMED,
            len({mention.source_id for mention in event.mentions.all()}),
            -event.pk,
        ),
    )


def likely_events(like: Event | None, near: date | None, countries: Iterable[str]) -> QuerySet[Event]:
    """Public events of the same weeks and countries, those of no country among them, the nearest first."""
    first = (like.earliest or like.latest) if like else near
    last = (like.latest or like.earliest) if like else near
    if first is None and last is None:
        return Event.objects.none()
    try:
        window = (first - NEAR if first else None), (last + NEAR if last else None)
    except OverflowError:
        window = first, last
    events = Event.objects.public().filter(Q(country__in=list(countries)) | Q(country=""))
    if like:
        events = events.exclude(pk=like.pk)
    return events.in_window(*window).chronological()


def found_events(look: str) -> list[Event]:
    """The event that a number or an address names, or those that words find, the best first."""
    if match := re.fullmatch(r"(?:\D.*/|#)?([0-9]{1,18})(?:/.*)?", look.strip()):
        return list(Event.objects.public().filter(pk=int(match[1])))
    query = search.parse(look)
    if query is None:
        return []
    keys = search.find(query).tolist()
    events = Event.objects.public().in_bulk(keys[: FOUND * 5])
    return [events[key] for key in keys if key in events][:FOUND]


def split_link(event: Event) -> SafeString:
    address = reverse("admin:timeline_event_split", args=[event.pk])
    return format_html('<a href="{}">Split or move passages</a>', address)


def tokens(posted: QueryDict) -> dict[int, str]:
    """What the page said that the curator has seen, by event."""
    seen = {}
    for name in posted:
        if match := re.fullmatch(r"seen-([0-9]{1,18})", name):
            seen[int(match[1])] = str(posted[name])
    return seen


def decided(request: HttpRequest, choice: str | None) -> bool:
    """Whether this very choice was looked at, and the button pressed that carries it out."""
    posted = request.POST
    return request.method == "POST" and "preview" not in posted and posted.get("previewed") == choice


def chosen_events(ids: str) -> list[Event]:
    """The events named in an address, in time; Unsuitable where they are too few or too many."""
    keys = {int(key) for key in ids.split(",") if is_key(key)}
    if not LEAST <= len(keys) <= MOST:
        raise Unsuitable(f"Choose {LEAST} to {MOST} events to make one of.")
    events = list(Event.objects.filter(pk__in=keys).with_evidence().chronological())
    if len(events) < len(keys):
        raise Unsuitable("A load has taken one of these events away. Choose them again.")
    return events


class Merging(CuratorAdmin):
    """The pages of the events' admin on which they are merged, split, and put right again."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("merge/", view(self.merge_page), name="timeline_event_merge"),
            path("<int:pk>/split/", view(self.split_page), name="timeline_event_split"),
            *super().get_urls(),
        ]

    @admin.action(description="Merge the chosen events…", permissions=["change"])
    def merge_chosen(self, request: HttpRequest, events: QuerySet[Event]) -> HttpResponse | None:
        keys = sorted(events.order_by().values_list("pk", flat=True)[: MOST + 1])
        if not LEAST <= len(keys) <= MOST:
            words = f"Choose {LEAST} to {MOST} events to make one of."
            self.message_user(request, words, messages.ERROR)
            return None
        ids = ",".join(map(str, keys))
        return HttpResponseRedirect(reverse("admin:timeline_event_merge", query={"ids": ids}))

    def merge_page(self, request: HttpRequest) -> HttpResponse:
        """The chosen events side by side, and what would come of them."""
        self._check(request)
        ids = request.GET.get("ids", "")
        problem, status = "", 200
        try:
            if decided(request, request.POST.get("target")):
                return self._merge(request, chosen_events(ids))
        except Unsuitable as error:
            problem, status = str(error), 409 if isinstance(error, Conflict) else 400
        try:
            events = chosen_events(ids)
        except Unsuitable as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:timeline_event_changelist"))
        given = request.POST if request.method == "POST" else request.GET
        asked = given.get("target", "")
        target = next((event for event in events if str(event.pk) == asked), usual_target(events))
        preview = None
        try:
            preview = curating.preview_merge(target, [event for event in events if event != target])
        except Unsuitable as error:
            problem = problem or str(error)
        context = {
            "events": [(event, [self._shown(m) for m in event.mentions.all()]) for event in events],
            "target": target,
            "preview": preview,
            "lines": lines(events, [(preview, target)] if preview else []),
            "at_odds": at_odds(target, events),
            "problem": problem,
            "tokens": [(event.pk, token(event)) for event in events],
            "reason": given.get("reason", ""),
        }
        return self.show(request, "event/merge.html", "Merge events", status=status, **context)

    def _merge(self, request: HttpRequest, events: Sequence[Event]) -> HttpResponse:
        target = next((one for one in events if str(one.pk) == request.POST.get("target")), None)
        if target is None:
            raise Unsuitable("Choose the event that stays.")
        others = [event for event in events if event != target]
        seen = {event.pk: "" for event in events} | tokens(request.POST)
        with transaction.atomic():
            curating.merge(target, others, seen=seen, **deciding(request))
            decision = last_decision(others[0])
        words = f"{len(events)} events are one now: {{}}."
        return self._done(request, target, words, decision)

    def split_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """An event's passages, of which some may tell of another event, or of one of their own."""
        self._check(request, "timeline.change_mention")
        event = get_object_or_404(Event.objects.with_evidence(), pk=pk)
        if event.merged_into:
            words = format_html("It was merged into {}.", change_link(event.root, event.root.title))
            self.message_user(request, words, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:timeline_event_change", args=[event.pk]))
        given = request.POST if request.method == "POST" else request.GET
        chosen = [mention for mention in event.mentions.all() if str(mention.pk) in given.getlist("mention")]
        look = given.get("look", "")
        found = found_events(look)
        offered = self._offered(event, found, given.get("to", ""))
        to = next((other for other in offered if str(other.pk) == given.get("to")), None)
        choice = f"{to.pk if to else 'new'}: {','.join(str(mention.pk) for mention in chosen)}"
        problem, status = "", 200
        if request.method == "POST" and "look-for" not in request.POST:
            try:
                if not chosen:
                    raise Unsuitable("Tick the passages that tell of another event.")
                if decided(request, choice):
                    return self._split(request, event, chosen, to)
            except Unsuitable as error:
                problem, status = str(error), 409 if isinstance(error, Conflict) else 400
                event = get_object_or_404(Event.objects.with_evidence(), pk=pk)
                chosen = [mention for mention in event.mentions.all() if mention in chosen]
        then: list[tuple[Preview, Event | None]] = []
        try:
            if chosen and to:
                to = Event.objects.with_evidence().get(pk=to.pk)
                left, other = curating.preview_move(chosen, to)
                then = [(left, event), (other, to)]
            elif chosen:
                left, other = curating.preview_split(event, chosen)
                then = [(left, event), (other, None)]
        except Unsuitable as error:
            problem = problem or str(error)
        now = [event, to] if to else [event]
        context = {
            "event": event,
            "passages": [(*self._shown(mention), mention in chosen) for mention in event.mentions.all()],
            "offered": offered,
            "to": to,
            "look": look,
            "nothing_found": bool(look) and not found,
            "choice": choice if then else "",
            "then": then,
            "now": now,
            "lines": lines(now, then) if then else [],
            "problem": problem,
            "tokens": [(one.pk, token(one)) for one in now],
            "reason": given.get("reason", ""),
        }
        return self.show(request, "event/split.html", "Split or move passages", status=status, **context)

    def _offered(self, event: Event, found: Iterable[Event], asked: str) -> list[Event]:
        """Events that passages may be moved to: what was looked for, the one chosen, and what is likely."""
        chosen = found_events(asked) if asked.isdecimal() else []
        near = likely_events(event, None, [str(event.country)])[:OFFERED]
        offered = dict.fromkeys([*found, *chosen, *near])
        return [other for other in offered if other != event]

    def _split(
        self, request: HttpRequest, event: Event, chosen: Sequence[Mention], to: Event | None
    ) -> HttpResponse:
        seen = tokens(request.POST)
        number = "1 passage" if len(chosen) == 1 else f"{len(chosen)} passages"
        with transaction.atomic():
            if to:
                every = {event.pk: "", to.pk: ""} | seen
                left = curating.move(chosen, to, seen=every, **deciding(request))
                decision = last_decision(chosen[0])
            else:
                mine = seen.get(event.pk, "none")
                to = curating.split(event, chosen, seen=mine, **deciding(request))
                left, decision = event, last_decision(to)
        if left.review == Review.REJECTED != event.review:
            words = format_html(
                "{} has no passage left, so it is now rejected.", change_link(left, left.title)
            )
            self.message_user(request, words, messages.WARNING)
        return self._done(request, to, f"{number} now with {{}}.", decision)

    # What the pages share

    def _check(self, request: HttpRequest, *others: str) -> None:
        if not self.has_change_permission(request) or not request.user.has_perms(others):
            raise PermissionDenied

    def _shown(self, mention: Mention) -> tuple[Mention, SafeString]:
        return mention, in_context(mention)

    def _done(
        self, request: HttpRequest, event: Event, words: str, decision: Decision | None
    ) -> HttpResponse:
        event.refresh_from_db()
        told = format_html(words, change_link(event, event.title))
        if decision:
            self.log_change(request, event, str(decision))
        self.message_user(request, told + undo_link(request, decision), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:timeline_event_change", args=[event.pk]))
