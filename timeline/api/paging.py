"""Pages that stay right while events are added: a page begins where another ended, not at a number.

Events in time are paged over the columns, where a page costs the same however deep it is and whatever the
filters leave, and how many there are is known. REST framework's own cursor goes by querysets, which walk an
index past everything that a filter leaves out. What has no columns (the time of the last change, sources,
actors) is read that way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from timeline.columns import UNDATED
from timeline.filters import Selection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Side = Literal["after", "before"]
Place = tuple[int, int]


@dataclass(frozen=True)
class Cursor:
    """Where a page begins, or ends: next to a row, whether that is still there or not.

    `place` is a day's number (0 for undated events) or microseconds since 1970, by which the rows are in
    order, `key` an id, by which those of one place are. It holds nothing that its reader may not know, so one
    that was made up only leads to another page.
    """

    order: str
    side: Side
    place: int
    key: int

    PATTERN = r"^(-?[a-z]+)\.(after|before)\.([0-9]{1,16})\.([0-9]{1,18})$"

    @classmethod
    def read(cls, written: str) -> Self | None:
        """The cursor as an address has it; None if that is none."""
        match = re.fullmatch(cls.PATTERN, written, re.ASCII)
        if match is None:
            return None
        order, side, place, key = match.groups()
        return cls(order, "after" if side == "after" else "before", int(place), int(key))

    def __str__(self) -> str:
        return f"{self.order}.{self.side}.{self.place}.{self.key}"


@dataclass(frozen=True)
class Page:
    """The ids of the rows of one page, and where the pages beside it are."""

    keys: Sequence[int]
    previous: Cursor | None
    next: Cursor | None


def _page(order: str, places: Sequence[Place], *, before: bool, after: bool) -> Page:
    """The page of these rows, given whether there are others on each side."""
    return Page(
        [key for _, key in places],
        Cursor(order, "before", *places[0]) if places and before else None,
        Cursor(order, "after", *places[-1]) if places and after else None,
    )


# Events in time: over the columns.


def in_time(selection: Selection, order: str, cursor: Cursor | None, size: int) -> Page:
    """A page of the chosen events by `date` or `-date`, the undated last."""
    known, rows = selection.columns, selection.rows
    days = known.days(rows)
    sign = 1
    if order == "-date":
        backwards = np.concatenate([np.flatnonzero(days > 0)[::-1], np.flatnonzero(days == 0)[::-1]])
        rows, days, sign = rows[backwards], days[backwards], -1
    keys = known.pk[rows]
    start, end = 0, size
    if cursor:
        low, high = _around(_sortable(days, sign), sign * keys, cursor, sign)
        start, end = (high, high + size) if cursor.side == "after" else (max(0, low - size), low)
    places = list(zip(days[start:end].tolist(), keys[start:end].tolist(), strict=True))
    return _page(order, places, before=start > 0, after=end < len(rows))


def _sortable(days: NDArray[np.int32], sign: int) -> NDArray[np.int64]:
    return np.where(days > 0, sign * days.astype(np.int64), UNDATED)


def _around(days: NDArray[np.int64], keys: NDArray[np.int64], cursor: Cursor, sign: int) -> tuple[int, int]:
    """How many rows stand before the cursor's, and how many when that is counted too."""
    day = sign * cursor.place if cursor.place else int(UNDATED)
    first, last = np.searchsorted(days, day, "left"), np.searchsorted(days, day, "right")
    of_day, key = keys[first:last], sign * cursor.key
    low, high = np.searchsorted(of_day, key, "left"), np.searchsorted(of_day, key, "right")
    return int(first + low), int(first + high)


# Rows by a field that has an index, then by id.


def by_field(
    rows: QuerySet[Any], order: str, cursor: Cursor | None, size: int, moment: str | None = None
) -> Page:
    """A page of these rows by the time in the field `moment`, the earliest first, or by id alone."""
    side = cursor.side if cursor else "after"
    found = _read(rows, cursor, side, size + 1, moment)
    more, found = len(found) > size, found[:size]
    if side == "before":
        found.reverse()
    beyond = _beside(rows, order, found, side, moment)
    before, after = (beyond, more) if side == "after" else (more, beyond)
    return _page(order, found, before=before, after=after)


def _beside(rows: QuerySet[Any], order: str, found: list[Place], side: Side, moment: str | None) -> bool:
    """Whether there are rows on the side that the page was not read towards."""
    if not found:
        return False
    back: Side = "before" if side == "after" else "after"
    edge = Cursor(order, back, *(found[0] if side == "after" else found[-1]))
    return bool(_read(rows, edge, back, 1, moment))


def _read(
    rows: QuerySet[Any], cursor: Cursor | None, side: Side, most: int, moment: str | None
) -> list[Place]:
    """Places from the cursor on, the nearest first."""
    if cursor:
        rows = rows.filter(_beyond(cursor, moment))
    minus = "" if side == "after" else "-"
    fields = [moment, "pk"] if moment else ["pk"]
    values = rows.order_by(*(minus + name for name in fields)).values_list(*fields)[:most]
    return [(_microseconds(told[0]) if moment else 0, told[-1]) for told in values]


def _beyond(cursor: Cursor, moment: str | None) -> Q:
    """Rows on the cursor's side of it. The field alone comes first: it is what an index is searched by."""
    than = "gt" if cursor.side == "after" else "lt"
    by_key = Q((f"pk__{than}", cursor.key))
    if moment is None:
        return by_key
    at = EPOCH + timedelta(microseconds=cursor.place)
    return Q((f"{moment}__{than}e", at)) & (Q((f"{moment}__{than}", at)) | by_key)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
