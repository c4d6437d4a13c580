"""Documents become rows: once, whole, and never against a curator."""

import os
import shutil
import signal
import sqlite3
import traceback
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests import toy
from timeline import extraction, loading, workers
from timeline.documents import Document, Failure, parse_text
from timeline.extraction import records
from timeline.loading import Outcome
from timeline.models import Actor, Event, Mention, Participation, Review, Source, digest

PUBLISHED = date(2021, 9, 28)

ELECTION = (
    "[election 2020-08-09 occurred BY Alexander Lukashenko] The vote was held, and many called it rigged."
)
PROTEST = "[protest 2020-08/.. ongoing BY] Crowds have filled the squares since."
REFERENDUM = "[referendum ../2022-02 planned BY Alexander Lukashenko] A referendum is to follow."


@pytest.fixture(autouse=True)
def toy_extractor(monkeypatch):
    monkeypatch.setattr(workers.extraction, "extract", toy.extract)
    monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)


def document(*lines: str, path: str = "a.txt", published: date = PUBLISHED, **fields: str) -> Document:
    text = "\n".join(["Headline", "", *lines])
    return Document(path, "Headline", published, text, **fields)


def load(*documents: Document | Failure) -> list[loading.Result]:
    return list(loading.load(documents))


def rows() -> dict[str, list[tuple]]:
    """All rows of the timeline, but for the times of writing."""
    return {
        model.__name__: list(
            model.objects.order_by("pk").values_list(
                *[
                    f.attname
                    for f in model._meta.concrete_fields
                    if f.name not in ("loaded_at", "created_at", "updated_at")
                ]
            )
        )
        for model in (Source, Event, Mention, Actor, Participation)
    }


@pytest.mark.django_db
def test_a_document_becomes_a_source_with_events_and_passages():
    (result,) = load(document(ELECTION, PROTEST, publisher="The Paper", url="https://paper.example"))
    assert (result.outcome, result.events_created, result.events_updated) == (Outcome.NEW, 2, 0)
    source = Source.objects.get()
    assert (source.headline, source.publisher, source.url) == (
        "Headline",
        "The Paper",
        "https://paper.example",
    )
    assert source.extractor == extraction.VERSION
    election, protest = Event.objects.order_by("pk")
    assert (election.date, election.earliest, election.latest) == (
        "2020-08-09",
        date(2020, 8, 9),
        date(2020, 8, 9),
    )
    assert (protest.date, protest.earliest, protest.latest) == ("2020-08/..", date(2020, 8, 1), None)
    assert (election.disputed, election.country.code, election.status) == (True, "BY", "occurred")
    assert [str(p) for p in election.participations.all()] == ["Alexander Lukashenko (initiator)"]
    mention = election.mentions.get()
    assert source.text[mention.start : mention.end] == mention.quote
    assert source.text[: mention.start].endswith(mention.prefix)
    assert source.text[mention.end :].startswith(mention.suffix)


@pytest.mark.django_db
def test_an_unchanged_document_costs_a_share_of_one_query_and_no_write(django_assert_num_queries):
    documents = [document(f"Paper {n}.", ELECTION, path=f"{n}.txt") for n in range(20)]
    load(*documents)
    before = rows()
    with django_assert_num_queries(1):
        results = load(*documents)
    assert {result.outcome for result in results} == {Outcome.UNCHANGED}
    assert rows() == before


@pytest.mark.django_db
def test_the_same_document_twice_in_one_run_is_stored_once():
    assert [result.outcome for result in load(document(ELECTION), document(ELECTION))] == ["new", "unchanged"]
    assert Source.objects.count() == Event.objects.count() == 1


@pytest.mark.django_db
def test_failures_pass_through_and_hold_nothing_up():
    failure = Failure("bad.txt", "It is empty.", "Fill it.")
    results = load(document(ELECTION, path="a.txt"), failure, document(PROTEST, path="b.txt"))
    assert [result.outcome for result in results] == ["new", "failed", "new"]
    assert results[1].failure is failure


