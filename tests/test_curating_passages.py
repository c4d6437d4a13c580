"""What curators do to passages (merge, split, move, add) and what loads make of it afterwards."""

from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client

from tests import toy
from tests.factories import make_actor, make_event, make_mention, make_participation, make_source
from timeline import columns, curating, extraction, loading, search, workers
from timeline.curating import Conflict, Unsuitable, token
from timeline.documents import Document
from timeline.models import Decision, Event, Mention, Review, Source, Status

pytestmark = pytest.mark.django_db

MARCH = "[protest 2020-08-09 occurred BY] Thousands marched through Minsk."
ARRESTS = "[crackdown 2020-08-10 occurred BY] Police detained at least 400 people."
MISSED = "The union called a strike for October."


@pytest.fixture(autouse=True)
def toy_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.extraction, "extract", toy.extract)
    monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)


@pytest.fixture
def by() -> User:
    return User.objects.create(username="curator")


def load(*lines: str, path: str = "a.txt") -> None:
    text = "\n".join(["Headline", "", *lines])
    results = list(loading.load([Document(path, "Headline", date(2020, 8, 12), text)]))
    assert all(result.failure is None for result in results)


def newer_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "VERSION", f"{extraction.VERSION}, and newer")


def place_of(words: str) -> tuple[Source, int, int]:
    source = Source.objects.current().get()
    start = source.text.index(words)
    return source, start, start + len(words)


def strike(by: User) -> Mention:
    """A passage that no extractor has read, added with an event of its own."""
    event = Event(kind="protest", title="Strike of the union", date="2020-10", status="planned", country="BY")
    return curating.add_mention(*place_of(MISSED), event, by=by, reason="It was missed")


def shown(event: Event) -> list[str]:
    """The passages that a reader sees on the event's page and on the source's."""
    response = Client().get(event.get_absolute_url())
    quotes = [m.quote for _, told in response.context["told"] for m in told] if response.context else []
    of_source = Client().get(Source.objects.current().get().get_absolute_url()).context["mentions"]
    assert sorted(m.quote for m in of_source if m.event_id == event.pk) == sorted(quotes)
    return sorted(quotes)


def found(text: str) -> list[int]:
    query = search.parse(text)
    assert query
    return search.find(query).tolist()


RELOADS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the same text": lambda _: load(MARCH, ARRESTS, MISSED),
    "a changed text": lambda _: load("A line above.", MARCH, ARRESTS, MISSED),
    "a newer extractor": lambda patch: (newer_extractor(patch), load(MARCH, ARRESTS, MISSED))[1],
}


