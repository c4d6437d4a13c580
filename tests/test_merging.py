"""Which stored events are compared with one that an article tells of, however many there are."""

from collections.abc import Sequence
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from timeline import edtf_dates, merging
from timeline.extraction import records
from timeline.models import Event, Kind, Status

pytestmark = pytest.mark.django_db

YEARS = (1, 1989, 1990, 1991, 1992, 9999)


@st.composite
def days(draw: st.DrawFn) -> str:
    day = date(draw(st.sampled_from(YEARS)), draw(st.integers(1, 12)), draw(st.integers(1, 28)))
    return day.isoformat()[: draw(st.sampled_from((4, 7, 10)))]


@st.composite
def stretches(draw: st.DrawFn) -> str:
    return "/".join(sorted((draw(days()), draw(days()))))


DATES = st.one_of(
    days(), stretches(), days().map(lambda day: f"../{day}"), days().map(lambda day: f"{day}/..")
)


def store(dates: Sequence[str]) -> None:
    Event.objects.all().delete()
    Event.objects.bulk_create(
        Event(
            kind=Kind.PROTEST,
            title=f"March {number}",
            date=written,
            earliest=edtf_dates.bounds(written).earliest,
            latest=edtf_dates.bounds(written).latest,
            status=Status.OCCURRED,
            country="BY",
        )
        for number, written in enumerate(dates)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=DATES, dates=st.lists(DATES, min_size=5, max_size=40))
def test_none_whose_date_agrees_is_passed_over(written: str, dates: list[str]) -> None:
    store([written, *dates])
    looked_at = set(Event.objects.filter(merging._may_agree_with(written)).values_list("date", flat=True))
    assert {one for one in [written, *dates] if merging._dates_agree(written, one)} <= looked_at


def told(written: str) -> records.Event:
    return records.Event(
        kind="protest", title="A march", date=written, status="occurred", disputed=False, country="BY",
        participants=(), counts=(), mentions=(),
    )  # fmt: skip


def test_what_goes_on_since_long_ago_crowds_out_no_event_of_the_day() -> None:
    store([f"{year}/.." for year in range(1700, 1990)] + ["2020-08-09"])
    match = merging.find(told("2020-08-09"), None)
    assert match
    assert match.event.date == "2020-08-09"


def test_nor_does_what_begins_in_the_same_year() -> None:
    store(["2020", *(f"2020-12-{day:02}" for day in range(1, 29) for _ in range(8))])
    match = merging.find(told("2020"), None)
    assert match
    assert match.event.date == "2020"


def test_names_are_asked_for_only_where_some_are_told() -> None:
    store(["2020-08-09"] * 3)
    for event in Event.objects.all():
        factories.make_participation(event, factories.make_actor())
    with CaptureQueriesContext(connection) as queries:
        assert merging.find(told("2020-08-09"), None)
    assert len(queries) == 1
