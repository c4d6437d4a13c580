"""Events -> a Plotly figure: lanes, marks, bars. Knows no request and no page.

A lane holds the events of one kind, country or actor, in as many rows as it takes for no two to stand on
each other. Colour and symbol say the kind; the mark is filled where the event took place, open where it
is planned or proposed, dotted while it goes on, crossed where it was called off, ringed where it is
disputed. A date no finer than a month is a bar as long as the date is wide; a bar whose date is open on one
side fades out on that side. Nothing is drawn beyond what the date says: an open end is never a far-off day.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Left
from django.urls import reverse
from django_countries import countries
from plotly import graph_objects

from timeline import edtf_dates
from timeline.models import EventQuerySet, Kind, Mention, Participation, Status

go: Any = graph_objects  # Plotly comes without types

LIMIT = 2000  # marks drawn at most; a browser draws as many in about 0.1 s
LANES = 12
QUOTE = 160
LINE = re.compile(r".{1,56}(?=\s|$)|\S{56}")  # what fits on a line of a hover label
LAST_DAY = date.max.toordinal()
DAY = 86_400_000  # milliseconds, the unit of lengths on a date axis

# Okabe and Ito's palette, its two lightest hues darkened to stand 3:1 against white; symbols say the same.
COLOURS = {
    Kind.REFERENDUM: "#009E73",
    Kind.ELECTION: "#0072B2",
    Kind.CRACKDOWN: "#D55E00",
    Kind.PROTEST: "#B8609A",
    Kind.CONSTITUTIONAL_CHANGE: "#AD7A00",
}
SYMBOLS = {
    Kind.REFERENDUM: "diamond",
    Kind.ELECTION: "square",
    Kind.CRACKDOWN: "triangle-up",
    Kind.PROTEST: "circle",
    Kind.CONSTITUTIONAL_CHANGE: "pentagon",
}
FILLS = {
    Status.OCCURRED: "",
    Status.ONGOING: "-open-dot",
    Status.PLANNED: "-open",
    Status.PROPOSED: "-open",
    Status.CANCELLED: "-open",
}
SOLID = 0.38
FADE = (0.32, 0.29, 0.26, 0.22, 0.18, 0.14, 0.10, 0.07, 0.04, 0.02)
LINES = "rgba(128, 128, 128, 0.22)"
CROSS = "#808080"
CLEAR = "rgba(0, 0, 0, 0)"

MARK_SHARE = 0.022  # of the chart's width: what a mark takes up, where there are few
CROWD = 120  # from so many on, marks stand closer
ROW_PIXELS, LEAST_ROW_PIXELS, MOST_PIXELS = 30, 8, 720
HEADING_PIXELS = 24
LEAST_PIXELS = 200  # Plotly leaves out a label that is taller than the chart
AXIS_PIXELS = 46


class Dot(NamedTuple):
    """What is drawn of one event; the quote and its source are those of its first passage."""

    pk: int
    kind: str
    title: str
    date: str
    status: str
    disputed: bool
    country: str
    quote: str | None = None
    headline: str | None = None
    publisher: str | None = None


def read(events: EventQuerySet) -> list[Dot]:
    """The dated events among those given, as many as can be drawn, in one query."""
    first = Mention.objects.filter(event=OuterRef("pk")).order_by("pk")
    rows = (
        events.filter(sort_date__isnull=False)
        .annotate(
            quote=Subquery(first.values(words=Left("quote", QUOTE + 1))[:1]),
            headline=Subquery(first.values("source__headline")[:1]),
            publisher=Subquery(first.values("source__publisher")[:1]),
        )
        .values_list(*Dot._fields)[:LIMIT]
    )
    return [Dot(*row) for row in rows]


def lanes_by(group: str, dots: Sequence[Dot]) -> dict[int, list[str]]:
    """The names of the lanes that each event stands in: one, or with `group` "actor" one an actor."""
    if group == "country":
        return {dot.pk: [countries.name(dot.country) or "Country unknown"] for dot in dots}
    if group == "actor":
        names: dict[int, list[str]] = defaultdict(list)
        parts = Participation.objects.filter(event__in=[dot.pk for dot in dots])
        for event, name in parts.values_list("event", "actor__name").distinct():
            names[event].append(name)
        return {dot.pk: sorted(names[dot.pk]) or ["No actor named"] for dot in dots}
    return {dot.pk: [str(Kind(dot.kind).label)] for dot in dots}


@dataclass
class Lane:
    """One band of the chart: where each of its events stands, counted in rows from the lane's top."""

    name: str
    placed: list[tuple[Dot, int]] = field(default_factory=list)
    rows: int = 1


