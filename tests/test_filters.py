"""The query string: what each parameter chooses, and what becomes of a bad one."""

import pytest
from django.http import QueryDict
from pytest_django import Settings

from tests import factories
from timeline import filters
from timeline.facets import facets
from timeline.filters import Selection
from timeline.models import Event, Review

pytestmark = pytest.mark.django_db


def titles(query: str) -> set[str]:
    return {event.title for event in Selection(QueryDict(query)).events}


@pytest.fixture
def events() -> dict[str, Event]:
    made = {
        "march": factories.make_event(title="march", date="2020-08-09"),
        "vote": factories.make_event(
            title="vote", kind="referendum", date="../2022-02", status="planned", country="TR"
        ),
        "arrests": factories.make_event(
            title="arrests",
            kind="crackdown",
            date="2020-09/..",
            status="ongoing",
            disputed=True,
            review="confirmed",
        ),
        "undated": factories.make_event(title="undated", kind="election", date="", country=""),
    }
    factories.make_event(title="rejected", review=Review.REJECTED)
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"march", "vote", "arrests", "undated"}),  # never a rejected one
        ("kind=protest", {"march"}),
        ("kind=protest&kind=referendum", {"march", "vote"}),  # any of the kinds
        ("kind=protest&status=planned", set()),  # but all of the parameters
        ("status=planned&status=ongoing", {"vote", "arrests"}),
        ("country=TR", {"vote"}),
        ("country=ZW", set()),  # a country, but none of ours
        ("disputed=true", {"arrests"}),
        ("disputed=false", {"march", "vote", "undated"}),
        ("review=confirmed", {"arrests"}),
        ("from=2021", {"vote", "arrests"}),  # both can be as late: no undated event is in a window
        ("to=2020-08", {"march", "vote"}),  # "by February 2022" can be as early
        ("from=2020-08-09&to=2020-08-09", {"march", "vote"}),
        ("from=2020-08-10&to=2020-08-31", {"vote"}),
        ("from=0001&to=9999", {"march", "vote", "arrests"}),
        ("from=2020-21", {"march", "vote", "arrests"}),  # spring, in EDTF
        ("text=MARCH", {"march"}),
        ("text=+++", {"march", "vote", "arrests", "undated"}),
        ("kind=&country=&text=&from=&to=&actor=&source=&disputed=", {"march", "vote", "arrests", "undated"}),
        ("unknown=1", {"march", "vote", "arrests", "undated"}),
    ],
)
def test_what_a_query_chooses(events: dict[str, Event], query: str, expected: set[str]) -> None:
    assert titles(query) == expected
    assert not Selection(QueryDict(query)).problems


def test_text_is_looked_for_in_titles_quotes_and_headlines(events: dict[str, Event]) -> None:
    source = factories.make_source(headline="A long night in the capital")
    factories.make_mention(source, events["vote"], words="Thousands marched")
    assert titles("text=thousands+marched") == {"vote"}
    assert titles("text=night") == {"vote"}
    assert titles("text=vote+night+thousands") == {"vote"}  # each word may stand elsewhere
    assert titles("text=vote+absent") == set()
    assert titles("text=100%25") == set()  # no wild cards


def test_actor_and_source_are_chosen_by_id(events: dict[str, Event]) -> None:
    actor, source = factories.make_actor(), factories.make_source()
    for role in ("initiator", "participant"):
        factories.make_participation(events["march"], actor, role)
    for words in ("Thousands", "Police"):
        factories.make_mention(source, events["arrests"], words=words)
    assert [event.title for event in Selection(QueryDict(f"actor={actor.pk}")).events] == ["march"]
    assert [event.title for event in Selection(QueryDict(f"source={source.pk}")).events] == ["arrests"]