@pytest.mark.django_db
def test_an_article_that_trips_the_extractor_is_named_and_the_others_are_stored(monkeypatch):
    def stumble(text, published):
        if "stumble" in text:
            raise RuntimeError("tripped")
        return toy.extract(text, published)

    monkeypatch.setattr(workers.extraction, "extract", stumble)
    monkeypatch.setattr(workers.extraction, "extract_many", lambda texts: (stumble(*text) for text in texts))
    results = load(
        document(ELECTION, path="a.txt"), document("stumble", path="b.txt"), document(PROTEST, path="c.txt")
    )
    assert [result.outcome for result in results] == ["new", "failed", "new"]
    assert "tripped" in results[1].failure.reason
    assert set(Source.objects.values_list("path", flat=True)) == {"a.txt", "c.txt"}


@pytest.mark.django_db
def test_changed_text_makes_a_new_source_and_moves_the_passages_that_still_stand():
    load(document(ELECTION, PROTEST))
    old = Source.objects.get()
    keys = dict(Mention.objects.values_list("kind", "pk"))
    (result,) = load(document("A line is put in before.", ELECTION, PROTEST))
    assert (result.outcome, result.events_created, result.passages_gone) == (Outcome.CHANGED, 0, 0)
    old.refresh_from_db()
    new = Source.objects.current().get()
    assert old.replaced_by == new
    assert dict(Mention.objects.values_list("kind", "pk")) == keys
    for mention in Mention.objects.all():
        assert mention.source == new
        assert new.text[mention.start : mention.end] == mention.quote


@pytest.mark.django_db
def test_evidence_that_is_gone_stays_with_the_old_text_and_is_marked():
    load(document(ELECTION, PROTEST))
    (result,) = load(document(PROTEST))
    assert (result.passages_gone, result.events_withdrawn) == (1, 0)
    gone = Mention.objects.get(kind="election")
    assert gone.standing == Mention.Standing.GONE
    assert gone.source.replaced_by == Source.objects.current().get()
    assert gone.source.text[gone.start : gone.end] == gone.quote
    assert gone.event.date == "2020-08-09"


@pytest.mark.django_db
def test_what_the_machine_no_longer_reads_goes_unless_a_curator_has_touched_it(monkeypatch):
    load(document(ELECTION, PROTEST))
    Event.objects.filter(kind="election").update(review=Review.CONFIRMED)
    monkeypatch.setattr(
        workers.extraction, "extract_many", lambda texts: (extraction.Extraction((), ()) for _ in texts)
    )
    monkeypatch.setattr(extraction, "VERSION", "next")
    (result,) = load(document(ELECTION, PROTEST))
    assert (result.outcome, result.events_withdrawn) == (Outcome.CHANGED, 1)
    kept = Mention.objects.get()
    assert (kept.event.kind, kept.standing) == ("election", Mention.Standing.WITHDRAWN)


@pytest.mark.django_db
def test_a_new_version_of_the_extractor_reads_again_and_keeps_addresses(monkeypatch):
    load(document(ELECTION))
    event, mention = Event.objects.get(), Mention.objects.get()
    monkeypatch.setattr(extraction, "VERSION", "next")
    load(document(ELECTION))
    assert Event.objects.get().pk == event.pk
    assert Mention.objects.get().pk == mention.pk
    assert Mention.objects.get().extractor == "next"
    assert Source.objects.get().extractor == "next"


@pytest.mark.django_db
def test_a_new_publication_date_alone_is_a_change():
    load(document(ELECTION))
    (result,) = load(document(ELECTION, published=date(2021, 9, 29)))
    assert result.outcome == Outcome.CHANGED
    assert Source.objects.get().published == date(2021, 9, 29)


