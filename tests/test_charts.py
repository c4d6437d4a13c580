"""The figure: what each event looks like, whatever its date, and that hostile words stay words."""

import datetime
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from hypothesis import given, settings
from hypothesis import strategies as st
from plotly import graph_objects

from tests import factories
from tests.samples import told_events
from timeline import charts, edtf_dates
from timeline.charts import Dot, figure
from timeline.models import Event, Kind, Status


def dot(pk: int = 1, **fields: Any) -> Dot:
    defaults = {
        "kind": "protest",
        "title": "March",
        "date": "2020-08-09",
        "status": "occurred",
        "disputed": False,
        "country": "BY",
    }
    return Dot(pk=pk, **{**defaults, **fields})


def draw(*dots: Dot, window: charts.Window = (None, None), lanes: Any = None) -> dict[str, Any]:
    chart = charts.marks(dots, lanes or {one.pk: [str(Kind(one.kind).label)] for one in dots}, window)
    plain: dict[str, Any] = json.loads(charts.plotly_json(charts.plotly_figure(chart)))
    return plain


def headings(figure: dict[str, Any]) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"]]


def marks(figure: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace["type"] == "scatter" and "customdata" in trace]


def overlays(figure: dict[str, Any]) -> list[str]:
    return [
        trace["marker"]["symbol"]
        for trace in figure["data"]
        if trace["type"] == "scatter" and "customdata" not in trace
    ]


def bars(figure: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace["type"] == "bar" and trace.get("name") != "handles"]


@pytest.mark.parametrize(
    ("status", "disputed", "symbol", "over"),
    [
        ("occurred", False, "circle", []),
        ("ongoing", False, "circle-open-dot", []),
        ("planned", False, "circle-open", []),
        ("proposed", False, "circle-open", []),
        ("cancelled", False, "circle-open", ["x-thin-open"]),
        ("occurred", True, "circle", ["circle-open"]),
        ("cancelled", True, "circle-open", ["circle-open", "x-thin-open"]),
    ],
)
def test_status_and_dispute_are_seen(status: str, disputed: bool, symbol: str, over: list[str]) -> None:
    figure = draw(dot(status=status, disputed=disputed))
    assert [trace["marker"]["symbol"] for trace in marks(figure)] == [symbol]
    assert overlays(figure) == over


def test_every_kind_and_status_has_a_look_of_its_own() -> None:
    assert set(charts.SYMBOLS) == set(charts.COLOURS) == set(Kind)
    assert len(set(charts.SYMBOLS.values())) == len(set(charts.COLOURS.values())) == len(Kind)
    assert set(charts.FILLS) == set(Status)


def test_a_day_is_a_mark_at_its_noon_and_no_bar() -> None:
    figure = draw(dot())
    assert marks(figure)[0]["x"] == ["2020-08-09 12:00"]
    assert not bars(figure)
    assert marks(figure)[0]["customdata"] == ["/events/1/"]


@pytest.mark.parametrize(
    ("date", "base", "days", "middle"),
    [
        ("2020-02", "2020-02-01 00:00", 29, "2020-02-15 12:00"),
        ("2021", "2021-01-01 00:00", 365, "2021-07-02 12:00"),
        ("2020-08-30/2020-09-01", "2020-08-30 00:00", 3, "2020-08-31 12:00"),
        ("199X", "1990-01-01 00:00", 3652, "1995-01-01 00:00"),
    ],
)
def test_a_wider_date_is_a_bar_as_wide(date: str, base: str, days: int, middle: str) -> None:
    figure = draw(dot(date=date))
    (bar,) = bars(figure)
    assert (bar["base"], bar["x"]) == ([base], [days * 86_400_000])
    assert marks(figure)[0]["x"] == [middle]


def test_by_february_fades_in_and_since_august_fades_out() -> None:
    (by,) = bars(draw(dot(date="../2022-02")))
    assert by["marker"]["opacity"] == sorted(by["marker"]["opacity"], reverse=True)
    assert by["base"] == sorted(by["base"], reverse=True)  # ever earlier, ever fainter
    (since,) = bars(draw(dot(date="2020-08/..")))
    assert since["marker"]["opacity"] == sorted(since["marker"]["opacity"], reverse=True)
    assert since["base"] == sorted(since["base"])
    assert since["base"][0] == "2020-08-01 00:00"


