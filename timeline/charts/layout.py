"""Where everything stands: lanes, marks and bars. Knows no page, no request and no Plotly.

A lane holds the events of one kind, country or actor, in as many rows as it takes for no two to stand on
each other. Colour and symbol say the kind; the mark is filled where the event took place, open where it
is planned or proposed, dotted while it goes on, crossed where it was called off, ringed where it is
disputed. A date no finer than a month is a bar as long as the date is wide; a bar whose date is open on one
side fades out on that side. Nothing is drawn beyond what the date says: an open end is never a far-off day.

Where there are too many events for that, a lane holds bars that count them: see `binning.py`.

Across, everything is a share of the window, 0 to 1, which fits any width; down, it is pixels from the top.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from timeline import edtf_dates
from timeline.charts.events import Dot
from timeline.charts.scale import Scale, Window
from timeline.models import Kind

LANES = 12
OTHERS = "All others"

MARK_SHARE = 0.022  # of the chart's width: what a mark takes up, where there are few
CROWD = 120  # from so many on, marks stand closer
BAR = 0.36  # of a row
ROW_PIXELS, LEAST_ROW_PIXELS, MOST_PIXELS = 30, 8, 720
HEADING_PIXELS = 26
GAP = 0.1  # of a bin's width, left free
LEAST_PIXELS = 200
AXIS_PIXELS = 42


@dataclass(frozen=True)
class Lane:
    """One band of the chart; where bars count, `note` says what the tallest is and `height` is their room."""

    name: str
    count: int
    top: float
    note: str = ""
    height: float = 0


class Mark(NamedTuple):
    """An event, at the height of its middle.

    It lasts from `begin` to `end`, shares of the window: no longer than a day (`bar` is false), or a bar. One
    that fades runs from its known end, or the edge of the view where that lies outside, to the open side:
    backwards for "by February". The mark itself stands at the known end, and nowhere if that is out of view.
    """

    dot: Dot
    y: float
    begin: float
    end: float
    middle: float | None
    bar: bool
    fades: bool


class Part(NamedTuple):
    """A part of a bar that counts: one kind and one form (see `bins`), from `top` down."""

    kind: str
    form: str
    top: float
    height: float


class Bin(NamedTuple):
    """What a lane has in one unit of the calendar, from `begin` to `end` (shares), `first` to `last` (days).

    `counts` has a number for each kind that occurs, in their order; `unheld` are those among them that are
    planned, proposed or cancelled.
    """

    lane: Lane
    name: str
    first: date
    last: date
    begin: float
    end: float
    counts: dict[str, float]
    unheld: float
    parts: list[Part]


@dataclass(frozen=True)
class Chart:
    """A drawing without a pen. `height` is all of it, `floor` is where the axis stands."""

    scale: Scale
    height: int
    lanes: list[Lane]
    size: float = 14  # pixels, a mark's width
    bar: float = 0  # pixels, a bar's height
    marks: list[Mark] = field(default_factory=list)
    bins: list[Bin] = field(default_factory=list)

    @property
    def floor(self) -> int:
        return self.height - AXIS_PIXELS


class _Extent(NamedTuple):
    """What an event's date covers in the view, in days (ordinals); see `Mark`."""

    begin: float
    end: float
    middle: float | None
    fades: bool


def marks(dots: Sequence[Dot], lanes: dict[int, list[str]], window: Window = (None, None)) -> Chart:
    """Each event by itself; `lanes` names the lanes that it stands in by its id (see `lanes_by`)."""
    known_days = [day for dot in dots for day in edtf_dates.bounds(dot.date) if day]
    scale = Scale.around((min(known_days, default=None), max(known_days, default=None)), window)
    extents = {dot.pk: _seen(dot, scale) for dot in dots}
    bands = _stacked(_in_lanes(dots, lanes), extents, scale)
    rows = max(1, sum(band.rows for band in bands))
    room = MOST_PIXELS - len(bands) * HEADING_PIXELS
    row_pixels = max(LEAST_ROW_PIXELS, min(ROW_PIXELS, room / rows))
    drawn: list[Mark] = []
    headed: list[Lane] = []
    top = 0.0
    for band in bands:
        headed.append(Lane(band.name, len(band.placed), top))
        middle = top + HEADING_PIXELS + 0.45 * row_pixels
        drawn.extend(
            _mark(dot, round(middle + row * row_pixels, 1), extents[dot.pk], scale)
            for dot, row in band.placed
        )
        top = float(round(top + HEADING_PIXELS + band.rows * row_pixels))
    return Chart(
        scale,
        max(LEAST_PIXELS, int(top) + AXIS_PIXELS),
        headed,
        size=round(min(14, row_pixels * 0.62), 1),
        bar=round(row_pixels * BAR, 1),
        marks=drawn,
    )