@pytest.mark.django_db
def test_locked_fields_are_left_alone_and_the_others_follow_the_text():
    load(document("[1 election 2020-08-09 planned BY Jan Novak] A vote will be held."))
    event = Event.objects.get()
    event.date, event.title = "2020-08-10", "The vote of August"
    event.lock(["date", "title", "participants"])
    event.save()
    event.participations.all().delete()
    load(
        document(
            "[1 election 2020-08-09 planned BY Jan Novak] A vote will be held.",
            "[1 election 2020-08-09 occurred BY Jan Novak] It was held.",
            published=date(2021, 10, 1),
        )
    )
    event.refresh_from_db()
    assert (event.date, event.title) == ("2020-08-10", "The vote of August")
    assert event.earliest == date(2020, 8, 10)
    assert not event.participations.exists()


@pytest.mark.django_db
def test_a_rejected_event_stays_rejected_and_does_not_come_back():
    load(document(ELECTION))
    Event.objects.update(review=Review.REJECTED)
    load(document("More words.", ELECTION))
    assert Event.objects.get().review == Review.REJECTED


@pytest.mark.django_db
def test_a_passage_placed_by_hand_stays_with_its_event():
    load(document(ELECTION, PROTEST))
    election, protest = Event.objects.order_by("pk")
    Mention.objects.filter(event=protest).update(event=election, placed_by_hand=True)
    protest.delete()
    load(document("More words.", ELECTION, PROTEST))
    assert set(Mention.objects.values_list("event", flat=True)) == {election.pk}
    assert Event.objects.get() == election


@pytest.mark.django_db
def test_a_passage_made_by_hand_is_carried_to_the_new_text():
    load(document(ELECTION, "Words that the machine passes over."))
    source, event = Source.objects.get(), Event.objects.get()
    start = source.text.index("Words that")
    Mention.objects.create(
        source=source,
        event=event,
        start=start,
        end=start + 5,
        quote="Words",
        kind="election",
        title="t",
        status="occurred",
        country="BY",
        date="2020-08-09",
    )
    load(document("First.", ELECTION, "Words that the machine passes over."))
    by_hand = Mention.objects.get(quote="Words")
    assert by_hand.standing == Mention.Standing.CURRENT
    assert by_hand.source == Source.objects.current().get()
    assert by_hand.source.text[by_hand.start : by_hand.end] == "Words"


@pytest.mark.django_db
def test_two_articles_that_tell_of_one_event_share_it_and_the_reason_is_kept():
    load(document(ELECTION, path="a.txt"), document("Other words.", ELECTION, path="b.txt"))
    event = Event.objects.get()
    first, second = event.mentions.order_by("pk")
    assert first.merge_reason == ""
    assert "same kind and country" in second.merge_reason
    assert "Lukashenko" in second.merge_reason


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        # The day within the month.
        ("election 2020-08-09 occurred BY A. Person", "election 2020-08 occurred BY A. Person", True),
        # Two elections in one year.
        ("election 2020-02-09 occurred BY", "election 2020-08-09 occurred BY", False),
        # A year agrees with a day of it only where somebody took part in both.
        ("election 2020-02-09 occurred BY", "election 2020 occurred BY", False),
        ("election 2020-02-09 occurred BY Jan Novak", "election 2020 occurred BY Novak", True),
        ("protest 2020-08-09 occurred BY", "protest 2020-08-09 occurred PL", False),
        ("protest 2020-08-09 occurred BY", "crackdown 2020-08-09 occurred BY", False),
        # Undated events are never taken for one.
        ("election - proposed BY Jan Novak", "election - proposed BY Jan Novak", False),
        # Many protests fit into a month.
        ("protest 2020-08-09 occurred BY", "protest 2020-08 occurred BY", False),
        ("protest 2020-08-09 occurred BY Jan Novak", "protest 2020-08 occurred BY Novak", True),
        ("protest 2020-08-09 occurred BY", "protest 2020-08-09 occurred BY", True),
        ("protest 2020-08/.. ongoing BY Jan Novak", "protest 2020-08-20/.. ongoing BY Jan Novak", True),
        ("protest 2020-08/.. ongoing BY Jan Novak", "protest 2021-08-20 occurred BY Jan Novak", False),
    ],
)
def test_merging(one, other, merged):
    load(document(f"[{one}] First.", path="a.txt"), document(f"[{other}] Second.", path="b.txt"))
    assert Event.objects.count() == (1 if merged else 2)