def test_an_open_date_claims_no_far_off_day() -> None:
    figure = draw(dot(date="2020-08/.."), dot(pk=2, date="../1994"))
    first, last = figure["layout"]["xaxis"]["range"]
    assert first > "1990"
    assert last < "2025"
    assert "9999" not in json.dumps(figure)


@pytest.mark.parametrize(
    "date", ["0001-01-01", "9999-12-31", "0001/9999", "9999", "../0001-01-01", "9999-12/.."]
)
def test_the_first_and_last_years_are_drawn_within_the_calendar(date: str) -> None:
    figure = draw(dot(date=date))
    edges = figure["layout"]["xaxis"]["range"]
    assert all("0001-01-01" <= edge <= "9999-12-31 24" for edge in edges)
    assert edges[0] < edges[1]
    assert figure["layout"]["xaxis"].get("autorange") is None


def test_the_view_is_the_window_and_bars_are_cut_at_its_edge() -> None:
    march = datetime.date(2020, 3, 1), datetime.date(2020, 3, 31)
    figure = draw(dot(date="2020"), dot(pk=2, date="1994/.."), window=march)
    assert figure["layout"]["xaxis"]["range"] == ["2020-03-01 00:00", "2020-04-01 00:00"]
    assert marks(figure)[0]["x"] == ["2020-03-16 12:00"]  # none for the one that began out of view
    assert len(marks(figure)[0]["x"]) == 1
    handles = next(trace for trace in figure["data"] if trace.get("name") == "handles")
    assert sorted(handles["customdata"]) == ["/events/1/", "/events/2/"]
    assert min(handles["base"]) == "2020-03-01 00:00"


def test_marks_that_would_stand_on_each_other_get_rows_of_their_own() -> None:
    same = draw(*(dot(pk=pk) for pk in range(1, 6)), dot(pk=9, date="2010-01-01"))
    rows = dict(zip(marks(same)[0]["customdata"], marks(same)[0]["y"], strict=True))
    assert len({rows[f"/events/{pk}/"] for pk in range(1, 6)}) == 5
    assert rows["/events/9/"] == min(rows.values())


def test_the_same_events_are_drawn_the_same_in_any_order() -> None:
    dots = [dot(pk=pk, date=f"2020-0{pk % 3 + 1}") for pk in range(1, 9)]
    places = [
        dict(zip(marks(figure)[0]["customdata"], marks(figure)[0]["y"], strict=True))
        for figure in (draw(*dots), draw(*reversed(dots)))
    ]
    assert places[0] == places[1]


def test_lanes_beyond_the_limit_are_gathered() -> None:
    dots = [dot(pk=pk) for pk in range(1, 31)]
    names = headings(draw(*dots, lanes={one.pk: [f"Actor {one.pk:02}"] for one in dots}))
    assert len(names) == charts.LANES
    assert names[-1] == "All others  19"


def test_an_event_of_two_actors_stands_in_two_lanes() -> None:
    assert headings(draw(dot(), lanes={1: ["One", "Other"]})) == ["One  1", "Other  1"]


def test_no_events_make_an_empty_figure_with_a_range() -> None:
    figure = draw()
    assert figure["data"] == []
    assert len(figure["layout"]["xaxis"]["range"]) == 2


HOSTILE = "<img src=x onerror=alert(1)><a href='javascript:alert(1)'>%{customdata}</a> & \x00 \U0001f9a9" * 3


def test_hostile_words_are_shown_as_text() -> None:
    drawing = draw(dot(title=HOSTILE, quote=HOSTILE), lanes={1: [HOSTILE]})
    for text in (marks(drawing)[0]["hovertext"][0], headings(drawing)[0]):
        assert "<img" not in text.replace("<br>", "")
        assert "<a" not in text
    assert "hovertemplate" not in json.dumps(drawing)  # whose %{…} would be filled in