def test_a_page_of_one_actor_has_no_filter_by_actors(events: dict[str, Event]) -> None:
    """What its downloads hold, which name actors in the address, is what it shows."""
    shown, other = factories.make_actor(), factories.make_actor()
    factories.make_participation(events["march"], shown, "initiator")
    factories.make_participation(events["arrests"], other, "initiator")
    selection = Selection(QueryDict(f"actor={other.pk}"), {"actor": shown.pk})
    assert [event.title for event in selection.events] == ["march"]
    assert "actor" not in selection.parameters


LONG = "x" * 1_000_000
HOSTILE = [
    "\x00",
    "a\x00b",
    "\U0001f9a9" * 300,
    "9" * 30,
    "9" * 5000,
    "-1",
    "0",
    "1.5",
    "1e309",
    "NaN",
    "٢٠٢٠",
    "['a']",
    "<script>alert(1)</script>",
    "'; DROP TABLE timeline_event; --",
    "2020-13",
    "2020-02-30",
    "0000",
    "99999",
    "2020/2021",
    "../..",
    "\ud7ff\uffff",
    LONG,
]
PARAMETERS = ["kind", "country", "status", "review", "disputed", "actor", "source", "from", "to"]


def query(name: str, value: str) -> QueryDict:
    made = QueryDict(mutable=True)
    made[name] = value
    return made


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:24])
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_bad_value_is_named_and_nothing_is_filtered(
    events: dict[str, Event], name: str, value: str
) -> None:
    selection = Selection(query(name, value))
    assert {problem.name for problem in selection.problems} == {name}
    assert selection.events.count() == 4
    assert not selection.parameters
    assert not selection.chips
    assert all(len(problem.message) < 200 for problem in selection.problems)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:24])
@pytest.mark.parametrize("name", ["group", "order", "page"])
def test_a_bad_view_falls_back_and_is_named(events: dict[str, Event], name: str, value: str) -> None:
    selection = Selection(query(name, value))
    assert (selection.group, len(selection.listed), selection.page >= 1) == ("kind", 4, True)
    if name != "page":
        assert {problem.name for problem in selection.problems} == {name}


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:24])
def test_any_text_can_be_looked_for(events: dict[str, Event], value: str) -> None:
    selection = Selection(query("text", value))
    assert selection.events.count() in (0, 4)
    assert bool(selection.problems) == ("\x00" in value or len(value) > 200)


def test_one_filter_in_error_leaves_none_in_force(events: dict[str, Event]) -> None:
    selection = Selection(QueryDict("kind=protest&from=soon"))
    assert selection.events.count() == 4
    assert [problem.label for problem in selection.problems] == ["From"]


def test_a_window_that_ends_before_it_begins_is_an_error(events: dict[str, Event]) -> None:
    selection = Selection(QueryDict("from=2021&to=2020"))
    assert [(problem.name, problem.message) for problem in selection.problems] == [
        ("to", "The window ends before it begins.")
    ]
    assert selection.window == (None, None)


def test_parameters_in_force_come_in_one_order_and_without_defaults() -> None:
    selection = Selection(
        QueryDict("group=kind&page=3&to=2021&kind=protest&kind=election&kind=protest&text=+a+&order=-date")
    )
    assert selection.parameters.urlencode() == "kind=protest&kind=election&text=a&to=2021&order=-date"


def test_chips_say_each_filter_in_words_and_how_to_drop_it() -> None:
    actor = factories.make_actor(name="Union of Examples")
    selection = Selection(QueryDict(f"kind=protest&country=TR&actor={actor.pk}&from=2020-08&text=vote"))
    assert {chip.label: chip.without.urlencode() for chip in selection.chips} == {
        "Protest": f"country=TR&actor={actor.pk}&text=vote&from=2020-08",
        "Türkiye": f"kind=protest&actor={actor.pk}&text=vote&from=2020-08",
        "Union of Examples": "kind=protest&country=TR&text=vote&from=2020-08",
        "“vote”": f"kind=protest&country=TR&actor={actor.pk}&from=2020-08",
        "from August 2020": f"kind=protest&country=TR&actor={actor.pk}&text=vote",
    }