@pytest.mark.django_db
def test_numbers_that_are_far_apart_are_of_two_events(monkeypatch):
    def counted(text, published):
        read = toy.extract(text, published)
        number = 35_000 if "thousands" in text else 700
        span = read.events[0].mentions[0].spans["kind"]
        count = records.Count("detained", number, None, span)
        mentions = [replace(mention, counts=(count,)) for mention in read.events[0].mentions]
        return replace(read, events=(toy.as_event(mentions),))

    monkeypatch.setattr(workers.extraction, "extract_many", lambda texts: (counted(*text) for text in texts))
    load(document("[crackdown 2020-08-09 occurred BY Jan Novak] They took thousands."))
    load(document("[crackdown 2020-08-09 occurred BY Jan Novak] They took hundreds.", path="b.txt"))
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_events_that_one_article_keeps_apart_stay_apart():
    load(document("[protest 2020-08-09 occurred BY] One.", "[protest 2020-08-09 occurred BY] Another."))
    load(document("[protest 2020-08-09 occurred BY] One more.", path="b.txt"))
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_no_merge_into_what_a_curator_rejected():
    load(document(ELECTION))
    Event.objects.update(review=Review.REJECTED)
    load(document("Another paper.", ELECTION, path="b.txt"))
    assert Event.objects.public().count() == 1


@pytest.mark.django_db
def test_several_workers_store_the_same_rows_as_one(monkeypatch):
    # Workers are fresh processes, which know nothing of the toy.
    monkeypatch.undo()
    texts = [f"Protesters marched through Nairobi on {day} May 2019." for day in range(1, 6)]
    documents = [document(text, path=f"{n}.txt") for n, text in enumerate(texts)]
    list(loading.load(documents))
    alone = rows()
    for model in (Mention, Participation, Event, Actor, Source):
        model.objects.all().delete()
    monkeypatch.setattr(workers, "BATCH_DOCUMENTS", 2)
    list(loading.load(documents, workers=2))
    without_keys = [[row[1:] for row in table] for table in (alone["Source"], alone["Actor"])]
    assert [[row[1:] for row in table] for table in (rows()["Source"], rows()["Actor"])] == without_keys
    assert len(rows()["Mention"]) == len(alone["Mention"]) > 0


REWORDED = ELECTION.replace("and many called it rigged", "and many of them called it rigged")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([document(REWORDED)], id="reworded"),
        pytest.param([document(ELECTION, path="renamed.txt")], id="renamed"),
        pytest.param(
            [document(ELECTION, path="renamed.txt"), document(REWORDED, path="renamed.txt")],
            id="renamed, then reworded",
        ),
        pytest.param([document("Nothing."), document(ELECTION)], id="taken out and put back"),
        pytest.param([document(ELECTION), document(ELECTION, path="copy.txt")], id="copied"),
    ],
)
def test_a_rejected_event_does_not_come_back_in_other_words_or_places(steps):
    load(document(ELECTION))
    Event.objects.update(review=Review.REJECTED)
    for step in steps:
        load(step)
    assert not Event.objects.public().exists()
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_a_corrected_date_holds_for_a_new_wording_too():
    load(document(ELECTION))
    event = Event.objects.get()
    event.date = "2019-07-01"
    event.lock(["date"])
    event.save()
    load(document(REWORDED))
    assert Event.objects.get().date == "2019-07-01"
    standings = Mention.objects.order_by("pk").values_list("standing", "quote")
    assert [standing for standing, _ in standings] == ["gone", "current"]
    assert "many of them" in standings[1][1]


