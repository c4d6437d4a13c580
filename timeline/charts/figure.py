"""The chart as a Plotly figure: a plain dict, for Plotly's own classes take most of a second to fill.

It is drawn with bars and points alone, which the smallest bundle of Plotly knows, and stands where `svg.py`
draws it, to the pixel, so that it can take that drawing's place.
"""

import re
from collections import defaultdict
from html import escape
from itertools import pairwise
from typing import Any

from django.urls import reverse
from plotly.io import json

from timeline.charts import looks
from timeline.charts.layout import AXIS_PIXELS, GAP, HEADING_PIXELS, Chart, Lane, Mark
from timeline.charts.looks import COLOURS, CROSS, FADE, FILLS, LINES, PALE, RING_LINE, SOLID, SYMBOLS
from timeline.charts.scale import LAST_DAY, MARGIN, Scale, moment
from timeline.charts.words import TITLE, contents, heading, shortened, told
from timeline.models import Status

plotly_io: Any = json  # Plotly comes without types

Trace = dict[str, Any]

DAY = 86_400_000  # milliseconds, the unit of lengths on a date axis
CLEAR = "rgba(0, 0, 0, 0)"
WIDTH = 56  # letters that fit on a line of a hover label
LINE = re.compile(rf".{{1,{WIDTH}}}(?=\s|$)|\S{{{WIDTH}}}")
QUOTE = 90


def plotly_figure(chart: Chart, meta: dict[str, Any] | None = None) -> dict[str, Any]:
    """The figure's data and layout; `meta` goes along in `layout.meta`."""
    drawing = _Drawing(chart)
    for mark in chart.marks:
        drawing.add(mark)
    data = [*drawing.traces(), *_bins(chart)]
    return {"data": data, "layout": {**_layout(chart), **({"meta": meta} if meta else {})}}


def plotly_json(figure: dict[str, Any]) -> str:
    """The figure as Plotly writes JSON."""
    return str(plotly_io.to_json_plotly(figure))


class _Points:
    """Parallel lists of one trace."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = defaultdict(list)

    def add(self, **values: object) -> None:
        for name, value in values.items():
            self.columns[name].append(value)


class _Drawing:
    """Marks and bars gathered into few traces: Plotly's cost is by trace first."""

    def __init__(self, chart: Chart) -> None:
        self.scale = chart.scale
        self.size = chart.size
        self.bar = chart.bar
        self.before, _, self.after = reverse("event", args=[0]).rpartition("0")
        self.bars: dict[str, _Points] = defaultdict(_Points)
        self.handles = _Points()
        self.marks: dict[tuple[str, str], _Points] = defaultdict(_Points)
        self.crosses = _Points()
        self.rings: dict[str, _Points] = defaultdict(_Points)

    def add(self, mark: Mark) -> None:
        dot = mark.dot
        address = f"{self.before}{dot.pk}{self.after}"
        headline, hover = _hover(mark)
        if mark.bar:
            begin, length = _stretch(self.scale, mark.begin, mark.end)
            if mark.fades:
                self._fading_bar(mark)
            else:
                self.bars[dot.kind].add(base=begin, x=length, y=mark.y, opacity=SOLID)
            self.handles.add(base=begin, x=length, y=mark.y, customdata=address, hovertext=headline)
        if mark.middle is None:
            return
        x = moment(self.scale.day(mark.middle))
        self.marks[dot.kind, FILLS[dot.status]].add(x=x, y=mark.y, customdata=address, hovertext=hover)
        if dot.status == Status.CANCELLED:
            self.crosses.add(x=x, y=mark.y)
        if dot.disputed:
            self.rings[dot.kind].add(x=x, y=mark.y)

    def _fading_bar(self, mark: Mark) -> None:
        """Slices ever longer and fainter from the known end to the edge of the view."""
        reach = mark.end - mark.begin
        shares = [part**2 / len(FADE) ** 2 for part in range(len(FADE) + 1)]
        for (start, end), opacity in zip(pairwise(shares), FADE, strict=True):
            begin, length = _stretch(self.scale, mark.begin + reach * start, mark.begin + reach * end)
            self.bars[mark.dot.kind].add(base=begin, x=length, y=mark.y, opacity=opacity)

    def traces(self) -> list[Trace]:
        """Bars beneath, what takes the pointer for them, then marks, rings and crosses."""
        return [
            *(self._bars(points, COLOURS[kind]) for kind, points in sorted(self.bars.items())),
            *([self._handles()] if self.handles.columns else []),
            *(
                _marks(points, SYMBOLS[kind] + fill, COLOURS[kind], self.size, looks.line(self.size))
                for (kind, fill), points in sorted(self.marks.items())
            ),
            *(
                _marks(points, "circle-open", COLOURS[kind], looks.ring(self.size), RING_LINE)
                for kind, points in sorted(self.rings.items())
            ),
            *(
                [_marks(self.crosses, "x-thin-open", CROSS, looks.cross(self.size), looks.line(self.size))]
                if self.crosses.columns
                else []
            ),
        ]

    def _bars(self, points: _Points, colour: str) -> Trace:
        opacities = points.columns.pop("opacity")
        marker = {"color": colour, "opacity": opacities, "line": {"width": 0}}
        return {
            "type": "bar",
            "orientation": "h",
            "width": self.bar,
            "marker": marker,
            "hoverinfo": "skip",
            **points.columns,
        }

    def _handles(self) -> Trace:
        """One unseen bar over each that is drawn, slices and all, for the pointer to find."""
        return _unseen("h", width=round(self.bar * 2, 1), **self.handles.columns)


