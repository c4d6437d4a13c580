"""Counting: every event once, however its date is written, and bars that show what was counted."""

import gzip
import json
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plotly import graph_objects

from tests.samples import columns
from timeline import charts, edtf_dates
from timeline.charts import Entries, scale
from timeline.charts.binning import rounded
from timeline.models import Kind, Status

YEAR = (date(2020, 1, 1), date(2020, 12, 31))
AUGUST, NEXT = "3 August to 9 August 2020", "10 August to 16 August 2020"
TURN, JANUARY = "30 December 2019 to 5 January 2020", "6 January to 12 January 2020"
LANES = [str(label) for label in Kind.labels]


def told(*rows: tuple[str, str], lanes: Sequence[int] = (), event: Sequence[int] = ()) -> Entries:
    """Protests, of dates in EDTF and statuses."""
    bounds = [edtf_dates.bounds(written) for written, _ in rows]
    return Entries(
        first=np.array([low.toordinal() if low else 0 for low, _ in bounds], np.int32),
        last=np.array([high.toordinal() if high else 0 for _, high in bounds], np.int32),
        kind=np.full(len(rows), Kind.values.index("protest"), np.uint8),
        status=np.array([Status.values.index(status) for _, status in rows], np.uint8),
        lane=np.array(lanes or [3] * len(rows), np.int32),
        event=np.array(event) if event else None,
    )


def counted(chart: charts.Chart) -> dict[str, float]:
    return {one.name: round(sum(one.counts.values()), 4) for one in chart.bins}


def forms(chart: charts.Chart) -> list[str]:
    return [part.form for one in chart.bins for part in one.parts]


@pytest.mark.parametrize(
    ("written", "status", "where", "form"),
    [
        ("2020-08-09", "occurred", {AUGUST: 1}, "dated"),
        ("2020-08-03/2020-08-09", "ongoing", {AUGUST: 1}, "dated"),
        ("2020-08-08/2020-08-11", "occurred", {AUGUST: 0.5, NEXT: 0.5}, "spread"),
        ("2020-08-09", "planned", {AUGUST: 1}, "unheld"),
        ("2020-08-08/2020-08-11", "cancelled", {AUGUST: 0.5, NEXT: 0.5}, "unheld"),
        ("2020-08-09/..", "occurred", {AUGUST: 1}, "spread"),
        ("../2020-08-09", "occurred", {AUGUST: 1}, "spread"),
        ("1994/..", "occurred", {}, None),  # its known end is out of view
        ("2019-12-31/2020-01-01", "occurred", {TURN: 1}, "dated"),
        ("2019-12-28/2020-01-06", "occurred", {TURN: 0.5, JANUARY: 0.1}, "spread"),
    ],
)  # fmt: skip
def test_where_a_date_counts(written: str, status: str, where: dict[str, float], form: str | None) -> None:
    chart = charts.bins(told((written, status), ("2020-02-03", "occurred")), LANES, YEAR)
    other = {"3 February to 9 February 2020": 1}
    assert counted(chart) == where | other
    assert {*forms(chart)} == {"dated", form} - {None}


@pytest.mark.parametrize(
    ("first", "last", "unit", "bins"),
    [
        (date(2020, 8, 9), date(2020, 8, 9), "day", 1),
        (date(2020, 1, 1), date(2020, 6, 28), "day", 180),
        (date(2020, 1, 1), date(2020, 12, 31), "week", 53),
        (date(2010, 1, 1), date(2024, 12, 31), "month", 180),
        (date(2000, 1, 1), date(2025, 12, 31), "quarter", 104),
        (date(1900, 1, 1), date(2025, 12, 31), "year", 126),
        (date(1215, 6, 15), date(2025, 12, 31), "5 years", 163),
        (date(1, 1, 1), date(9999, 12, 31), "100 years", 100),
    ],
)
def test_bins_are_units_of_the_calendar(first: date, last: date, unit: str, bins: int) -> None:
    found, edges = scale.finest(scale.BIN_UNITS, first, last, 180)
    assert (found.name, len(edges) - 1) == (unit, bins)
    assert edges[0] <= first.toordinal() < edges[1]
    assert edges[-2] <= last.toordinal() < edges[-1]
    assert scale.in_words(found, edges[0], edges[1])
    assert scale.in_words(found, edges[-2], edges[-1])


@pytest.mark.parametrize(
    ("most", "unit", "bins"), [(24, "500 years", 20), (5, "2500 years", 4), (1, "5000 years", 2)]
)
def test_a_few_bins_take_in_all_of_the_calendar(most: int, unit: str, bins: int) -> None:
    found, edges = scale.finest(scale.BIN_UNITS, date.min, date.max, most)
    assert (found.name, len(edges) - 1) == (unit, bins)