@pytest.fixture(params=RELOADS)
def reload(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: RELOADS[request.param](monkeypatch)


class TestReloads:
    def test_a_merge_stays(self, by: User, reload: Callable[[], None]) -> None:
        load(MARCH, ARRESTS, MISSED)
        march, arrests = Event.objects.order_by("pk")
        curating.merge(march, [arrests], by=by)
        reload()
        arrests.refresh_from_db()
        assert (arrests.merged_into, arrests.review) == (march, Review.REJECTED)
        assert march.mentions.filter(standing="current").count() == 2
        assert Event.objects.count() == 2

    def test_a_split_stays(self, by: User, reload: Callable[[], None]) -> None:
        load(MARCH, ARRESTS, MISSED)
        march, arrests = Event.objects.order_by("pk")
        curating.move(arrests.mentions.get(), march, by=by)
        new = curating.split(march, [march.mentions.get(kind="crackdown")], by=by)
        reload()
        assert [event.mentions.get().kind for event in (march, new)] == ["protest", "crackdown"]
        assert not arrests.mentions.exists()

    def test_what_was_moved_together_stays_together(self, by: User, reload: Callable[[], None]) -> None:
        load(MARCH, ARRESTS, MISSED)
        march, arrests = Event.objects.order_by("pk")
        curating.merge(march, [arrests], by=by)
        other = make_event(title="Elsewhere")
        curating.move(list(march.mentions.all()), other, by=by)
        reload()
        assert other.mentions.filter(standing="current").count() == 2
        assert not march.mentions.exists()

    def test_an_added_passage_stays_and_goes_with_its_words(
        self, by: User, reload: Callable[[], None]
    ) -> None:
        load(MARCH, ARRESTS, MISSED)
        mention = strike(by)
        reload()
        mention.refresh_from_db()
        source = Source.objects.current().get()
        assert (mention.source, mention.standing) == (source, Mention.Standing.CURRENT)
        assert source.text[mention.start : mention.end] == mention.quote == MISSED
        assert [source.text[slice(*span)] for span in mention.spans.values()] == [MISSED] * 4
        event = mention.event
        assert (event.title, event.status, event.review) == ("Strike of the union", "planned", "confirmed")
        assert shown(event) == [MISSED]

    def test_and_is_gone_when_its_words_are(self, by: User) -> None:
        load(MARCH, MISSED)
        mention = strike(by)
        load(MARCH)
        mention.refresh_from_db()
        assert mention.standing == Mention.Standing.GONE
        load(MARCH, MISSED)
        mention.refresh_from_db()
        assert mention.standing == Mention.Standing.CURRENT

    def test_it_is_current_again_where_the_machine_reads_it_too(self, by: User) -> None:
        load(MARCH, MISSED)
        mention = strike(by)
        load(MARCH)
        load(MARCH, f"[protest 2020-11 planned BY] {MISSED}")
        mention.refresh_from_db()
        assert (mention.standing, mention.date, mention.extractor) == ("current", "2020-10", "")

    def test_the_machine_that_reads_more_of_the_words_tells_of_the_same_event(self, by: User) -> None:
        words = "The union called a strike"
        load(MARCH, MISSED)
        event = Event(kind="protest", title="Strike", date="2020-10", status="planned", country="BY")
        mention = curating.add_mention(*place_of(words), event, by=by)
        load(MARCH, f"[protest 2020-10-05 planned BY] {MISSED}")
        assert shown(mention.event) == [words, MISSED]
        assert Event.objects.count() == 2

    def test_but_not_of_one_on_another_day(self, by: User) -> None:
        words = "The union called a strike"
        load(MARCH, MISSED)
        event = Event(kind="protest", title="Strike", date="2020-10", status="planned", country="BY")
        mention = curating.add_mention(*place_of(words), event, by=by)
        load(MARCH, f"[protest 2020-11-05 planned BY] {MISSED}")
        assert shown(mention.event) == [words]
        assert Event.objects.count() == 3

    def test_what_was_taken_back_keeps_no_event_alive(self, by: User) -> None:
        load(MARCH, MISSED)
        curating.add_mention(*place_of(MISSED), Event.objects.get(), by=by)
        curating.undo(Decision.objects.latest("pk"), by=by)
        load("Thousands marched through Minsk.", MISSED)
        assert not Event.objects.exists()
        assert not Mention.objects.exists()

    def test_what_was_taken_back_stays_away(self, by: User, reload: Callable[[], None]) -> None:
        load(MARCH, ARRESTS, MISSED)
        march = Event.objects.get(kind="protest")
        mention = curating.add_mention(*place_of(MISSED), march, by=by)
        curating.undo(Decision.objects.latest("pk"), by=by)
        reload()
        mention.refresh_from_db()
        assert mention.is_taken_back
        assert MISSED not in shown(march)

    def test_also_when_its_words_were_gone_meanwhile(self, by: User) -> None:
        load(MARCH, MISSED)
        mention = strike(by)
        curating.undo(Decision.objects.latest("pk"), by=by)
        load(MARCH)
        load(MARCH, MISSED)
        mention.refresh_from_db()
        assert mention.is_taken_back

    def test_and_keeps_nothing_from_the_machine(self, by: User) -> None:
        """What was taken back with its event doesn't swallow what the machine reads there later."""
        load(MARCH, MISSED)
        mention = strike(by)
        curating.undo(Decision.objects.latest("pk"), by=by)
        load(MARCH, f"[protest 2020-11 planned BY] {MISSED}")
        read = Mention.objects.get(date="2020-11")
        assert read.event not in (mention.event, Event.objects.get(date="2020-08-09"))
        assert shown(read.event) == [MISSED]

    def test_on_its_own_event_the_machine_takes_it_over(self, by: User) -> None:
        text = ("[1 protest 2020-08-09 occurred BY] Thousands marched.", MISSED)
        load(*text)
        march = Event.objects.get()
        mention = curating.add_mention(*place_of(MISSED), march, by=by)
        curating.undo(Decision.objects.latest("pk"), by=by)
        load(text[0], f"[1 protest 2020-08-09 occurred BY] {MISSED}")
        mention.refresh_from_db()
        assert (mention.standing, mention.extractor) == ("current", extraction.VERSION)
        assert shown(march) == [MISSED, "Thousands marched."]


class TestMove:
    def test_of_several_is_one_decision_and_one_undo(self, by: User) -> None:
        event, other = make_event(), make_event()
        mentions = [make_mention(make_source(), event) for _ in range(3)]
        curating.move(mentions[:2], other, by=by, reason="They tell of the other")
        decision = Decision.objects.get()
        assert (decision.action, decision.reason) == ("moved", "They tell of the other")
        assert other.mentions.count() == 2
        curating.undo(decision, by=by)
        assert event.mentions.count() == 3
        assert not event.mentions.filter(placed_by_hand=True).exists()

    def test_not_of_two_events_at_once(self, by: User) -> None:
        mentions = [make_mention(make_source(), make_event()) for _ in range(2)]
        with pytest.raises(Unsuitable, match="of one event"):
            curating.move(mentions, make_event(), by=by)

    def test_not_what_was_taken_back(self, by: User) -> None:
        mention = curating.add_mention(make_source(), 0, 9, make_event(), by=by)
        curating.undo(Decision.objects.get(), by=by)
        with pytest.raises(Unsuitable, match="of one event now"):
            curating.move(mention, make_event(), by=by)

    def test_not_from_where_the_curator_has_not_seen_it(self, by: User) -> None:
        event, other, third = (make_event(title=title) for title in ("One", "Other", "Third"))
        mention = make_mention(make_source(), event)
        seen = {row.pk: token(row) for row in (event, other)}
        curating.move(mention, third, by=by)
        with pytest.raises(Conflict, match="Somebody put the passage with"):
            curating.move(mention, other, by=by, seen=seen)

    def test_an_undo_resolves_the_events_anew_though_it_changed_no_field_of_theirs(self, by: User) -> None:
        event, other = make_event(summary="Kept"), make_event(summary="Kept")
        first, second = (make_mention(make_source(), event, extractor="1") for _ in range(2))
        curating.move(first, other, by=by)
        before = Event.objects.get(pk=event.pk).updated_at
        Mention.objects.filter(pk=second.pk).update(status="cancelled")
        curating.undo(Decision.objects.get(), by=by)
        event.refresh_from_db()
        assert event.status == Status.CANCELLED
        assert event.updated_at > before
        assert event.mentions.count() == 2


class TestPreviews:
    def test_show_what_a_split_makes_and_make_nothing(self) -> None:
        event = make_event(status="cancelled")
        make_mention(make_source(published=date(2020, 8, 1)), event, extractor="1", status="planned")
        later = make_source(published=date(2020, 9, 1))
        mention = make_mention(later, event, extractor="1", status="cancelled")
        before = list(Event.objects.values()), list(Mention.objects.values())
        stays, new = curating.preview_split(event, [mention])
        assert (stays.event.status, new.event.status) == (Status.PLANNED, Status.CANCELLED)
        assert ([len(one.mentions) for one in (stays, new)], new.mentions) == ([1, 1], [mention])
        assert (list(Event.objects.values()), list(Mention.objects.values())) == before
        assert not Decision.objects.exists()

    def test_show_what_a_move_makes(self) -> None:
        event, other = make_event(), make_event(status="planned")
        mention = make_mention(make_source(), event, extractor="1", status="cancelled")
        left, to = curating.preview_move([mention], other)
        assert (left.event.review, to.event.status, to.mentions) == ("rejected", "cancelled", [mention])
        mention.refresh_from_db()
        assert mention.event == event

    def test_raise_what_the_decision_would(self) -> None:
        mention = make_mention(make_source(), make_event())
        with pytest.raises(Unsuitable, match="At least one passage has to stay"):
            curating.preview_split(mention.event, [mention])


class TestAdd:
    def test_to_an_event_it_says_what_the_event_says(self, by: User) -> None:
        event = make_event(counts=[{"what": "detained", "minimum": 400, "maximum": None}])
        make_participation(event, make_actor(name="Viasna"))
        source = make_source()
        mention = curating.add_mention(source, 0, 10, event, by=by, cited="Viasna")
        assert (mention.quote, mention.cited, mention.date) == (source.text[:10], "Viasna", "2020-08-09")
        assert mention.participants[0]["name"] == "Viasna"
        assert mention.counts[0]["span"] == mention.spans["date"] == [0, 10]
        version = Decision.objects.get(action="added").versions.get(table="mention")
        assert (version.row, version.before) == (mention.pk, None)

    def test_the_words_behind_a_field_can_be_told(self, by: User) -> None:
        source = make_source()
        start = source.text.index("Sunday")
        words = {"date": [start, start + 6], "unknown": [0, 1]}
        mention = curating.add_mention(source, 0, len(source.text), make_event(), by=by, words=words)
        assert mention.spans["date"] == [start, start + 6]
        assert set(mention.spans) == {"kind", "date", "status", "country"}

    def test_with_an_event_that_is_new_it_is_one_decision(self, by: User) -> None:
        event = Event(
            kind="election", title="Vote in the north", date="2020-10", status="planned", country="BY"
        )
        mention = curating.add_mention(make_source(), 0, 10, event, by=by)
        event = mention.event
        # The rules would have made “Vote in Belarus” of it.
        assert (event.title, event.locked_fields) == ("Vote in the north", ["title"])
        tables = Decision.objects.get().versions.values_list("table", flat=True)
        assert sorted(tables) == ["event", "mention"]
        assert event.certainty > 50

    def test_later_articles_are_read_with_it(self, by: User) -> None:
        load(MARCH, MISSED)
        event = strike(by).event
        load("[protest 2020-10 cancelled BY] The strike was called off.", path="b.txt")
        event.refresh_from_db()
        assert event.mentions.count() == 2
        # What the curator said stands until the curator looks again.
        assert (event.status, event.has_news) == (Status.PLANNED, True)
        event = curating.give_back(event, ["status"], by=by)
        assert not event.has_news
        assert (event.status, event.title) == (Status.CANCELLED, "Strike of the union")

    def test_undone_it_is_no_evidence_for_anyone(self, by: User) -> None:
        load(MARCH, MISSED)
        march, mention = Event.objects.get(), strike(by)
        added = curating.add_mention(*place_of(MISSED), march, by=by)
        assert shown(march) == sorted([MISSED, "Thousands marched through Minsk."])
        assert set(found("union october")) == {march.pk, mention.event_id}
        for decision in Decision.objects.filter(action="added"):
            curating.undo(decision, by=by)
        assert shown(march) == ["Thousands marched through Minsk."]
        assert march.pk not in found("union october")
        assert Client().get(mention.event.get_absolute_url()).status_code == 404
        march = Event.objects.with_evidence().get(pk=march.pk)
        assert [m.quote for m in march.mentions.all()] == ["Thousands marched through Minsk."]
        for decision in Decision.objects.filter(action="undone"):
            curating.undo(decision, by=by)
        assert MISSED in shown(march)
        assert march.pk in found("union october")
        added.refresh_from_db()
        assert added.standing == Mention.Standing.CURRENT

    def test_undone_its_source_is_none_of_the_event(self, by: User) -> None:
        event, source = make_event(summary="Known"), make_source()
        curating.add_mention(source, 0, 10, event, by=by)
        assert columns.current().with_("source", source.pk).any()
        curating.undo(Decision.objects.get(), by=by)
        assert not columns.current().with_("source", source.pk).any()
        assert not Event.objects.get(pk=event.pk).evidence_is_gone

    def test_added_again_after_an_undo_it_is_the_same_passage(self, by: User) -> None:
        event, source = make_event(), make_source()
        first = curating.add_mention(source, 0, 10, event, by=by)
        curating.undo(Decision.objects.get(), by=by)
        again = curating.add_mention(source, 0, 10, event, by=by)
        assert (again.pk, again.standing) == (first.pk, "current")

    def test_an_undo_leaves_what_a_load_has_found_since(self, by: User) -> None:
        load(MARCH, MISSED)
        event = strike(by).event
        load("[protest 2020-10 cancelled BY] The strike was called off.", path="b.txt")
        curating.undo(Decision.objects.get(action="added"), by=by)
        event.refresh_from_db()
        assert (event.review, event.title, event.locked_fields) == ("unreviewed", "Protest in Belarus", [])

    def test_refusals(self, by: User) -> None:
        source, event = make_source(), make_event()
        curating.add_mention(source, 0, 5, event, by=by)
        rejected = make_event(review="rejected", title="Not so")
        for start, end, to, message in (
            (0, 5, event, "has this passage already"),
            (5, 5, event, "no words at 5 to 5"),
            (0, 10**6, event, "no words at"),
            (0, 5, rejected, "“Not so” is rejected"),
        ):
            with pytest.raises(Unsuitable, match=message):
                curating.add_mention(source, start, end, to, by=by)
        with pytest.raises(Conflict):
            curating.add_mention(source, 0, 9, event, by=by, seen="before")
        with pytest.raises(ValidationError) as refused:
            curating.add_mention(source, 0, 9, Event(kind="x", title="", date="soon"), by=by)
        assert set(refused.value.message_dict) == {"kind", "title", "date"}
        source.replaced_by = make_source()
        source.save()
        with pytest.raises(Unsuitable, match="has been replaced"):
            curating.add_mention(source, 0, 9, event, by=by)
        assert Decision.objects.count() == Mention.objects.count() == 1


class TestCorrect:
    def test_what_a_passage_says_is_recorded_and_undone(self, by: User) -> None:
        mention = curating.add_mention(make_source(), 0, 9, make_event(), by=by)
        curating.correct_mention(
            mention, {"status": "cancelled", "cited": "Viasna"}, by=by, reason="So it says"
        )
        assert Event.objects.get().status == Status.CANCELLED
        decision = Decision.objects.get(action="corrected")
        assert decision.versions.count() == 2
        curating.undo(decision, by=by)
        mention.refresh_from_db()
        assert (mention.status, mention.cited) == ("occurred", "")
        assert Event.objects.get().status == Status.OCCURRED

    def test_refusals(self, by: User) -> None:
        read = make_mention(make_source(), make_event(), extractor="1")
        with pytest.raises(Unsuitable, match="machine’s own reading"):
            curating.correct_mention(read, {"status": "planned"}, by=by)
        mention = curating.add_mention(make_source(), 0, 9, make_event(), by=by)
        with pytest.raises(ValidationError, match="date"):
            curating.correct_mention(mention, {"date": "soon"}, by=by)
        with pytest.raises(Conflict):
            curating.correct_mention(mention, {"date": "2021"}, by=by, seen="before")
        with pytest.raises(Unsuitable, match="“start” can’t be changed"):
            curating.correct_mention(mention, {"start": 3}, by=by)
        curating.undo(Decision.objects.get(), by=by)
        with pytest.raises(Conflict, match="taken back"):
            curating.correct_mention(mention, {"date": "2021"}, by=by)