def _unseen(orientation: str, **columns: object) -> Trace:
    return {
        "type": "bar",
        "name": "handles",
        "orientation": orientation,
        "opacity": 0,
        "marker": {"line": {"width": 0}},
        "hoverinfo": "text",
        **columns,
    }


def _marks(points: _Points, symbol: str, colour: str, size: float, width: float) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "marker": {
            "symbol": symbol,
            "color": colour,
            "size": size,
            "opacity": 1,
            "line": {"width": width if "open" in symbol else 0},
        },
        "hoverinfo": "text" if "hovertext" in points.columns else "skip",
        "cliponaxis": False,
        **points.columns,
    }


def _bins(chart: Chart) -> list[Trace]:
    """A trace for each kind and form, in their order, and unseen bars as high as the lane for the pointer."""
    if not chart.bins:
        return []
    seen: dict[tuple[str, str], _Points] = defaultdict(_Points)
    handles = _Points()
    for one in chart.bins:
        middle = moment(chart.scale.day((one.begin + one.end) / 2))
        length = (one.end - one.begin) * chart.scale.days * DAY
        for part in one.parts:
            seen[part.kind, part.form].add(
                x=middle, base=part.top, y=part.height, width=round(length * (1 - GAP))
            )
        handles.add(
            x=middle,
            base=one.lane.top + HEADING_PIXELS,
            y=one.lane.height,
            width=round(length),
            customdata=[one.first.isoformat(), one.last.isoformat()],
            hovertext=_escaped("\n".join((one.name, *contents(one)))),
        )
    return [
        *(
            {
                "type": "bar",
                "marker": _filled(form, COLOURS[kind]),
                "hoverinfo": "skip",
                **points.columns,
            }
            for (kind, form), points in sorted(seen.items())
        ),
        _unseen("v", **handles.columns),
    ]


def _filled(form: str, colour: str) -> dict[str, Any]:
    if form == "unheld":
        return {"color": CLEAR, "line": {"color": colour, "width": 1}}
    return {"color": colour, "opacity": PALE if form == "spread" else 1, "line": {"width": 0}}


def _stretch(scale: Scale, one: float, other: float) -> tuple[str, int]:
    """A bar's start and its length in milliseconds, from its two ends (shares) in either order."""
    begin, end = sorted((scale.day(one), scale.day(other)))
    return moment(begin), round((min(end, LAST_DAY) - begin) * DAY)


def _hover(mark: Mark) -> tuple[str, str]:
    """What pointing at a bar tells, title and date, and at a mark, with the words behind it.

    All of it is escaped, for Plotly reads some tags. The line break is the only tag used: the others become
    style attributes, which the site's policy forbids.
    """
    dot = mark.dot
    headline = _escaped(f"{_wrapped(shortened(dot.title, TITLE))}\n{told(dot)}")
    if not dot.quote:
        return headline, headline
    return headline, f"{headline}<br>{_escaped(_wrapped(f'“{shortened(dot.quote, QUOTE)}”'))}"


def _wrapped(text: str) -> str:
    if len(text) <= WIDTH:
        return text
    return "\n".join(line.strip() for line in LINE.findall(text))


def _escaped(lines: str) -> str:
    return escape(lines).replace("\n", "<br>")


def _heading(lane: Lane) -> dict[str, Any]:
    return {
        "text": escape(heading(lane)),
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": lane.top,
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


def _layout(chart: Chart) -> dict[str, Any]:
    ticks = chart.scale.ticks()
    return {
        "template": "none",
        "height": chart.height,
        "margin": {"l": MARGIN, "r": MARGIN, "t": 0, "b": AXIS_PIXELS},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "namelength": 0},
        "barmode": "overlay",
        "dragmode": "zoom",
        "xaxis": {
            "type": "date",
            "range": [moment(chart.scale.begin), moment(chart.scale.end)],
            "tickmode": "array",
            "tickvals": [moment(chart.scale.day(tick.at)) for tick in ticks],
            "ticktext": [f"{tick.label}<br>{tick.year}" if tick.year else tick.label for tick in ticks],
            "ticklabelposition": "outside right",
            "ticks": "outside",
            "ticklen": 6,
            "tickcolor": LINES,
            "gridcolor": LINES,
            "zeroline": False,
        },
        "yaxis": {"range": [chart.floor, 0], "visible": False, "fixedrange": True},
        "annotations": [_heading(lane) for lane in chart.lanes],
        "shapes": [_line(lane.top) for lane in chart.lanes if lane.top],
    }