@pytest.mark.django_db
def test_quite_other_words_are_another_event():
    load(document("[protest 2020-08-09 occurred BY] Crowds filled the square."))
    load(document("[protest 2020-09-20 occurred BY] Students sat down on the bridge for six hours."))
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_a_copy_is_no_second_witness_unless_another_paper_printed_it(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    (tmp_path / "a.txt").touch()
    load(document(ELECTION))
    assert [result.outcome for result in load(document(ELECTION, path="copy.txt"))] == ["unchanged"]
    assert Source.objects.get().path == "a.txt"
    load(document(ELECTION, path="other.txt", publisher="Another paper"))
    assert Source.objects.count() == 2


@pytest.mark.django_db
def test_a_moved_file_takes_its_source_along(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    load(document(ELECTION))
    (result,) = load(document(ELECTION, path="moved.txt"))
    assert result.outcome == Outcome.UNCHANGED
    assert Source.objects.get().path == "moved.txt"


@pytest.mark.django_db
def test_a_repeated_sentence_can_be_deleted():
    said = "[1 protest 2020-08-09 occurred BY] Crowds filled the square."
    load(document(said, "Between.", said))
    Event.objects.update(review=Review.CONFIRMED)
    (result,) = load(document(said, "Between."))
    assert result.outcome == Outcome.CHANGED
    assert Event.objects.get().mentions.filter(standing="current").count() == 1


@pytest.mark.django_db
def test_the_words_behind_fields_move_with_a_passage_that_is_kept(monkeypatch):
    load(document(ELECTION))
    Event.objects.update(review=Review.CONFIRMED)
    before = {name: words_behind(name) for name in ("kind", "date")}
    monkeypatch.setattr(
        workers.extraction, "extract_many", lambda texts: (extraction.Extraction((), ()) for _ in texts)
    )
    load(document("A paragraph before it.", "", ELECTION))
    assert Mention.objects.get().standing == Mention.Standing.WITHDRAWN
    assert {name: words_behind(name) for name in ("kind", "date")} == before
    mention = Mention.objects.get()
    start, end = mention.participants[0]["span"]
    assert mention.source.text[start:end] == before["kind"]


def words_behind(field: str) -> str:
    mention = Mention.objects.get()
    return mention.source.text[slice(*mention.spans[field])]


@pytest.mark.django_db
def test_what_a_curator_says_of_a_passage_stays_when_the_machine_reads_it_too():
    load(document("Nothing yet.", PROTEST.partition("] ")[2]))
    source = Source.objects.get()
    event = Event.objects.create(
        kind="protest", title="By hand", date="2020-08", country="BY", review=Review.CONFIRMED
    )
    words = PROTEST.partition("] ")[2]
    start = source.text.index(words)
    Mention.objects.create(
        source=source,
        event=event,
        start=start,
        end=start + len(words),
        quote=words,
        kind="protest",
        title="By hand",
        date="2020-08",
        status="occurred",
        country="BY",
        cited="A centre",
        placed_by_hand=True,
    )
    load(document("Now it is read.", PROTEST))
    by_hand = Mention.objects.get()
    assert (by_hand.cited, by_hand.date, by_hand.extractor) == ("A centre", "2020-08", "")
    assert by_hand.source.text[by_hand.start : by_hand.end] == words
    assert Event.objects.get() == event


@pytest.mark.django_db
def test_a_passage_that_was_moved_says_nothing_of_those_left_behind():
    load(
        document(
            "[1 protest 2020-08-09 occurred BY] Crowds filled the square.",
            "[1 protest - occurred BY] They sang.",
        )
    )
    event = Event.objects.get()
    other = Event.objects.create(kind="protest", title="Other", date="2020-10", country="BY")
    Mention.objects.filter(quote="They sang.").update(event=other, placed_by_hand=True)
    load(
        document(
            "[1 protest 2020-08-09 occurred BY] Crowds filled the big square.",
            "[1 protest - occurred BY] They sang.",
        )
    )
    assert Mention.objects.get(quote__contains="big square").event == event
    assert Mention.objects.get(quote="They sang.").event == other


@pytest.mark.django_db
def test_what_cannot_be_stored_is_named_and_the_others_are_loaded(monkeypatch):
    store = loading._Loader.store

    def refuse(loader):
        if loader.document.path == "b.txt":
            raise IntegrityError("a constraint failed")
        return store(loader)

    monkeypatch.setattr(loading._Loader, "store", refuse)
    results = load(document(ELECTION), document(PROTEST, path="b.txt"), document(REFERENDUM, path="c.txt"))
    assert [result.outcome for result in results] == ["new", "failed", "new"]
    assert "a constraint failed" in results[1].failure.reason


class Killed:
    """Kills its own process, as if the power went, at the n-th statement that reaches the database."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def load_in_child(database: Path, documents: list[Document], kill_at: int) -> bool:
    """Load in a forked process that kills itself at a statement; say whether it lived to the end."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    try:
        connections["default"] = DatabaseWrapper({**connection.settings_dict, "NAME": database}, "default")
        with connections["default"].execute_wrapper(Killed(kill_at)):
            list(loading.load(documents))
        os._exit(0)
    except BaseException:  # noqa: BLE001 (a child must never return into pytest)
        traceback.print_exc()
        os._exit(1)


def dump(database: Path) -> dict[str, list[tuple]]:
    """All rows of the timeline in a database file, keys included, but for the times of writing."""
    with closing(sqlite3.connect(database)) as file:
        file.row_factory = sqlite3.Row
        return {
            table: [
                tuple(row[column] for column in row.keys() if not column.endswith("_at"))  # noqa: SIM118
                for row in file.execute(f"SELECT * FROM {table} ORDER BY id")
            ]
            for table in (
                "timeline_source",
                "timeline_event",
                "timeline_mention",
                "timeline_actor",
                "timeline_participation",
            )
        }


@pytest.mark.skipif(connection.vendor != "sqlite", reason="makes throw-away SQLite files")
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_statement_a_rerun_ends_in_the_rows_of_an_undisturbed_run(tmp_path):
    """First loads, changed texts and a merge: whatever is cut off, a rerun mends."""
    empty = tmp_path / "empty.sqlite3"
    with closing(sqlite3.connect(empty)) as file:
        connection.ensure_connection()
        connection.connection.backup(file)
    before = [document(ELECTION, PROTEST), document(PROTEST, path="b.txt")]
    after = [
        document("First.", ELECTION),
        document(ELECTION, REFERENDUM, path="b.txt"),
        document(PROTEST, path="c.txt"),
    ]
    forever = 10**9

    undisturbed = tmp_path / "undisturbed.sqlite3"
    shutil.copy(empty, undisturbed)
    assert load_in_child(undisturbed, before, forever)
    start = tmp_path / "start.sqlite3"
    checkpoint(undisturbed)
    shutil.copy(undisturbed, start)
    assert load_in_child(undisturbed, after, forever)
    expected = dump(undisturbed)
    passages = Counter(row[-3] for row in expected["timeline_mention"])
    assert passages

    kills = 0
    while True:
        database = tmp_path / f"{kills}.sqlite3"
        shutil.copy(start, database)
        lived = load_in_child(database, after, kills)
        assert load_in_child(database, after, forever)
        assert dump(database) == expected, f"killed at statement {kills}"
        if lived:
            break
        kills += 1
    assert kills > 30


def checkpoint(database: Path) -> None:
    with closing(sqlite3.connect(database)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class AnyText(TestCase):
    """Every stored passage is its place in the text, whatever the text is made of."""

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["election", "protest", "crackdown"]),
                st.text(
                    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
                ),
            ),
            max_size=6,
        ),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.sampled_from(["", "\ufeff"]),
    )
    @settings(deadline=None, max_examples=60)
    def test_quotes_stand_at_their_offsets(self, lines, line_end, mark):
        words = ["café\u0301", "𝔘🗳️", "\u00a0", "e\u0308"]
        body = line_end.join(
            f"[{kind} 2020-08-09 occurred BY] {words[n % 4]}{text}" for n, (kind, text) in enumerate(lines)
        )
        content = f"{mark}date 2021-09-28 Headline{line_end}{line_end}{body}"
        list(loading.load([parse_text(content.removeprefix("\ufeff"), "any.txt")]))
        for mention in Mention.objects.select_related("source"):
            assert mention.source.text[mention.start : mention.end] == mention.quote
            assert mention.source.text[: mention.start].endswith(mention.prefix)
        assert Source.objects.get().sha256 == digest(Source.objects.get().text)
