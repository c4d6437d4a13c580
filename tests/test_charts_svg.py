"""The chart as the server draws it: the figure's places, no styles, and words that stay words."""

import gzip
import re
from datetime import date
from itertools import product
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string

from tests.samples import columns, told_events
from tests.test_charts import HOSTILE, dot
from timeline import charts
from timeline.models import Kind, Status

SVG = "{http://www.w3.org/2000/svg}"
WINDOW = (date(2020, 1, 1), date(2020, 12, 31))


def zoom(first: date, last: date) -> str:
    return f"?kind=protest&from={first}&to={last}"


def svg(chart: charts.Chart) -> str:
    return render_to_string("_chart_svg.html", {"chart": charts.svg_context(chart, zoom)})


def tree(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1).replace("\x00", ""))  # noqa: S314


def by_kind(*dots: charts.Dot, window: charts.Window = WINDOW) -> charts.Chart:
    return charts.marks(dots, charts.lanes_by("kind", dots), window)


def test_marks_and_bars_stand_where_the_figure_has_them() -> None:
    chart = by_kind(
        dot(), dot(pk=2, date="2020-02"), dot(pk=3, date="../2020-07-31"), dot(pk=4, date="1994/..")
    )
    drawn = {link.attrib["href"]: link for link in tree(svg(chart)).iter(f"{SVG}a")}
    assert set(drawn) == {f"/events/{pk}/" for pk in (1, 2, 3, 4)}
    assert all(link.attrib["tabindex"] == "-1" for link in drawn.values())
    figure = charts.plotly_figure(chart)
    points = {
        address: (x, y)
        for trace in figure["data"]
        if trace["type"] == "scatter"
        for address, x, y in zip(trace["customdata"], trace["x"], trace["y"], strict=True)
    }
    assert points["/events/1/"][0] == "2020-08-09 12:00"
    share = (date(2020, 8, 9).toordinal() + 0.5 - chart.scale.begin) / chart.scale.days
    (use,) = drawn["/events/1/"].iter(f"{SVG}use")
    assert use.attrib["x"] == f"{100 * share:.2f}%"
    (bar,) = drawn["/events/2/"].iter(f"{SVG}rect")
    assert bar.attrib["width"] == f"{100 * 29 / 366:.2f}%"
    assert bar.attrib["class"] == "bar kind-protest"
    (fades,) = drawn["/events/3/"].iter(f"{SVG}rect")
    assert fades.attrib["fill"] == "url(#fade-in-protest)"
    assert not list(drawn["/events/4/"].iter(f"{SVG}use"))  # it began out of view
    heights = {float(y) for y in re.findall(r"translate\(0 ([\d.]+)\)", svg(chart))}
    assert heights >= {y for _, y in points.values()}


def test_every_look_that_is_used_is_drawn_once() -> None:
    looks = product(Kind.values, Status.values, (False, True))
    dots = [
        dot(pk=pk, kind=kind, status=status, disputed=disputed)
        for pk, (kind, status, disputed) in enumerate(looks, 1)
    ]
    shown = tree(svg(by_kind(*dots)))
    ids = [shape.attrib["id"] for shape in shown.iter() if "id" in shape.attrib]
    assert len(ids) == len(set(ids)) == len(Kind) * len(Status) * 2
    assert {use.attrib["href"] for use in shown.iter(f"{SVG}use")} == {f"#{name}" for name in ids}


def test_hostile_words_are_shown_as_text() -> None:
    chart = charts.marks([dot(title=HOSTILE)], {1: [HOSTILE]}, WINDOW)
    shown = svg(chart)
    assert "<img" not in shown
    assert "javascript:alert(1)'" not in shown
    (title,) = tree(shown).iter(f"{SVG}title")
    assert title.text
    assert title.text.startswith("<img src=x")


def test_the_policy_of_the_site_has_nothing_to_forbid() -> None:
    for chart in (by_kind(*told_events(50), window=(None, None)), charts.bins(columns(3000), Kind.labels)):
        assert not re.search(r"\sstyle=|<style|<script|\son\w+=", svg(chart))


def test_a_bin_is_a_link_that_zooms() -> None:
    chart = charts.bins(columns(3000), [str(label) for label in Kind.labels], WINDOW)
    links = list(tree(svg(chart)).iter(f"{SVG}a"))
    assert len(links) == len(chart.bins)
    assert links[1].attrib["href"] == zoom(chart.bins[1].first, chart.bins[1].last)
    title = links[1].find(f"{SVG}title")
    assert title is not None
    assert title.text
    assert title.text.startswith(f"Referendum, {chart.bins[1].name}\n")


@pytest.mark.parametrize("date_written", ["0001-01-01", "9999-12-31", "0001/9999", "../0001-01-01"])
def test_the_first_and_last_years_are_drawn(date_written: str) -> None:
    shown = svg(by_kind(dot(date=date_written), window=(None, None)))
    assert all(-1 <= float(x) <= 101 for x in re.findall(r'x="(-?[\d.]+)%"', shown))


def test_two_thousand_marks_are_sent_small() -> None:
    sent = svg(by_kind(*told_events(charts.LIMIT), window=(None, None)))
    assert len(gzip.compress(sent.encode(), 6)) <= 45_000


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        (date(2020, 8, 9), date(2020, 8, 9), ["9 Aug 2020"]),
        (date(2020, 12, 30), date(2021, 1, 3), ["30 Dec 2020", "31 Dec", "1 Jan 2021", "2 Jan", "3 Jan"]),
        (date(2020, 11, 1), date(2021, 3, 31), ["Nov 2020", "Dec", "Jan 2021", "Feb", "Mar"]),
        (date(2000, 1, 1), date(2025, 12, 31), ["2000", "2005", "2010", "2015", "2020", ""]),
        (date(1, 1, 1), date(9999, 12, 31), ["1", "2000", "4000", "6000", "8000"]),
    ],
)
def test_ticks_tell_the_year_once(first: date, last: date, labels: list[str]) -> None:
    ticks = charts.Scale(first, last).ticks()
    assert [f"{tick.label} {tick.year}".strip() for tick in ticks] == labels


def test_the_strip_shows_bars_and_the_window() -> None:
    some = columns(3000)
    strip = charts.overview(some.first, some.last)
    assert strip
    shown = render_to_string("_overview.html", {"overview": charts.overview_context(strip, WINDOW)})
    assert shown.count("<rect") == sum(map(bool, strip.counts)) + 1
    assert 'class="window"' in shown
    assert "style" not in shown
