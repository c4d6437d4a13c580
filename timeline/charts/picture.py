"""The chart as a picture, and an event as a card: what a link to the site looks like elsewhere.

Drawn at twice its size and made smaller, which smooths it. No picture but PNG is as sharp for so few bytes.
"""

from io import BytesIO
from itertools import pairwise
from typing import Literal

from PIL import Image, ImageColor, ImageDraw

from timeline.charts.layout import GAP, Bin, Chart, Mark
from timeline.charts.lettering import cut, drawable, font, lines
from timeline.charts.looks import COLOURS, FADE, FILLS, PALE, SOLID, SYMBOLS, cross, line, ring
from timeline.charts.shapes import corners
from timeline.charts.words import heading
from timeline.models import Status

WIDTH, HEIGHT = 1200, 630  # pixels, as those who show links ask for
FINER = 2
MARGIN = 56
TOP = 150  # where the chart begins, below its title
LARGEST = 1.7  # how much larger than on the page a chart with few events is drawn
PAPER, INK, QUIET, RULE = "#fbfaf7", "#1c1e21", "#565b63", "#dcd9d1"

Colour = tuple[int, int, int, int]
Place = tuple[float, float]
Anchor = Literal["ls", "ms", "rs"]  # the left end, the middle or the right end of a line of text


def _colour(name: str, opacity: float = 1) -> Colour:
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red, green, blue, round(255 * opacity)


class _Sheet:
    """Paper to draw on, in pixels of the picture."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def polygon(self, points: list[Place], fill: Colour | None, edge: Colour | None, width: float) -> None:
        finer = [(x * FINER, y * FINER) for x, y in points]
        if fill:
            self.pen.polygon(finer, fill)
        if edge:
            self.pen.line([*finer, *finer[:2]], edge, max(1, round(width * FINER)), joint="curve")

    def circle(self, at: Place, r: float, fill: Colour | None, edge: Colour | None, width: float) -> None:
        x, y = at
        box = tuple(FINER * side for side in (x - r, y - r, x + r, y + r))
        self.pen.ellipse(box, fill, edge, max(1, round(width * FINER)))

    def bar(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        if width > 0 and height > 0:
            self.pen.rectangle([side * FINER for side in (x, y, x + width, y + height)], fill)

    def frame(self, x: float, y: float, width: float, height: float, edge: Colour) -> None:
        if width > 0 and height > 0:
            box = [side * FINER for side in (x, y, x + width, y + height)]
            self.pen.rectangle(box, outline=edge, width=FINER)

    def stroke(self, start: Place, end: Place, colour: Colour, width: float) -> None:
        points = [(x * FINER, y * FINER) for x, y in (start, end)]
        self.pen.line(points, colour, max(1, round(width * FINER)))

    def words(self, at: Place, text: str, size: int, colour: str, anchor: Anchor = "ls") -> None:
        """A line of text that stands on `at`."""
        x, y = at
        self.pen.text((x * FINER, y * FINER), drawable(text), colour, font(size * FINER), anchor)

    def png(self) -> bytes:
        file = BytesIO()
        self.image.reduce(FINER).save(file, "PNG", compress_level=6)
        return file.getvalue()


def _fitted(text: str, size: int, width: float = WIDTH - 2 * MARGIN) -> str:
    return cut(text, size * FINER, width * FINER)


# The chart


def picture(chart: Chart, title: str, note: str) -> bytes:
    """The chart under its title and a line of what it shows, as a PNG file."""
    sheet = _Sheet()
    sheet.words((MARGIN, 78), _fitted(title, 40), 40, INK)
    sheet.words((MARGIN, 120), _fitted(note, 22), 22, QUIET)
    scaled = min(LARGEST, (HEIGHT - TOP - 24) / chart.height)
    _Drawing(sheet, chart, scaled).all()
    return sheet.png()


class _Drawing:
    """A chart on a sheet, so many times as large as on the page."""

    def __init__(self, sheet: _Sheet, chart: Chart, scaled: float) -> None:
        self.sheet, self.chart, self.scaled = sheet, chart, scaled
        self.size = max(5.0, chart.size * scaled)

    def x(self, share: float) -> float:
        return MARGIN + share * (WIDTH - 2 * MARGIN)

    def y(self, pixels: float) -> float:
        return TOP + pixels * self.scaled

    def all(self) -> None:
        self.axis()
        for one in self.chart.bins:
            self.bin(one)
        for mark in self.chart.marks:
            self.bar(mark)
        for mark in self.chart.marks:
            self.mark(mark)
        size = max(12, min(20, round(14 * self.scaled)))
        for lane in self.chart.lanes:
            name = _fitted(heading(lane), size)
            self.sheet.words((MARGIN, self.y(lane.top) + size), name, size, QUIET)

    def axis(self) -> None:
        floor = self.y(self.chart.floor)
        grid = _colour("#808080", 0.25)
        for lane in self.chart.lanes:
            if lane.top:
                self.sheet.stroke((MARGIN, self.y(lane.top)), (WIDTH - MARGIN, self.y(lane.top)), grid, 1)
        for tick in self.chart.scale.ticks():
            x = self.x(tick.at)
            self.sheet.stroke((x, TOP), (x, floor + 6), grid, 1)
            told = " ".join(part for part in (tick.label, tick.year) if part)
            self.sheet.words((x, floor + 26), told, 17, QUIET)

    def bar(self, mark: Mark) -> None:
        if not mark.bar:
            return
        height = max(3.0, self.chart.bar * self.scaled)
        y, begin, end = self.y(mark.y) - height / 2, self.x(mark.begin), self.x(mark.end)
        kind = COLOURS[mark.dot.kind]
        if not mark.fades:
            self.sheet.bar(begin, y, end - begin, height, _colour(kind, SOLID))
            return
        ends = [begin + (end - begin) * part**2 / len(FADE) ** 2 for part in range(len(FADE) + 1)]
        for (one, other), opacity in zip(pairwise(ends), FADE, strict=True):
            self.sheet.bar(min(one, other), y, abs(other - one), height, _colour(kind, opacity))

    def mark(self, mark: Mark) -> None:
        if mark.middle is not None:
            at = (self.x(mark.middle), self.y(mark.y))
            dot = mark.dot
            _mark(self.sheet, at, self.size, dot.kind, dot.status, disputed=dot.disputed)

    def bin(self, one: Bin) -> None:
        begin, end = self.x(one.begin), self.x(one.end)
        width = (end - begin) * (1 - GAP)
        for part in one.parts:
            y, height = self.y(part.top), part.height * self.scaled
            colour = COLOURS[part.kind]
            if part.form == "unheld":
                self.sheet.frame(begin, y, width, height, _colour(colour))
            else:
                self.sheet.bar(begin, y, width, height, _colour(colour, PALE if part.form == "spread" else 1))


def _mark(sheet: _Sheet, at: Place, size: float, kind: str, status: str, *, disputed: bool) -> None:
    """A mark as it is on the page: the kind's shape, filled or open, ringed or crossed."""
    x, y = at
    colour, look, thick = _colour(COLOURS[kind]), FILLS[status], line(size)
    fill = _colour(PAPER, 0) if look else colour
    if points := corners(SYMBOLS[kind], size / 2):
        sheet.polygon([(x + left, y + down) for left, down in points], fill, colour if look else None, thick)
    else:
        sheet.circle(at, size / 2, fill, colour, thick)
    if "dot" in look:
        sheet.circle(at, max(1.5, size / 8), colour, None, 1)
    if disputed:
        sheet.circle(at, ring(size) / 2, None, colour, 1.5)
    if status == Status.CANCELLED:
        r = cross(size) / 2
        for turn in (1, -1):
            sheet.stroke((x - r, y - r * turn), (x + r, y + r * turn), _colour("#808080"), 2)


