"""A few events on one small line of time: where each mark and bar stands, in percent across, in pixels down.

The line runs from the first to the last day that any of the dates names. A date that is open on one side
names no day there, so its bar runs on past that end of the line; room is left for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, Protocol, TypeVar

INSET = 3.0  # percent left free at an end, so that a mark there is whole
OPEN_INSET = 12.0  # and where a date is open on that side
MARK = 5.5  # percent that a mark takes up: on a phone it is not much narrower
LEVELS = 6  # of marks above each other in a row
HEADING, LEVEL, AXIS = 22, 22, 22  # pixels: a row's name, each of its levels, the days below all rows


class Dated(Protocol):
    """An event; either day is None where its date is open on that side, both where it is unknown."""

    kind: str
    earliest: date | None
    latest: date | None


D = TypeVar("D", bound=Dated)


@dataclass(frozen=True)
class Mark(Generic[D]):
    """One event: its mark at `x`, and its bar from `left` on, of no width where the date is a day.

    `fades` is "in" or "out" where the date is open. `y` is counted from the top of its row.
    """

    event: D
    x: float
    left: float
    width: float
    fades: str
    y: int


@dataclass
class Row(Generic[D]):
    """The events of one kind, in order of time, on as many levels as keep them apart."""

    kind: str
    top: int = 0
    marks: list[Mark[D]] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)  # how far to the right each is taken

    def add(self, event: D, left: float, right: float) -> bool:
        """Put the event on the topmost level with room for it; False where there is none."""
        is_open_left, is_open_right = event.earliest is None, event.latest is None
        x = right if is_open_left else left if is_open_right else (left + right) / 2
        begin, end = min(left, x - MARK / 2), max(right, x + MARK / 2)
        level = next((number for number, taken in enumerate(self.levels) if taken <= begin), len(self.levels))
        if level == LEVELS:
            return False
        self.levels[level : level + 1] = [end]
        fades = "in" if is_open_left else "out" if is_open_right else ""
        y = HEADING + LEVEL * level + LEVEL // 2
        self.marks.append(Mark(event, round(x, 2), round(left, 2), round(right - left, 2), fades, y))
        return True

    @property
    def height(self) -> int:
        return HEADING + LEVEL * len(self.levels)


@dataclass(frozen=True)
class Strip(Generic[D]):
    """The rows, and the days at both ends of the line with their places.

    `undated` events have no place on it; for `crowded_out` ones there is no room.
    """

    rows: list[Row[D]]
    first: date
    last: date
    begin: float
    end: float
    height: int
    undated: int
    crowded_out: int


def strip(events: Iterable[D], kinds: Sequence[str]) -> Strip[D] | None:
    """Lay out events of the `kinds`, a row for each that is among them; None where no event has a date."""
    given = list(events)
    dated = [event for event in given if event.earliest or event.latest]
    days = [day for event in dated for day in (event.earliest, event.latest) if day]
    if not days:
        return None
    first, last = min(days), max(days)
    begin = INSET if all(event.earliest for event in dated) else OPEN_INSET
    end = 100 - (INSET if all(event.latest for event in dated) else OPEN_INSET)
    length = (last - first).days

    def place(day: date | None, beyond: float) -> float:
        if day is None:
            return beyond
        return begin + (end - begin) * ((day - first).days / length if length else 0.5)

    placed = [(place(event.earliest, 0.0), place(event.latest, 100.0), event) for event in dated]
    rows: dict[str, Row[D]] = {kind: Row(kind) for kind in kinds}
    drawn = [
        rows[event.kind].add(event, left, right)
        for left, right, event in sorted(placed, key=lambda bar: bar[:2])
    ]
    shown = [row for row in rows.values() if row.marks]
    height = 0
    for row in shown:
        row.top = height
        height += row.height
    return Strip(
        shown,
        first,
        last,
        begin,
        end,
        height + AXIS,
        undated=len(given) - len(dated),
        crowded_out=drawn.count(False),
    )
