"""Too many events to draw each: a lane holds bars that count them, one for each unit of the calendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import ceil

import numpy as np

from timeline.charts.counting import Counts, Entries, Ordinals, known, tally
from timeline.charts.layout import (
    AXIS_PIXELS,
    HEADING_PIXELS,
    LEAST_PIXELS,
    MOST_PIXELS,
    OTHERS,
    Bin,
    Chart,
    Lane,
    Part,
    ordered,
)
from timeline.charts.scale import BIN_UNITS, Scale, Unit, Window, finest, in_words
from timeline.models import Kind, Status

BINS, BARS = 180, 1300  # at most: bins in a lane, and bars in all lanes, which keeps what is sent small
MOST_BIN_PIXELS, LEAST_BIN_PIXELS = 130, 14
FOOT_PIXELS = 8  # below a lane's bars
STEP = 1  # pixel: heights are rounded to it, so that slivers which can't be seen aren't sent
VISIBLE = 2.0  # pixels, of the lowest bar

FORMS = ("dated", "spread", "unheld")
DATED, SPREAD, UNHELD = range(3)
NOT_HELD = (Status.PLANNED, Status.PROPOSED, Status.CANCELLED)
KINDS = tuple(Kind.values)  # asked for once, for Django looks them up each time


def bins(columns: Entries, lanes: Sequence[str], window: Window = (None, None)) -> Chart:
    """Events counted by the units of the calendar, however many they are; `lanes` are the lanes' names.

    They are drawn solid where they are dated within a unit, pale where they are spread over several or open
    on a side (see `tally` and `known`), hollow where they are planned, proposed or cancelled. The heights
    of all lanes have one scale.
    """
    names, columns = _gathered(columns, lanes)
    begin, end = known(columns.first, columns.last)
    reach: Window = (None, None)
    if len(begin):
        reach = date.fromordinal(int(begin.min())), date.fromordinal(int(end.max()))
    scale = Scale.around(reach, window)
    unit, units = finest(BIN_UNITS, scale.first, scale.last, min(BINS, BARS // max(1, len(names))))
    shown = [max(scale.begin, min(scale.end, day)) for day in units]
    counts = _counts(columns, begin, end, len(names), units, shown)
    sizes = np.bincount(columns.lane, minlength=len(names)).tolist()
    per_bin = counts.sum(axis=(1, 2))
    tallest = per_bin.max(axis=1, initial=0)
    pixels = _pixels(tallest)
    tops = _tops(counts, pixels)
    headed: list[Lane] = []
    top = 0
    for name, size, most in zip(names, sizes, tallest.tolist(), strict=True):
        height = max(LEAST_BIN_PIXELS, ceil(most * pixels))
        headed.append(Lane(name, size, top, _note(most, unit), height))
        top += HEADING_PIXELS + height + FOOT_PIXELS
    drawn = []
    for number, at in np.argwhere(per_bin).tolist():
        lane, inside = headed[number], counts[number, :, :, at]
        of_kind = zip(KINDS, inside.sum(axis=1).tolist(), strict=True)
        bar = Bin(
            lane,
            in_words(unit, units[at], units[at + 1]),
            date.fromordinal(shown[at]),
            date.fromordinal(shown[at + 1] - 1),
            scale.share(shown[at]),
            scale.share(shown[at + 1]),
            {kind: count for kind, count in of_kind if count},
            float(inside[:, UNHELD].sum()),
            _parts(tops[number, :, at].tolist(), lane.top + HEADING_PIXELS + lane.height),
        )
        drawn.append(bar)
    return Chart(scale, max(LEAST_PIXELS, top + AXIS_PIXELS), headed, bins=drawn)


def _pixels(tallest: Counts) -> float:
    """The height of one event: all lanes have the same, and each no more room than its own bars take."""
    room = MOST_PIXELS - len(tallest) * (HEADING_PIXELS + FOOT_PIXELS)
    if not tallest.any():
        return 0
    return float(min(MOST_BIN_PIXELS / tallest.max(), room / tallest.sum()))


def _note(highest: float, unit: Unit) -> str:
    """What the tallest bar stands for."""
    return f"up to {max(1, round(highest)):,} {'in' if unit.name[0].isdigit() else 'a'} {unit.name}"


def _gathered(columns: Entries, lanes: Sequence[str]) -> tuple[list[str], Entries]:
    """The names of the lanes that are drawn, and the entries moved to them."""
    sizes = np.bincount(columns.lane, minlength=len(lanes)).tolist()
    names = ordered({name: size for name, size in zip(lanes, sizes, strict=True) if size})
    places = {name: place for place, name in enumerate(names)}
    place = np.array([places.get(name, len(names)) for name in lanes], np.int32)
    lane = place.take(columns.lane)
    if sum(map(bool, sizes)) == len(names):
        return names, replace(columns, lane=lane)
    others = np.flatnonzero(lane == len(names))
    names.append(OTHERS)
    if columns.event is None:
        return names, replace(columns, lane=lane)
    event = columns.event[others]
    again = others[1:][event[1:] == event[:-1]]
    kept = np.ones(len(lane), bool)
    kept[again] = False
    return names, Entries(
        columns.first[kept], columns.last[kept], columns.kind[kept], columns.status[kept], lane[kept]
    )


def _counts(
    columns: Entries, begin: Ordinals, end: Ordinals, lanes: int, units: list[int], shown: list[int]
) -> Counts:
    """An array of lanes, kinds, forms and bins."""
    not_held = np.array([status in NOT_HELD for status in Status], np.int32) * 2
    group = columns.lane * np.int32(len(Kind) * 4)
    group += columns.kind * np.uint8(4)
    group += not_held.take(columns.status)
    group += (columns.first == 0) | (columns.last == 0)
    shape = (lanes, len(Kind), 2, 2, len(units) - 1)
    dated, spread = (
        found.reshape(shape) for found in tally(begin, end, group, lanes * len(Kind) * 4, units, shown)
    )
    counts = np.zeros((lanes, len(Kind), len(FORMS), len(units) - 1))
    counts[:, :, DATED] = dated[:, :, 0, 0]
    counts[:, :, SPREAD] = spread[:, :, 0].sum(axis=2) + dated[:, :, 0, 1]
    counts[:, :, UNHELD] = (spread + dated)[:, :, 1].sum(axis=2)
    return counts


def _tops(counts: Counts, pixels: float) -> Counts:
    """The tops of each bar's parts in pixels above its foot: an array of lanes, parts and bins.

    They are stacked by kind and form, and rounded; no bar is too low to be seen.
    """
    lanes, kinds, forms, columns = counts.shape
    tops = np.cumsum(counts.reshape(lanes, kinds * forms, columns), axis=1) * pixels
    whole = tops[:, -1:, :]
    raised = np.divide(VISIBLE, whole, out=np.ones_like(whole), where=(whole > 0) & (whole < VISIBLE))
    result: Counts = np.round(tops * raised / STEP) * STEP
    return result


def _parts(tops: list[float], foot: float) -> list[Part]:
    """The parts of one bar that have any height, from the lowest up."""
    parts, under = [], 0.0
    for place, top in enumerate(tops):
        if top > under:
            kind, form = divmod(place, len(FORMS))
            parts.append(Part(KINDS[kind], FORMS[form], foot - top, top - under))
            under = top
    return parts


def rounded(count: float) -> str:
    """A count of events, some of which may be there in part only."""
    if 0 < count < 1:
        return "less than 1"
    whole = round(count)
    return f"{whole:,}" if abs(count - whole) < 1e-6 else f"about {whole:,}"