# An event


def card(
    *, kind: str, status: str, disputed: bool, facts: str, title: str, quote: str, source: str, site: str
) -> bytes:
    """An event in words, with its mark, as a PNG file: the quote is of the source that is named."""
    sheet = _Sheet()
    sheet.bar(0, 0, 14, HEIGHT, _colour(COLOURS[kind]))
    _mark(sheet, (MARGIN + 14, 86), 26, kind, status, disputed=disputed)
    sheet.words((MARGIN + 48, 95), _fitted(facts, 26, WIDTH - 2 * MARGIN - 48), 26, QUIET)
    width = (WIDTH - 2 * MARGIN) * FINER
    y = 110
    for text in lines(title, 48 * FINER, width, 3):
        y += 60
        sheet.words((MARGIN, y), text, 48, INK)
    if quote:
        left, begun = MARGIN + 24, y + 34
        for text in lines(quote, 28 * FINER, width - 24 * FINER, max(1, (480 - y) // 40)):
            y += 40 if y >= begun else 72
            sheet.words((left, y), text, 28, INK)
        sheet.bar(MARGIN, begun + 8, 4, y - begun, _colour(RULE))
        sheet.words((left, y + 40), _fitted(source, 22, WIDTH - left - MARGIN), 22, QUIET)
    sheet.words((WIDTH - MARGIN, HEIGHT - 34), _fitted(site, 20), 20, QUIET, "rs")
    return sheet.png()
