"""What programs are told of a page: those that search, show a link or frame it.

Its one address, a description, a picture, schema.org's data, and the code of a frame for other sites. The
page's own template puts it all into its head (`_about.html`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from timeline.charts import line
from timeline.exports import structured
from timeline.filters import Selection
from timeline.models import Actor, Event, Mention, Source

SITE = "Political event timeline"
DESCRIPTION, TITLE = 300, 110  # characters
WIDE, HIGH, LOW = 800, 640, 360  # pixels of a frame: wide, and high for a timeline and for one event
# Scripts draw the chart and links open outside; the frame can't lead away the page that it stands in.
SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"
ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"}


@dataclass(frozen=True)
class About:
    """Addresses are whole, with the site's name. `data` is the value of a JSON-LD block."""

    title: str
    description: str
    address: str
    picture: str
    frame: str = ""
    height: int = HIGH
    kind: str = "article"
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def heading(self) -> str:
        return self.title if self.title == SITE else f"{self.title} · {SITE}"

    @property
    def json(self) -> SafeString:
        """The data as it can stand in a script element: nothing in it ends that or begins a comment."""
        return mark_safe(json.dumps(self.data).translate(ESCAPES))  # noqa: S308

    @property
    def code(self) -> SafeString:
        """The frame as HTML for other sites, as wide as there is room."""
        return frame(self.frame, self.heading, "100%", self.height)

    @property
    def oembed(self) -> dict[str, str]:
        """Where the same is told in oEmbed's formats, by media type."""
        if not self.frame:
            return {}
        begin = self.frame[: self.frame.index("/", 8)] + reverse("oembed")
        return {
            media: f"{begin}?{urlencode({'url': self.address, 'format': name})}"
            for name, media in (("json", "application/json+oembed"), ("xml", "text/xml+oembed"))
        }


def frame(address: str, title: str, width: int | str, height: int) -> SafeString:
    """An iframe for another site."""
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" style="border: 0; max-width: 100%" loading="lazy"'
        ' referrerpolicy="no-referrer" sandbox="{}"></iframe>',
        address,
        title,
        width,
        height,
        SANDBOX,
    )


def of_timeline(selection: Selection, site: str, events: Sequence[Event] = (), number: int = 1) -> About:
    """A timeline with its filters, of which these events stand on the page with this number."""
    first, last = _reach(selection)
    title = _title(selection)
    description = _in_short(len(selection.rows), first, last)
    query = selection.parameters.urlencode()
    files = {"text/csv": "/events.csv", "application/json": "/events.json"}
    address = _with(f"{site}{reverse('timeline')}", query)
    return About(
        title=title,
        description=description,
        address=_paged(address, selection.parameters, number),
        picture=_with(site + reverse("picture"), query),
        frame=_with(site + reverse("embed"), query),
        kind="website",
        data=structured.dataset(
            name=title,
            description=description,
            address=address,
            first=first,
            last=last,
            files={media: _with(site + path, query) for media, path in files.items()},
            events=[(event.title, site + event.get_absolute_url()) for event in events],
            total=len(selection.rows),
        ),
    )


def _reach(selection: Selection) -> tuple[date | None, date | None]:
    """The first and the last day that is known of any of the events."""
    known, rows = selection.columns, selection.dated
    days = np.concatenate([known.first[rows], known.last[rows]])
    days = days[days > 0]
    if not len(days):
        return None, None
    return date.fromordinal(int(days.min())), date.fromordinal(int(days.max()))


def _title(selection: Selection) -> str:
    return line(", ".join(chip.label for chip in selection.chips), TITLE) or SITE


def _in_short(count: int, first: date | None, last: date | None) -> str:
    when = ""
    if first and last:
        when = f" of {first.year}" if first.year == last.year else f" from {first.year} to {last.year}"
    events = "1 event" if count == 1 else f"{count:,} events"
    return f"{events}{when}, read out of news articles, each date led back to the words that gave it."


def _with(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address


def _paged(address: str, parameters: QueryDict, number: int) -> str:
    if number == 1:
        return address
    return f"{address}{'&' if parameters else '?'}page={number}"


def of_event(event: Event, told: Sequence[tuple[Source, Sequence[Mention]]], site: str) -> About:
    """An event, with its passages by source."""
    address = site + event.get_absolute_url()
    description = line(" ".join([facts_of(event) + ".", *_quoted(told)]), DESCRIPTION)
    return About(
        title=line(event.title, TITLE),
        description=description,
        address=address,
        picture=site + reverse("event_picture", args=[event.pk]),
        frame=site + reverse("embedded_event", args=[event.pk]),
        height=LOW,
        data=structured.event(event, told, description, site),
    )


def facts_of(event: Event) -> str:
    """Kind, country and date in words, with what else there is to say of it."""
    facts = [event.date_in_words, event.get_kind_display()]
    facts += [event.country.name] if event.country else []
    facts += [event.get_status_display().lower()] if event.status != "occurred" else []
    facts += ["disputed"] if event.disputed else []
    return ", ".join(facts)


def quote_of(told: Sequence[tuple[Source, Sequence[Mention]]]) -> tuple[Source, Mention] | None:
    """The first passage that still stands, else the first of all, with its source."""
    passages = [(source, mention) for source, mentions in told for mention in mentions]
    standing = [one for one in passages if one[1].standing == Mention.Standing.CURRENT]
    return next(iter(standing or passages), None)


def _quoted(told: Sequence[tuple[Source, Sequence[Mention]]]) -> list[str]:
    if not (found := quote_of(told)):
        return []
    source, mention = found
    return [f"“{line(mention.quote, 200)}”", named(source)]


def named(source: Source) -> str:
    """Who published it, else its headline, and when."""
    told = source.published
    name = line(source.publisher or source.headline, 70)
    return f"{name}, {told.day} {told:%B} {told.year}"


def of_source(source: Source, site: str) -> About:
    """A source; its picture is that of the timeline of its events."""
    body = source.text.removeprefix(source.headline).strip()
    return About(
        title=line(source.headline, TITLE),
        description=line(f"{named(source)}. {body[:2000]}", DESCRIPTION),
        address=site + source.get_absolute_url(),
        picture=f"{site}{reverse('picture')}?source={source.pk}",
        data=structured.source(source, site),
    )


def of_actor(actor: Actor, selection: Selection, site: str, number: int = 1) -> About:
    """An actor, with the filters that its timeline has."""
    events = "1 event" if len(selection.rows) == 1 else f"{len(selection.rows):,} events"
    facts = [actor.get_kind_display() if actor.kind else "", actor.country.name if actor.country else ""]
    also = f"Also named {', '.join(map(str, actor.aliases))}." if actor.aliases else ""
    told = f"{', '.join(fact for fact in facts if fact)}. " if any(facts) else ""
    address = _with(site + actor.get_absolute_url(), selection.parameters.urlencode())
    return About(
        title=line(actor.name, TITLE),
        description=line(f"{told}{also} Takes part in {events}.", DESCRIPTION),
        address=_paged(address, selection.parameters, number),
        picture=f"{site}{reverse('picture')}?actor={actor.pk}",
        kind="profile",
        data=structured.actor(actor, site),
    )
