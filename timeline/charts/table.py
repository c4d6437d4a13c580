"""What the chart shows as rows of numbers, for those who don't see it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from timeline.charts.counting import Entries, known
from timeline.charts.scale import BIN_UNITS, Scale, Window, finest, in_words

ROWS = 24  # at most


class Row(NamedTuple):
    """How many events begin in a stretch of time: of each lane, and in all."""

    label: str
    counts: list[int]
    total: int


def table(entries: Entries, lanes: Sequence[str], window: Window = (None, None)) -> list[Row]:
    """Events by the units of the calendar in which their dates begin; those without any are left out.

    A date that is open at its beginning ("by February") counts where it ends.
    """
    if not len(entries.first):
        return []
    begin, _ = known(entries.first, entries.last)
    reach = date.fromordinal(int(begin.min())), date.fromordinal(int(begin.max()))
    scale = Scale(window[0] or reach[0], window[1] or max(reach[1], window[0] or reach[1]))
    unit, units = finest(BIN_UNITS, scale.first, scale.last, ROWS)
    place = np.clip(np.searchsorted(units, begin, side="right"), 0, len(units) - 1)
    counted = np.bincount(
        entries.lane.astype(np.int64) * len(units) + place, minlength=len(lanes) * len(units)
    ).reshape(len(lanes), len(units))
    rows = []
    for number in np.flatnonzero(counted.sum(axis=0)).tolist():
        label = in_words(unit, units[number - 1], units[number]) if number else "earlier"
        counts = counted[:, number].tolist()
        rows.append(Row(label, counts, sum(counts)))
    return rows
