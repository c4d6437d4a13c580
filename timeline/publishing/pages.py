"""The pages of a copy, made one by one from the site's own templates."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import get_urlconf, reverse, set_urlconf
from django.utils.safestring import SafeString, mark_safe

from timeline import charts, views
from timeline.exports import json_document
from timeline.exports.chosen import Chosen
from timeline.exports.formats import FORMATS, Format, in_pieces
from timeline.filters import Selection
from timeline.models import Actor, Event, Participation, Source
from timeline.publishing import addresses
from timeline.publishing.markup import NAME, Lead, rewritten
from timeline.publishing.places import FRONT, PATHS, STATIC, Places, file_of_year, leading, numbered

File: TypeAlias = tuple[str, Iterable[bytes]]
Context: TypeAlias = dict[str, Any]

AT_A_TIME = 200
# Chromium and Firefox take a page from a folder for a site of its own, which `file:` lets read beside it.
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data:; "
    "form-action 'none'; base-uri 'none'"
)
# Within a script element: nothing that could end it.
UNSAFE = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class Notice:
    """What the templates say of the copy that a page is part of."""

    title: str
    policy: str
    note: str


class Publication:
    """The events that a query string chooses, as files. `site` is where they will stand, if that is known."""

    def __init__(self, selection: Selection, made: date, *, site: str = "", title: str = "") -> None:
        self.selection = selection
        self.places = Places(selection)
        self.made = made
        self.site = site
        self.title = title or NAME

    def __len__(self) -> int:
        """How many pages there are at least: lists of actors and years may go on over several."""
        places = self.places
        lists = -(-len(places.events) // views.PER_PAGE) or 1
        return lists + len(places.events) + len(places.sources) + len(places.actors) + len(self.places.years)

    @cached_property
    def told(self) -> dict[str, Any]:
        """What the copy says of itself."""
        return {
            "title": self.title,
            "address": self.site,
            "query": self.selection.parameters.urlencode(),
            "events": len(self.places.events),
            "sources": len(self.places.sources),
            "actors": len(self.places.actors),
            "made": self.made.isoformat(),
        }

    # The notes at the foot of the pages

    @property
    def note(self) -> str:
        """Without a date, so that a page on which nothing has changed stays the same file."""
        return "This is a static copy. Its first page says when it was made."

    @property
    def front_note(self) -> str:
        made = f"{self.made.day} {self.made:%B %Y}"
        where = f" It stands at {self.site}." if self.site else ""
        return f"This is a static copy, made on {made}.{where}"

    # The files

    def pages(self) -> Iterator[File]:
        """Every page, made as it is asked for."""
        yield from self._lists(self.selection, FRONT, reverse("timeline"), "published.html", self._front())
        for year in self.places.years:
            yield from self._lists(
                self.places.of_year(year),
                file_of_year(year),
                reverse("timeline"),
                "published.html",
                {"year": year},
            )
        yield from self._events()
        yield from self._sources()
        yield from self._actors()

    def files(self) -> Iterator[File]:
        """What the pages made so far lead to that is no page."""
        for form in FORMATS:
            yield form.address, self._data(form)
        yield reverse("schema").removeprefix("/"), [json_document.SCHEMA.read_bytes()]
        for name in sorted(self.places.static):
            yield STATIC + name, _static(name)

    def _data(self, form: Format) -> Iterator[bytes]:
        """The chosen events in one format; the addresses in it are those of the copy."""
        site = self.site.removesuffix("/") or "."
        at = datetime.combine(self.made, time(), UTC)
        before = get_urlconf()
        set_urlconf(addresses.__name__)
        try:
            chosen = Chosen(self.places.events, site, site + reverse("timeline"), at)
            yield from in_pieces(form.write(chosen))
        finally:
            set_urlconf(before)

    # Lists with a chart

    def _lists(
        self, selection: Selection, file: str, address: str, template: str, more: Context
    ) -> Iterator[File]:
        """The pages of a list; the first has the chart."""
        for number in count(1):
            context = views.listing(selection, number) | more
            if number == 1:
                context |= self._chart(selection, file, address)
            yield self._page(template, context, address, numbered(file, number))
            if not context["page"].has_next():
                return

    def _chart(self, selection: Selection, file: str, address: str) -> Context:
        if not len(selection.dated):
            return {}
        chart = views.chart_of(selection, quoted=True)
        lead = leading(self.places, address, file)
        drawn = charts.plotly_figure(chart, views.meta(selection))
        for trace in drawn["data"]:
            if "customdata" in trace:
                trace["customdata"] = [_target(one, selection, lead) for one in trace["customdata"]]
        return views.drawing(selection, chart) | {"figure": _within_script(charts.plotly_json(drawn))}

    def _front(self) -> Context:
        zoom = views.zoom(self.selection)
        return {
            "years": [(year, zoom(date(year, 1, 1), date(year, 12, 31))) for year in self.places.years],
            "files": [(form.address, form.label) for form in FORMATS],
            "note": self.front_note,
        }

    def _actors(self) -> Iterator[File]:
        keys = self.places.actors
        for start in range(0, len(keys), AT_A_TIME):
            some = keys[start : start + AT_A_TIME].tolist()
            found, roles = Actor.objects.public().in_bulk(some), self._roles(some)
            for key in some:
                address, file = reverse("actor", args=[key]), PATHS["actor"].format(key)
                if key not in found:
                    yield self._gone(address, file)
                    continue
                more = {"actor": found[key], "is_public": True, "nothing": QueryDict(), "roles": roles[key]}
                selection = self.selection.only_with("actor", key)
                yield from self._lists(selection, file, address, "actor.html", more)

    def _roles(self, actors: list[int]) -> dict[int, list[tuple[str, int]]]:
        """In how many of the chosen events each has which part."""
        counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
        parts = Participation.objects.filter(actor__in=actors).order_by("role", "pk")
        for actor, role, event in parts.values_list("actor", "role", "event").iterator():
            if ("event", event) in self.places:
                counted[actor][Participation.Role(role).label] += 1
        return {actor: list(counted[actor].items()) for actor in actors}

    # Events and sources

    def _events(self) -> Iterator[File]:
        keys = self.places.events
        for start in range(0, len(keys), AT_A_TIME):
            around = keys[max(0, start - 1) : start + AT_A_TIME + 1].tolist()
            # The batch, with the neighbours in time of its first and last.
            found = (
                Event.objects.public().prefetch_related("mentions", "participations__actor").in_bulk(around)
            )
            for place in range(start, min(start + AT_A_TIME, len(keys))):
                key = int(keys[place])
                address, file = reverse("event", args=[key]), PATHS["event"].format(key)
                if key not in found:
                    yield self._gone(address, file)
                    continue
                context = views.told_of(found[key]) | {
                    "previous": found.get(int(keys[place - 1])) if place else None,
                    "next": found.get(int(keys[place + 1])) if place + 1 < len(keys) else None,
                }
                yield self._page("event.html", context, address, file)

    def _sources(self) -> Iterator[File]:
        sources = Source.objects.public().select_related("replaced_by").defer("replaced_by__text")
        for key in self.places.sources.tolist():
            address, file = reverse("source", args=[key]), PATHS["source"].format(key)
            source = sources.filter(pk=key).first()
            if source is None:
                yield self._gone(address, file)
                continue
            passages = [one for one in views.passages_of(source) if ("event", one.event_id) in self.places]
            context = views.marked(source, passages) | {"is_public": True}
            yield self._page("source.html", context, address, file)

    # One page

    def _page(self, template: str, context: Context, address: str, file: str) -> File:
        note = context.get("note", self.note)
        page = render_to_string(template, context | {"published": Notice(self.title, POLICY, note)})
        lead = leading(self.places, address, file)
        cite = leading(self.places, address, file, self.site) if self.site else lead
        return file, [rewritten(page, lead, cite=cite, title=self.title)]

    def _gone(self, address: str, file: str) -> File:
        """What has gone since the copy was begun: pages that are made already lead there."""
        return self._page("404.html", {}, address, file)


def _target(place: Any, selection: Selection, lead: Lead) -> str | None:
    """Where a click on a mark or a bar leads: to its event, or to the window that it stands for."""
    if isinstance(place, str):
        return lead(place)
    first, last = place
    return lead(views.zoom(selection)(date.fromisoformat(first), date.fromisoformat(last)))


def _within_script(text: str) -> SafeString:
    """JSON that nothing in it can end before its time."""
    return mark_safe(text.translate(UNSAFE))  # noqa: S308


def _static(name: str) -> Iterator[bytes]:
    found = finders.find(name)
    path = Path(found if isinstance(found, str) else staticfiles_storage.path(name))
    with path.open("rb") as file:
        yield from iter(lambda: file.read(1 << 16), b"")