class Shape(NamedTuple):
    """Where an event is drawn, in days (ordinals).

    A bar that fades runs from its known end, or the edge of the view where that lies outside, to the open
    side: backwards for "by February". Its mark stands at the known end, and nowhere if that is out of view.
    """

    begin: float
    end: float
    middle: float | None
    fades: bool


@dataclass(frozen=True)
class Scale:
    """The stretch of days that the chart shows, first and last included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def seen(self, dot: Dot) -> "Shape":
        """What can be seen here of the event's date, which lies at least partly within."""
        earliest, latest = edtf_dates.bounds(dot.date)
        left, right = self.first.toordinal(), self.last.toordinal() + 1
        if earliest and latest:
            begin, end = max(left, earliest.toordinal()), min(right, latest.toordinal() + 1)
            return Shape(begin, end, (begin + end) / 2, fades=False)
        if earliest:
            known = earliest.toordinal()
            return Shape(max(left, known), right, known if known >= left else None, fades=True)
        assert latest  # noqa: S101  (undated events are never drawn)
        known = latest.toordinal() + 1
        return Shape(min(right, known), left, known if known <= right else None, fades=True)


def timeline(
    dots: Sequence[Dot],
    lanes: dict[int, list[str]],
    first: date | None = None,
    last: date | None = None,
) -> Any:
    """The figure for these events.

    `lanes` names the lanes of each event by its id (see `lanes_by`); `first` and `last` are the days that
    the view begins and ends with, None for as far as the events go.
    """
    scale = _scale(dots, first, last)
    bands = _stacked(_in_lanes(dots, lanes), scale)
    lines_of_marks = max(1, sum(band.rows for band in bands))
    room = MOST_PIXELS - len(bands) * HEADING_PIXELS
    row_pixels = max(LEAST_ROW_PIXELS, min(ROW_PIXELS, room / lines_of_marks))
    heading = HEADING_PIXELS / row_pixels
    drawing = _Drawing(scale, size=round(min(14, row_pixels * 0.62), 1))
    notes, lines, top = [], [], 0.0
    for band in bands:
        if top:
            lines.append(_line(top))
        notes.append(_heading(band, top))
        for dot, row in band.placed:
            drawing.add(dot, top + heading + row + 0.45)
        top += heading + band.rows
    return go.Figure(drawing.traces(), _layout(scale, top, row_pixels, notes, lines))