def test_hover_tells_title_date_and_the_beginning_of_the_quote() -> None:
    one = dot(
        title="Referendum",
        date="../2022-02",
        status="planned",
        disputed=True,
        quote="It will take place\nno later than February next year" + " and so on" * 50,
    )
    (text,) = marks(draw(one))[0]["hovertext"]
    assert text.startswith(
        "Referendum<br>by February 2022, planned, disputed<br>“It will take place no later"
    )
    assert text.endswith("…”")
    assert len(text.partition("“")[2].replace("<br>", " ")) <= 91
    assert all(len(line) < 80 for line in text.split("<br>"))


def test_a_word_longer_than_a_line_is_broken() -> None:
    assert figure._wrapped("x" * 120).split("\n") == ["x" * 56, "x" * 56, "x" * 8]


def test_traces_are_few_however_many_events() -> None:
    dots = [
        dot(
            pk=pk,
            kind=Kind.values[pk % 5],
            status=Status.values[pk % 5 + pk // 5 % 2 - 1],
            disputed=pk % 3 == 0,
        )
        for pk in range(1, 500)
    ]
    assert len(draw(*dots)["data"]) <= 32


def test_plotly_itself_finds_no_fault_with_it() -> None:
    dots = told_events(300)
    chart = charts.marks(dots, charts.lanes_by("kind", dots))
    graph_objects.Figure(charts.plotly_figure(chart, {"events": 300}))


def test_two_thousand_events_are_sent_small() -> None:
    dots = told_events(charts.LIMIT)
    chart = charts.marks(dots, charts.lanes_by("kind", dots))
    sent = charts.plotly_json(charts.plotly_figure(chart)).encode()
    assert len(gzip.compress(sent, 6)) <= 150_000


def test_the_page_has_the_colours_of_the_figure() -> None:
    sheet = (Path(site.BASE_DIR) / "static/site.css").read_text()
    for kind, colour in charts.COLOURS.items():
        assert f"--{kind}: {colour.lower()};" in sheet


dates = st.sampled_from(
    ["2020-08-09", "2020-08", "2020", "../2022-02", "2020-08/..", "1994/2021", "0001", "9999-12-31", "199X"]
)
days = st.none() | st.dates()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(dates, st.sampled_from(Status.values), st.booleans()), max_size=12), days, days)
def test_any_events_are_drawn_in_any_window(
    told: list[tuple[str, str, bool]], first: datetime.date | None, last: datetime.date | None
) -> None:
    if first and last and first > last:
        first, last = last, first
    dots = [
        dot(pk=pk, date=date, status=status, disputed=disputed)
        for pk, (date, status, disputed) in enumerate(told, 1)
        if in_window(date, first, last)
    ]
    figure = draw(*dots, window=(first, last))
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < high
    for trace in marks(figure):
        assert all(low <= moment <= high for moment in trace["x"])
    for trace in bars(figure):
        assert all(low <= moment <= high for moment in trace["base"])
        assert all(length >= 0 for length in trace["x"])


def in_window(date: str, first: datetime.date | None, last: datetime.date | None) -> bool:
    earliest, latest = edtf_dates.bounds(date)
    return not (first and latest and latest < first) and not (last and earliest and earliest > last)


@pytest.mark.django_db
def test_reading_takes_one_query_and_the_first_passage(django_assert_num_queries: Any) -> None:
    event = factories.make_event()
    factories.make_event(date="")
    source = factories.make_source()
    factories.make_mention(source, event, words="Thousands marched")
    factories.make_mention(source, event)
    with django_assert_num_queries(1):
        (read,) = charts.read(Event.objects.all())
    assert read.quote == "Thousands marched"


@pytest.mark.django_db
def test_lanes_by_country_and_actor() -> None:
    event, alone = factories.make_event(), factories.make_event(country="")
    for name in ("Zebra", "Aardvark"):
        factories.make_participation(event, factories.make_actor(name=name))
    dots = charts.read(Event.objects.all())
    assert charts.lanes_by("actor", dots) == {event.pk: ["Aardvark", "Zebra"], alone.pk: ["No actor named"]}
    assert charts.lanes_by("country", dots) == {event.pk: ["Belarus"], alone.pk: ["Country unknown"]}
    assert charts.lanes_by("kind", dots) == {event.pk: ["Protest"], alone.pk: ["Protest"]}