def _seen(dot: Dot, scale: Scale) -> _Extent:
    """What can be seen here of the event's date, which lies at least partly within."""
    earliest, latest = edtf_dates.bounds(dot.date)
    left, right = scale.begin, scale.end
    if earliest and latest:
        begin, end = max(left, earliest.toordinal()), min(right, latest.toordinal() + 1)
        return _Extent(begin, end, (begin + end) / 2, fades=False)
    if earliest:
        day = earliest.toordinal()
        return _Extent(max(left, day), right, day if day >= left else None, fades=True)
    assert latest  # noqa: S101  (undated events are never drawn)
    day = latest.toordinal() + 1
    return _Extent(min(right, day), left, day if day <= right else None, fades=True)


def _mark(dot: Dot, y: float, extent: _Extent, scale: Scale) -> Mark:
    return Mark(
        dot,
        y,
        scale.share(extent.begin),
        scale.share(extent.end),
        None if extent.middle is None else scale.share(extent.middle),
        bar=extent.fades or extent.end - extent.begin > 1,
        fades=extent.fades,
    )


def ordered(sizes: dict[str, int]) -> list[str]:
    """The lanes' names: kinds in their own order, else the fullest first; some left out beyond `LANES`."""
    kinds = [str(label) for label in Kind.labels]
    names = sorted(sizes, key=lambda name: (kinds.index(name) if name in kinds else -sizes[name], name))
    return names[: LANES - 1] if len(names) > LANES else names


def _in_lanes(dots: Sequence[Dot], lanes: dict[int, list[str]]) -> dict[str, list[Dot]]:
    """Events by lane, those of lanes that are left out in one for all of them."""
    sizes = Counter(name for dot in dots for name in lanes[dot.pk])
    members: dict[str, list[Dot]] = {name: [] for name in ordered(sizes)}
    own = set(members)
    for dot in dots:
        for name in dict.fromkeys(name if name in own else OTHERS for name in lanes[dot.pk]):
            members.setdefault(name, []).append(dot)
    return members


@dataclass
class _Band:
    """A lane's events, each in its row."""

    name: str
    placed: list[tuple[Dot, int]] = field(default_factory=list)
    rows: int = 1


def _stacked(members: dict[str, list[Dot]], extents: dict[int, _Extent], scale: Scale) -> list[_Band]:
    """Each event in the first row of its lane that is free where it stands."""
    crowding = sum(map(len, members.values())) / CROWD
    mark = scale.days * MARK_SHARE / max(1, crowding) ** 0.5
    bands = []
    for name, dots in members.items():
        band = _Band(name)
        ends: list[float] = []
        for begin, end, dot in sorted((*_taken(extents[dot.pk], mark), dot) for dot in dots):
            row = next((row for row, taken in enumerate(ends) if taken <= begin), len(ends))
            ends[row : row + 1] = [end]
            band.placed.append((dot, row))
        band.rows = max(1, len(ends))
        bands.append(band)
    return bands


def _taken(extent: _Extent, mark: float) -> tuple[float, float]:
    """First and last day that it takes up in its row: bar, mark and the strong part of a fading bar."""
    begin, end = extent.begin, extent.end
    if extent.fades:
        strong = 4 * mark * (1 if end > begin else -1)
        begin, end = sorted((begin, begin + strong))
    if extent.middle is None:
        return begin, end
    return min(begin, extent.middle - mark / 2), max(end, extent.middle + mark / 2)