def _scale(dots: Sequence[Dot], first: date | None, last: date | None) -> Scale:
    """What is asked for; on a side that isn't, as far as the events go and a little air."""
    known = [day for dot in dots for day in edtf_dates.bounds(dot.date) if day]
    low = first or min([*known, *([last] if last else [])], default=date(2000, 1, 1))
    high = last or max([*known, *([first] if first else [])], default=date(2025, 12, 31))
    air = max(45, (high - low).days // 25)
    return Scale(first or _moved(min(low, high), -air), last or _moved(max(low, high), air))


def _moved(day: date, days: int) -> date:
    """The day so many days on, held within the years 1 to 9999."""
    return date.fromordinal(max(1, min(date.max.toordinal(), day.toordinal() + days)))


def _in_lanes(dots: Sequence[Dot], lanes: dict[int, list[str]]) -> dict[str, list[Dot]]:
    """Events by lane: kinds in their own order, else the fullest first; beyond `LANES`, one for the rest."""
    sizes = Counter(name for dot in dots for name in lanes[dot.pk])
    kinds = [str(label) for label in Kind.labels]
    ordered = sorted(sizes, key=lambda name: (kinds.index(name) if name in kinds else -sizes[name], name))
    others = set(ordered[LANES - 1 :]) if len(ordered) > LANES else set()
    members: dict[str, list[Dot]] = {name: [] for name in ordered if name not in others}
    for dot in dots:
        for name in dict.fromkeys("All others" if name in others else name for name in lanes[dot.pk]):
            members.setdefault(name, []).append(dot)
    return members


def _stacked(members: dict[str, list[Dot]], scale: Scale) -> list[Lane]:
    """Each event in the first row of its lane that is free where it stands."""
    crowding = sum(map(len, members.values())) / CROWD
    mark = scale.days * MARK_SHARE / max(1, crowding) ** 0.5
    bands = []
    for name, dots in members.items():
        band = Lane(name)
        ends: list[float] = []
        for begin, end, dot in sorted((*_extent(dot, scale, mark), dot) for dot in dots):
            row = next((row for row, taken in enumerate(ends) if taken <= begin), len(ends))
            ends[row : row + 1] = [end]
            band.placed.append((dot, row))
        band.rows = max(1, len(ends))
        bands.append(band)
    return bands


def _extent(dot: Dot, scale: Scale, mark: float) -> tuple[float, float]:
    """First and last day that it takes up in its row: bar, mark and the strong part of a fading bar."""
    shape = scale.seen(dot)
    if shape.fades:
        strong = 4 * mark * (1 if shape.end > shape.begin else -1)
        begin, end = sorted((shape.begin, shape.begin + strong))
    else:
        begin, end = shape.begin, shape.end
    if shape.middle is None:
        return begin, end
    return min(begin, shape.middle - mark / 2), max(end, shape.middle + mark / 2)


class _Points:
    """Parallel lists of one trace, gathered before Plotly sees them: it checks a whole list at once."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = defaultdict(list)

    def add(self, **values: object) -> None:
        for name, value in values.items():
            self.columns[name].append(value)


class _Drawing:
    """Marks and bars gathered into few traces: Plotly's cost is by trace first."""

    def __init__(self, scale: Scale, size: float) -> None:
        self.scale = scale
        self.size = size
        self.before, _, self.after = reverse("event", args=[0]).rpartition("0")
        self.bars: dict[str, _Points] = defaultdict(_Points)
        self.handles = _Points()
        self.marks: dict[tuple[str, str], _Points] = defaultdict(_Points)
        self.crosses = _Points()
        self.rings: dict[str, _Points] = defaultdict(_Points)

    def add(self, dot: Dot, y: float) -> None:
        address = f"{self.before}{dot.pk}{self.after}"
        shape = self.scale.seen(dot)
        if shape.fades or shape.end - shape.begin > 1:
            self._bar(dot, y, shape)
            begin, length = _stretch(shape.begin, shape.end)
            self.handles.add(base=begin, x=length, y=y, customdata=address, hovertext=_headline(dot))
        if shape.middle is None:
            return
        x = _moment(shape.middle)
        self.marks[dot.kind, FILLS[Status(dot.status)]].add(
            x=x, y=y, customdata=address, hovertext=_hover(dot)
        )
        if dot.status == Status.CANCELLED:
            self.crosses.add(x=x, y=y)
        if dot.disputed:
            self.rings[dot.kind].add(x=x, y=y)

    def _bar(self, dot: Dot, y: float, shape: Shape) -> None:
        """One even bar, or slices ever longer and fainter from the known end to the edge of the view."""
        reach = shape.end - shape.begin
        opacities = FADE if shape.fades else (SOLID,)
        shares = [part**2 / len(opacities) ** 2 for part in range(len(opacities) + 1)]
        for (start, end), opacity in zip(pairwise(shares), opacities, strict=True):
            begin, length = _stretch(shape.begin + reach * start, shape.begin + reach * end)
            self.bars[dot.kind].add(base=begin, x=length, y=y, opacity=opacity)

    def traces(self) -> list[Any]:
        """Bars beneath, what takes the pointer for them, then marks, rings and crosses."""
        return [
            *(self._bars(points, COLOURS[Kind(kind)]) for kind, points in sorted(self.bars.items())),
            *([self._handles()] if self.handles.columns else []),
            *(
                self._marks(points, SYMBOLS[Kind(kind)] + fill, COLOURS[Kind(kind)])
                for (kind, fill), points in sorted(self.marks.items())
            ),
            *(
                self._marks(points, "circle-open", COLOURS[Kind(kind)], larger=0.6 * self.size + 1, width=1.5)
                for kind, points in sorted(self.rings.items())
            ),
            *(
                [self._marks(self.crosses, "x-thin-open", CROSS, larger=0.4 * self.size)]
                if self.crosses.columns
                else []
            ),
        ]

    def _bars(self, points: _Points, colour: str) -> Any:
        marker = {"color": colour, "opacity": points.columns.pop("opacity"), "line": {"width": 0}}
        return go.Bar(orientation="h", width=0.36, marker=marker, hoverinfo="skip", **points.columns)

    def _handles(self) -> Any:
        """One unseen bar over each that is drawn, slices and all, for the pointer to find."""
        return go.Bar(
            name="handles",
            orientation="h",
            width=0.7,
            opacity=0,
            marker={"line": {"width": 0}},
            hoverinfo="text",
            **self.handles.columns,
        )

    def _marks(self, points: _Points, symbol: str, colour: str, larger: float = 0, width: float = 2) -> Any:
        return go.Scatter(
            mode="markers",
            marker={
                "symbol": symbol,
                "color": colour,
                "size": round(self.size + larger, 1),
                "opacity": 1,
                "line": {"width": width} if "open" in symbol else {"width": 0},
            },
            hoverinfo="text" if "hovertext" in points.columns else "skip",
            cliponaxis=True,
            **points.columns,
        )


def _moment(day: float) -> str:
    """A point on the axis, from an ordinal with its part of a day; never beyond the year 9999."""
    whole, minutes = divmod(round(min(day, LAST_DAY) * 1440), 1440)
    return f"{date.fromordinal(whole)} {minutes // 60:02}:{minutes % 60:02}"


def _stretch(one: float, other: float) -> tuple[str, int]:
    """A bar's start and its length in milliseconds, from its two ends in either order."""
    begin, end = sorted((one, other))
    return _moment(begin), round((min(end, LAST_DAY) - begin) * DAY)


def _headline(dot: Dot) -> str:
    """What pointing at a bar tells: title and date."""
    return f"{_wrapped(shortened(dot.title, 110))}<br>{escape(_told(dot))}"


def _hover(dot: Dot) -> str:
    """What pointing at a mark tells, all of it escaped, for Plotly reads some tags.

    The line break is the only tag used: the others become style attributes, which the site's policy forbids.
    """
    parts = [_headline(dot)]
    if dot.quote:
        parts.append(_wrapped(f"“{shortened(dot.quote, QUOTE)}”"))
    if dot.headline:
        parts.append(escape(shortened(dot.headline, 60)))
    if dot.publisher:
        parts.append(escape(shortened(dot.publisher, 60)))
    return "<br>".join(parts)


def _told(dot: Dot) -> str:
    facts = [edtf_dates.in_words(dot.date)]
    if dot.status != Status.OCCURRED:
        facts.append(Status(dot.status).label.lower())
    if dot.disputed:
        facts.append("disputed")
    return ", ".join(facts)


def shortened(text: str, most: int) -> str:
    """The text on one line, with an ellipsis where it was cut."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _wrapped(text: str) -> str:
    return "<br>".join(escape(line.strip()) for line in LINE.findall(text))


def _heading(band: Lane, top: float) -> dict[str, Any]:
    return {
        "text": f"{escape(shortened(band.name, 60))}  {len(band.placed)}",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": top,
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 13},
    }


def _line(y: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": y,
        "y1": y,
        "layer": "below",
        "line": {"color": LINES, "width": 1},
    }


def _layout(
    scale: Scale, rows: float, row_pixels: float, notes: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> dict[str, Any]:
    height = max(LEAST_PIXELS, round(rows * row_pixels + AXIS_PIXELS))
    return {
        "template": "none",
        "height": height,
        "margin": {"l": 4, "r": 4, "t": 4, "b": 42},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "namelength": 0},
        "barmode": "overlay",
        "dragmode": "zoom",
        "xaxis": {
            "type": "date",
            "range": [_moment(scale.first.toordinal()), _moment(scale.last.toordinal() + 1)],
            "gridcolor": LINES,
            "zeroline": False,
            "ticklabelposition": "outside",
        },
        "yaxis": {"range": [(height - AXIS_PIXELS) / row_pixels, 0], "visible": False, "fixedrange": True},
        "annotations": notes,
        "shapes": lines,
    }