dates = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(dates, dates), min_size=1, max_size=20), st.tuples(dates, dates))
def test_each_event_counts_by_the_part_of_it_that_is_seen(
    told_dates: list[tuple[date, date]], window: tuple[date, date]
) -> None:
    first, last = sorted(window)
    rows = [tuple(sorted(pair)) for pair in told_dates]
    chart = charts.bins(told(*((f"{low}/{high}", "occurred") for low, high in rows)), LANES, (first, last))
    expected = 0.0
    _, edges = scale.finest(scale.BIN_UNITS, first, last, 180)
    for low, high in rows:
        begin, end = low.toordinal(), high.toordinal() + 1
        seen = min(end, last.toordinal() + 1) - max(begin, first.toordinal())
        within = any(start <= begin and end <= stop for start, stop in pairwise(edges))
        if seen > 0:
            expected += 1 if within else seen / (end - begin)
    assert sum(counted(chart).values()) == pytest.approx(expected, abs=0.01)


def test_bars_stand_on_one_scale_and_none_is_too_low_to_be_seen() -> None:
    rows = [("2020-08-09", "occurred")] * 900 + [("2020-03-03", "occurred")]
    chart = charts.bins(told(*rows, lanes=[3] * 900 + [1]), LANES, YEAR)
    low, high = (sum(part.height for part in one.parts) for one in chart.bins)
    assert (low, high) == (2.0, chart.lanes[1].height)
    assert chart.lanes[0].height < chart.lanes[1].height
    assert [(lane.name, lane.count, lane.note) for lane in chart.lanes] == [
        ("Election", 1, "up to 1 a week"),
        ("Protest", 900, "up to 900 a week"),
    ]
    for one in chart.bins:
        assert one.parts[0].top + one.parts[0].height == one.lane.top + 26 + one.lane.height


def test_lanes_beyond_the_limit_are_gathered_and_an_event_counts_there_once() -> None:
    names = [f"Actor {number:02}" for number in range(20)]
    rows = [("2020-08-09", "occurred")] * 22
    lanes, events = [*range(20), 18, 19], [*range(20), 20, 20]
    chart = charts.bins(told(*rows, lanes=lanes, event=events), names, YEAR)
    assert len(chart.lanes) == charts.LANES
    assert [lane.name for lane in chart.lanes][:2] == ["Actor 18", "Actor 19"]
    assert chart.lanes[-1].name == "All others"
    assert sum(lane.count for lane in chart.lanes) == 22
    twice = [*range(20), *[19, 0] * 10]  # the last event stands in two lanes, of those that are gathered
    rows = [("2020-08-09", "occurred")] * 40
    several = charts.bins(told(*rows, lanes=twice, event=[*range(20), *[7] * 20]), names, YEAR)
    assert several.lanes[-1].count == 9


def test_no_events_make_an_empty_chart() -> None:
    chart = charts.bins(told(), [])
    assert chart.bins == []
    assert chart.scale.days > 0
    graph_objects.Figure(charts.plotly_figure(chart))


@pytest.mark.parametrize(
    ("count", "words"),
    [(1.0, "1"), (1234.0, "1,234"), (0.2, "less than 1"), (12.3, "about 12"), (2.9999999999, "3")],
)
def test_parts_of_events_are_told_as_such(count: float, words: str) -> None:
    assert rounded(count) == words


@pytest.mark.parametrize("lanes", [5, 12, 40])
def test_any_number_of_events_is_sent_small(lanes: int) -> None:
    names = LANES if lanes == 5 else [f"Country {number:02}" for number in range(lanes)]
    # As many bins as there may be: 108 months in 12 lanes, and 180 in 5.
    first = date(2011, 1, 1) if lanes == 5 else date(2017, 1, 1)
    chart = charts.bins(columns(300_000, lanes), names, (first, date(2025, 12, 31)))
    assert len(chart.bins) > 800
    figure = charts.plotly_figure(chart)
    graph_objects.Figure(figure)
    sent = charts.plotly_json(figure)
    assert len(gzip.compress(sent.encode(), 6)) <= 60_000
    shown: dict[str, Any] = json.loads(sent)
    handles = shown["data"][-1]
    assert len(handles["customdata"]) == len(chart.bins)
    assert all(low <= high for low, high in handles["customdata"])
    assert "events" in handles["hovertext"][50]


def test_the_overview_counts_every_event_over_the_whole_span() -> None:
    some = columns(5000)
    strip = charts.overview(some.first, some.last)
    assert strip
    assert len(strip.counts) == 160
    assert sum(strip.counts) == pytest.approx(5000)
    context = charts.overview_context(strip, (date(2010, 1, 1), None))
    assert context["window"][0] > "35%"
    assert charts.overview(some.first[:0], some.last[:0]) is None


def test_an_overview_of_few_days_has_a_bin_a_day() -> None:
    some = told(("2020-08-09", "occurred"), ("2020-08-09/2020-08-12", "occurred"))
    strip = charts.overview(some.first, some.last)
    assert strip
    assert strip.counts == [1.25, 0.25, 0.25, 0.25]
