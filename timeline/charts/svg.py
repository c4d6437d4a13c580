"""The chart as SVG in the page: what is seen before Plotly has come, without JavaScript, and on paper.

Across, positions are percentages, so that it fits any width with its marks undistorted. Colours are classes,
for the site's policy forbids styles in the page. A mark is one `<use>` of a shape that is told once, in a
group that says how far down its row is: two thousand of them are sent in some 40 kB.
"""

from collections.abc import Callable, Iterable
from datetime import date
from html import escape
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from timeline.charts.layout import GAP, HEADING_PIXELS, Bin, Chart, Mark
from timeline.charts.looks import FADE, FILLS, SYMBOLS, cross, line, ring
from timeline.charts.shapes import corners
from timeline.charts.words import TITLE, contents, heading, shortened, told
from timeline.models import Status

Zoom = Callable[[date, date], str]


def svg_context(chart: Chart, zoom: Zoom) -> dict[str, Any]:
    """What `_chart_svg.html` shows; `zoom` makes the address of the page for a first and a last day."""
    return {
        "height": chart.height,
        "floor": chart.floor,
        "ticks": [(_percent(tick.at), tick.label, tick.year) for tick in chart.scale.ticks()],
        "lanes": [(lane.top, heading(lane)) for lane in chart.lanes],
        "shapes": _safe([*_shapes(chart), *_fades(chart)]),
        "rows": _safe(_rows(chart)),
        "bins": _safe(_bin(one, zoom) for one in chart.bins),
    }


def _safe(pieces: Iterable[str]) -> SafeString:
    """Markup made here, with all words in it escaped: templates take too long over thousands of marks."""
    return mark_safe("".join(pieces))  # noqa: S308


def _percent(share: float) -> str:
    """To a hundredth, which is a tenth of a pixel on a wide screen."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


# Shapes


def _look(mark: Mark) -> str:
    """The id of the shape that shows this kind, status and dispute."""
    return f"mark-{mark.dot.kind}-{mark.dot.status}{'-disputed' if mark.dot.disputed else ''}"


def _shapes(chart: Chart) -> list[str]:
    """Each shape that is used, once, around its middle."""
    looks = {
        _look(mark): (mark.dot.kind, mark.dot.status, mark.dot.disputed)
        for mark in chart.marks
        if mark.middle is not None
    }
    return [
        f'<g id="{look}" class="look kind-{kind}" stroke-width="{line(chart.size)}">'
        f"{_shape(chart.size, kind, status, disputed=disputed)}</g>"
        for look, (kind, status, disputed) in sorted(looks.items())
    ]


def _shape(size: float, kind: str, status: str, *, disputed: bool) -> str:
    fill = FILLS[status]
    outline = _outline(SYMBOLS[kind], size / 2)
    if "dot" in fill:
        outline += "M0 .5L.5 0 0-.5-.5 0z"
    shape = f'<path class="open" d="{outline}"/>' if fill else f'<path d="{outline}"/>'
    if disputed:
        shape += f'<circle class="ring" r="{_number(ring(size) / 2)}"/>'
    if status == Status.CANCELLED:
        r = _number(cross(size) / 2)
        shape += f'<path class="cross" d="M-{r}-{r}L{r} {r}M{r}-{r}L-{r} {r}"/>'
    return shape


def _outline(symbol: str, radius: float) -> str:
    if points := corners(symbol, radius):
        return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points) + "z"
    r = _number(radius)
    return f"M{r} 0A{r} {r} 0 1 1 0-{r}A{r} {r} 0 0 1 {r} 0z"


def _fades(chart: Chart) -> list[str]:
    """For each kind and side that a bar fades to, the run of colour of Plotly's slices."""
    used = sorted({(mark.dot.kind, _side(mark)) for mark in chart.marks if mark.fades})
    ends = [part**2 / len(FADE) ** 2 for part in range(len(FADE) + 1)]
    middles = [(start + end) / 2 for start, end in pairwise(ends)]
    fades = []
    for kind, side in used:
        stops = "".join(
            f'<stop offset="{_number(100 * middle)}%" stop-opacity="{opacity}"/>'
            for middle, opacity in zip(middles, FADE, strict=True)
        )
        turned = 'x1="1" x2="0"' if side == "in" else ""
        name = f'id="fade-{side}-{kind}" class="kind-{kind}"'
        fades.append(f"<linearGradient {name} {turned}>{stops}</linearGradient>")
    return fades


def _side(mark: Mark) -> str:
    return "out" if mark.end > mark.begin else "in"


# Marks and bars


def _rows(chart: Chart) -> Iterable[str]:
    before, _, after = reverse("event", args=[0]).rpartition("0")
    half = _number(chart.bar / 2)
    for y, row in groupby(sorted(chart.marks, key=attrgetter("y", "begin")), attrgetter("y")):
        yield f'<g transform="translate(0 {_number(y)})">'
        for mark in row:
            name = escape(f"{shortened(mark.dot.title, TITLE)}, {told(mark.dot)}")
            yield f'<a href="{before}{mark.dot.pk}{after}" tabindex="-1"><title>{name}</title>'
            if mark.bar:
                yield _bar(mark, half, _number(chart.bar))
            if mark.middle is not None:
                yield f'<use href="#{_look(mark)}" x="{_percent(mark.middle)}"/>'
            yield "</a>"
        yield "</g>"


def _bar(mark: Mark, half: str, height: str) -> str:
    left, width = min(mark.begin, mark.end), abs(mark.end - mark.begin)
    kind = mark.dot.kind
    look = f'fill="url(#fade-{_side(mark)}-{kind})"' if mark.fades else f'class="bar kind-{kind}"'
    return f'<rect {look} x="{_percent(left)}" y="-{half}" width="{_percent(width)}" height="{height}"/>'


# Bins


def _bin(one: Bin, zoom: Zoom) -> str:
    """A link to this unit of the calendar, as wide and as high as its place in the lane."""
    begin, width = one.begin, one.end - one.begin
    name = escape("\n".join((f"{one.lane.name}, {one.name}", *contents(one))))
    parts = "".join(
        f'<rect class="kind-{kind} {form}" y="{_number(top)}" height="{_number(height)}"/>'
        for kind, form, top, height in one.parts
    )
    place = (
        f'x="{_percent(begin)}" y="{_number(one.lane.top + HEADING_PIXELS)}" '
        f'width="{_percent(width)}" height="{_number(one.lane.height)}"'
    )
    bar = f'x="{_percent(begin + width * GAP / 2)}" width="{_percent(width * (1 - GAP))}"'
    return (
        f'<a href="{escape(zoom(one.first, one.last))}" tabindex="-1"><title>{name}</title>'
        f'<rect class="reach" {place}/><svg {bar}>{parts}</svg></a>'
    )
