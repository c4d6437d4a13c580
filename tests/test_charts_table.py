"""The chart's numbers as a table, and which lane an event stands in."""

from datetime import date

import numpy as np
import pytest

from tests import factories
from timeline import charts, columns
from timeline.models import Kind

LANES = [str(label) for label in Kind.labels]


def entries(*dates: tuple[int, int]) -> charts.Entries:
    first, last = (np.array(days, np.int32) for days in zip(*dates, strict=True))
    kind = np.arange(len(dates), dtype=np.uint8) % 5
    return charts.Entries(first, last, kind, np.zeros(len(dates), np.uint8), kind.astype(np.int32))


def ordinal(year: int, month: int = 1, day: int = 1) -> int:
    return date(year, month, day).toordinal()


def test_events_are_counted_where_their_dates_begin() -> None:
    some = entries(
        (ordinal(2019, 3), ordinal(2019, 3)),
        (ordinal(2019), ordinal(2021)),
        (0, ordinal(2021, 2)),  # "by February" where it ends
        (ordinal(2021, 5), 0),
        (ordinal(2021, 6), ordinal(2021, 6)),
        (ordinal(2030), ordinal(2030)),
    )
    rows = charts.table(some, LANES)
    assert sum(row.total for row in rows) == 6
    assert (rows[0].label, rows[0].total) == ("2019", 2)
    assert all(row.total == sum(row.counts) for row in rows)


def test_what_began_before_the_window_has_a_row_of_its_own() -> None:
    some = entries((ordinal(1990), 0), (ordinal(2020, 3), ordinal(2020, 3)))
    rows = charts.table(some, LANES, (date(2020, 1, 1), date(2020, 12, 31)))
    assert rows[0].label == "earlier"
    assert [row.total for row in rows] == [1, 1]


def test_no_events_no_rows() -> None:
    none = charts.Entries(*(np.empty(0, np.int32) for _ in range(5)))
    assert charts.table(none, LANES) == []


@pytest.mark.django_db
@pytest.mark.parametrize("group", ["kind", "country", "actor"])
def test_lanes_are_those_of_single_events(group: str) -> None:
    """Where few enough to be drawn one by one, both ways put the same number into each lane."""
    events = factories.make_timeline(60)
    for event in events[:9]:
        factories.make_participation(event, factories.make_actor(), "target")
    known = columns.current()
    rows = known.order[known.days(known.order) > 0]
    dots = charts.read(type(events[0]).objects.chronological())
    one_by_one = charts.marks(dots, charts.lanes_by(group, dots))
    counted = charts.bins(*charts.entries(known, rows, group))
    sizes = {lane.name: lane.count for lane in counted.lanes}
    if group != "actor":
        assert sizes == {lane.name: lane.count for lane in one_by_one.lanes}
        return
    # A lane for each of the ten busiest actors, one for all others.
    assert len(sizes) <= charts.LANES
    assert sizes["All others"] <= 9
    named = {lane.name: lane.count for lane in one_by_one.lanes}
    assert all(named.get(name, count) == count for name, count in sizes.items() if name != "All others")
