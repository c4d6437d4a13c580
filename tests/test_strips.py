"""Where events stand on a small line of time: in place, apart, and never on a day that no date names."""

from dataclasses import dataclass
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from timeline.strips import INSET, LEVELS, OPEN_INSET, Mark, Strip, strip

KINDS = ["referendum", "protest"]


@dataclass(frozen=True)
class Event:
    earliest: date | None
    latest: date | None
    kind: str = "protest"


def day(number: int, kind: str = "protest") -> Event:
    return Event(date(2020, 1, number), date(2020, 1, number), kind)


def marks(laid: Strip[Event] | None) -> list[Mark[Event]]:
    return [mark for row in laid.rows for mark in row.marks] if laid else []


def test_no_date_no_line() -> None:
    assert strip([], KINDS) is None
    assert strip([Event(None, None)], KINDS) is None


def test_the_first_day_stands_left_the_last_right_and_others_between_in_proportion() -> None:
    laid = strip([day(1), day(31), day(16)], KINDS)
    assert laid
    assert [mark.x for mark in marks(laid)] == [INSET, 50, 100 - INSET]
    assert (laid.first, laid.last) == (date(2020, 1, 1), date(2020, 1, 31))
    assert not any(mark.width for mark in marks(laid))


def test_one_day_alone_stands_in_the_middle() -> None:
    assert [mark.x for mark in marks(strip([day(5)], KINDS))] == [50]


def test_a_coarse_date_is_a_bar_with_its_mark_in_the_middle() -> None:
    (bar,) = marks(strip([Event(date(2020, 1, 1), date(2020, 1, 31))], KINDS))
    assert (bar.left, bar.width, bar.x, bar.fades) == (INSET, 100 - 2 * INSET, 50, "")


def test_an_open_date_runs_past_the_last_day_that_is_named() -> None:
    since, until = Event(date(2020, 1, 1), None), Event(None, date(2020, 1, 31))
    first, second = sorted(marks(strip([since, until], KINDS)), key=lambda mark: mark.fades)
    assert (first.fades, first.left, first.x) == ("in", 0, 100 - OPEN_INSET)
    assert (second.fades, second.left + second.width, second.x) == ("out", 100, OPEN_INSET)


def test_rows_stand_below_each_other_in_the_order_of_the_kinds() -> None:
    laid = strip([day(1), day(1), day(2, "referendum")], KINDS)
    assert laid
    assert [(row.kind, row.top) for row in laid.rows] == [("referendum", 0), ("protest", laid.rows[0].height)]
    assert laid.height > laid.rows[1].top + laid.rows[1].height


def test_what_finds_no_room_or_has_no_date_is_counted() -> None:
    laid = strip([Event(None, None), *[day(1)] * (LEVELS + 3)], KINDS)
    assert laid
    assert (len(marks(laid)), laid.crowded_out, laid.undated) == (LEVELS, 3, 1)


some_day = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))


@given(st.lists(st.tuples(some_day, some_day, st.sampled_from(KINDS)), max_size=30))
def test_nothing_stands_outside_or_on_another(drawn: list[tuple[date | None, date | None, str]]) -> None:
    events = [
        Event(*((one, other) if not (one and other) else (min(one, other), max(one, other))), kind)
        for one, other, kind in drawn
    ]
    laid = strip(events, KINDS)
    assert len(marks(laid)) + (laid.undated + laid.crowded_out if laid else len(events)) == len(events)
    for row in laid.rows if laid else []:
        for number, mark in enumerate(row.marks):
            assert 0 <= mark.left <= mark.left + mark.width <= 100.01
            assert 0 <= mark.x <= 100
            assert 0 < mark.y < row.height
            for other in row.marks[:number]:
                assert mark.y != other.y or abs(mark.x - other.x) >= 2.7
