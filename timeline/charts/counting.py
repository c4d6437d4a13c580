"""Events counted in bins of time, a million of them in a blink: arrays in, arrays out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ordinals = NDArray[np.int32]  # days as `date.toordinal()` counts them
Counts = NDArray[np.float64]
CHUNK = 1 << 17  # rows taken at once, so that what is made of them stays in the processor's cache


@dataclass(frozen=True)
class Entries:
    """Dated events as parallel arrays, one entry for each event and lane that it stands in.

    `first` and `last` are the days of its date, 0 where that side is open; `kind` and `status` are places in
    `Kind.values` and `Status.values`, `lane` is one in the list of lanes' names. `event`, where it is given,
    tells events apart, the entries of each side by side, so that one in several lanes that are gathered into
    a single one counts there once.
    """

    first: Ordinals
    last: Ordinals
    kind: NDArray[np.uint8]
    status: NDArray[np.uint8]
    lane: Ordinals
    event: NDArray[np.integer] | None = None


def known(first: Ordinals, last: Ordinals) -> tuple[Ordinals, Ordinals]:
    """First and last day of each date; one that is open on a side stands at its known end alone."""
    begin, end = first.copy(), last.copy()
    by, since = np.flatnonzero(first == 0), np.flatnonzero(last == 0)
    begin[by] = last[by]
    end[since] = first[since]
    return begin, end


def tally(
    begin: Ordinals, end: Ordinals, group: Ordinals, groups: int, units: list[int], edges: list[int]
) -> tuple[Counts, Counts]:
    """How many events of each group fall into each bin: those dated within one, those dated more coarsely.

    `units` are the days on which the calendar's units begin, and one more; `edges` are the same, cut to what
    is shown. An event dated within a unit counts 1 there. Another is spread evenly over the days of its date,
    so that its shares add up to 1 over the whole of it, however much of that is shown. Both results are
    arrays of groups by bins.
    """
    size = len(units) - 1
    days = np.repeat(np.arange(size, dtype=np.int32), np.diff(units))
    dated, spread = np.zeros((groups, size)), np.zeros((groups, size))
    for start in range(0, len(begin), CHUNK):
        rows = slice(start, start + CHUNK)
        some = _tally(begin[rows], end[rows], group[rows], groups, days, units, np.array(edges, np.int32))
        dated += some[0]
        spread += some[1]
    spread[spread < 1e-9] = 0  # what adding and taking away leaves of nothing
    return dated, spread


def _tally(
    begin: Ordinals,
    end: Ordinals,
    group: Ordinals,
    groups: int,
    of_day: Ordinals,
    units: list[int],
    edges: Ordinals,
) -> tuple[Counts, Counts]:
    """`tally` of as many as fit into the processor's cache; `of_day` has the bin of each day."""
    bins = len(units) - 1
    low, high = np.int32(units[0]), np.int32(units[-1])
    at_begin = of_day.take(begin - low, mode="clip")
    at_end = of_day.take(end - low, mode="clip")
    within = at_begin == at_end
    within &= begin >= low
    within &= end < high
    within &= end >= edges[0]
    within &= begin < edges[-1]
    cell = group * np.int32(bins)
    cell += at_begin
    # The others go to a cell of their own: choosing from a million rows costs more than counting them.
    cell = np.where(within, cell, np.int32(groups * bins))
    dated = np.bincount(cell, minlength=groups * bins + 1)[:-1].astype(np.float64)
    loose = np.flatnonzero(~within)
    rows = [column.take(loose) for column in (begin, end, group, at_begin, at_end)]
    return dated.reshape(groups, bins), _spread(*rows, groups=groups, edges=edges)


def _spread(
    begin: Ordinals,
    end: Ordinals,
    group: Ordinals,
    at_begin: Ordinals,
    at_end: Ordinals,
    *,
    groups: int,
    edges: Ordinals,
) -> Counts:
    """Each event's share in the days of its first bin and of all after it to its last, less what is over.

    The bins after the first are counted as steps up and down: the work doesn't grow with their number.
    """
    columns = len(edges)  # one more than there are bins, for the step down after the last
    size = groups * columns
    left = np.maximum(begin, edges[0])
    right = np.minimum(end + 1, edges[-1])
    per_day = np.divide(right > left, end - begin + 1, dtype=np.float64)
    into_first = (edges.take(at_begin + 1) - left) * per_day
    over = (edges.take(at_end + 1) - right) * per_day
    group = group * np.int32(columns)
    first, last = (group + at_begin).astype(np.intp), (group + at_end).astype(np.intp)
    ends = np.bincount(first, into_first, size) - np.bincount(last, over, size)
    steps = np.bincount(first, per_day, size) - np.bincount(last, per_day, size)
    running = np.cumsum(steps.reshape(groups, columns), axis=1)
    total = ends.reshape(groups, columns)[:, :-1].astype(np.float64)
    total[:, 1:] += running[:, :-2] * np.diff(edges)[1:]
    return total