def test_newest_first_leaves_the_undated_last(events: dict[str, Event]) -> None:
    keys = Selection(QueryDict("order=-date")).listed.tolist()
    assert [Event.objects.get(pk=key).title for key in keys] == ["vote", "arrests", "march", "undated"]


def test_the_best_match_comes_first_where_words_are_looked_for(events: dict[str, Event]) -> None:
    earlier = factories.make_event(title="A long title in which a march is named", date="2010-01-01")
    assert Selection(QueryDict("text=march")).listed.tolist() == [events["march"].pk, earlier.pk]
    by_date = Selection(QueryDict("text=march&order=date"))
    assert by_date.listed.tolist() == [earlier.pk, events["march"].pk]
    assert Selection(QueryDict("order=rank")).order == "date"  # nothing to rank by


@pytest.mark.parametrize("name", ["actor", "source"])
def test_too_many_rows_are_refused(name: str) -> None:
    query = QueryDict("&".join(f"{name}={number}" for number in range(1, 60)))
    assert [problem.message for problem in Selection(query).problems] == ["Choose at most 50."]


def test_an_actor_that_was_merged_away_means_the_one_it_was_merged_into() -> None:
    event = factories.make_event(title="Vote")
    factories.make_event(title="Another")
    target = factories.make_actor(name="Target")
    middle = factories.make_actor(merged_into=target)
    away = factories.make_actor(merged_into=middle)
    factories.make_participation(event, target)
    selection = Selection(QueryDict(f"actor={away.pk}&actor={target.pk}&kind=protest"))
    assert [one.title for one in selection.events] == ["Vote"]
    assert selection.columns.pk[selection.rows].tolist() == [event.pk]
    assert selection.parameters.urlencode() == f"kind=protest&actor={target.pk}"
    assert [chip.label for chip in selection.chips] == ["Protest", "Target"]
    (facet,) = (one for one in facets(selection) if one.name == "actor")
    assert [(option.label, option.count, option.checked) for option in facet.options] == [("Target", 1, True)]


def test_so_it_does_where_readers_see_only_what_is_confirmed(settings: Settings) -> None:
    settings.PUBLIC = "confirmed"
    target = factories.make_actor(name="Target")
    away = factories.make_actor(merged_into=target)
    assert Selection(QueryDict(f"actor={away.pk}")).problems != []  # as with the target itself
    factories.make_participation(factories.make_event(title="Vote", review="confirmed"), target)
    selection = Selection(QueryDict(f"actor={away.pk}"))
    assert [one.title for one in selection.events] == ["Vote"]
    assert [chip.label for chip in selection.chips] == ["Target"]


@pytest.mark.parametrize("query", ["", "status=occurred", "status=planned&to=2022"])
def test_few_rows_come_in_the_same_order_as_many(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.make_timeline(40)
    factories.make_event(date="")
    few = Selection(QueryDict(query)).rows.tolist()
    monkeypatch.setattr(filters, "FEW", 0)
    assert Selection(QueryDict(query)).rows.tolist() == few
    assert few


def test_what_is_chosen_is_worked_out_once() -> None:
    factories.make_event()
    selection = Selection(QueryDict("kind=protest"))
    assert selection.chosen(but=["status"]) is selection.chosen(but=["actor"])
    assert selection.chosen(but=["kind"]) is not selection.chosen()
    assert selection.numbers(but=["status"]) is selection.numbers()
    other = selection.only_with("actor", 1)
    assert not other.chosen().any()


def test_one_request_leaves_nothing_in_the_form_of_the_next() -> None:
    made = Selection(QueryDict("country=BY"))
    made.filters.form.fields["country"].widget.attrs["class"] = "changed"
    again = Selection(QueryDict("country=TR")).filters.form
    assert not again.fields["country"].widget.attrs.get("class")
    assert again.is_valid()
    assert again.cleaned_data["country"] == ["TR"]
