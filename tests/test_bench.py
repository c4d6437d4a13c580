"""The measurements' own parts: made-up events that are sound and the same every time, sections, ratios."""

import doctest
import hashlib
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from django.http import QueryDict

from bench import asking, dataset, hooks, peers, results, words
from bench.browser import Sent
from timeline import edtf_dates
from timeline.filters import Selection
from timeline.models import Actor, Event, Mention, Participation, Source, surroundings
from timeline.resolving import refresh

SIZE = 1000


@pytest.fixture
def made_up(db: None) -> None:
    dataset.fill(SIZE)


def drawn(size: int) -> list[dataset.Rows]:
    return list(dataset.batches(size))


@pytest.mark.usefixtures("made_up")
class TestDataset:
    def test_as_many_as_asked_for(self) -> None:
        assert Event.objects.count() == SIZE
        assert Source.objects.count() == SIZE / 10
        assert Participation.objects.count() == 2 * SIZE
        assert SIZE < Mention.objects.count() < 2 * SIZE
        assert not Event.objects.filter(mentions=None).exists()
        assert Event.objects.filter(participations__actor=1).count() > 50

    def test_every_row_is_one_that_a_curator_could_save(self) -> None:
        for model in (Actor, Source, Event, Mention, Participation):
            for row in model._default_manager.all()[:60]:
                row.full_clean()

    def test_passages_are_what_stands_there(self) -> None:
        for mention in Mention.objects.select_related("source"):
            text = mention.source.text
            assert text[mention.start : mention.end] == mention.quote
            assert (mention.prefix, mention.suffix) == surroundings(text, mention.start, mention.end)
            start, end = mention.spans["kind"]
            assert mention.start <= start < end <= mention.end

    def test_events_can_be_read_from_their_passages_anew(self) -> None:
        for event in Event.objects.all()[:50]:
            refresh(event)

    def test_the_least_certain_come_first_in_the_queue(self) -> None:
        assert len(set(Event.objects.values_list("certainty", flat=True))) > 50

    def test_hashes_and_dates(self) -> None:
        for source in Source.objects.all():
            assert source.sha256 == hashlib.sha256(source.text.encode()).hexdigest()
            assert source.text.startswith(f"{source.headline}\n\n")
        for event in Event.objects.all():
            assert (event.earliest, event.latest) == edtf_dates.bounds(event.date)

    def test_the_site_shows_them(self, client) -> None:
        assert client.get(hooks.PAGE).status_code == 200
        assert client.get(hooks.FIGURE).status_code == 200

    def test_rows_can_be_added_afterwards(self) -> None:
        assert Event.objects.create(kind="protest", title="Another").pk > SIZE

    def test_unseen_filters_are_ones_that_the_page_takes(self) -> None:
        queries = asking.combinations(40, SIZE, Random(1))
        assert len(set(queries)) == 40
        assert [query for query in queries if Selection(QueryDict(query)).problems] == []
        assert any(hooks.chosen(query).exists() for query in queries)

    def test_peers_get_what_the_chart_can_draw(self) -> None:
        told = list(peers.events())
        assert len(told) == Event.objects.public().exclude(date="").count()
        assert all(event["quote"] and event["first"] <= event["last"] for event in told)


def test_the_same_at_every_run() -> None:
    assert drawn(SIZE) == drawn(SIZE)
    assert list(dataset.actors(SIZE)) == list(dataset.actors(SIZE))


def test_a_smaller_timeline_is_the_beginning_of_a_bigger_one() -> None:
    small, big = drawn(300)[0], drawn(SIZE)[0]
    assert big.events[:300] == small.events
    assert big.sources[:30] == small.sources


@pytest.mark.parametrize("size", [1, 8, 20, 21])
def test_few(size: int) -> None:
    rows = drawn(size)[0]
    assert [event["id"] for event in rows.events] == list(range(1, size + 1))
    assert {mention["event"] for mention in rows.mentions} == set(range(1, size + 1))


def test_shares() -> None:
    events = drawn(10_000)[0].events
    kinds = Counter(event["kind"] for event in events)
    assert kinds["protest"] == pytest.approx(4200, rel=0.05)
    shapes = Counter(len(event["date"]) for event in events)
    assert shapes[10] == pytest.approx(7000, rel=0.05)
    assert shapes[0] == pytest.approx(200, rel=0.3)
    recent = sum(event["date"] >= "2010" for event in events if event["date"][:1].isdigit())
    assert recent > 4000
    assert Counter(event["country"] for event in events).most_common(1)[0][0] == "US"


def test_names_of_actors_differ() -> None:
    rows = list(dataset.actors(1_000_000))
    assert len(rows) == len({(row["name"], row["country"]) for row in rows}) == 20_000


def test_words_to_look_for() -> None:
    common, rare = words.to_search(20)
    assert len(words.vocabulary()) == words.SIZE
    assert not set(common) & set(rare)
    # The shape of the dataset's words: looked for, the common ones are found far more often.
    told = [mention["quote"].lower() for mention in drawn(2000)[0].mentions]
    found = [sum(word in quote for quote in told for word in part) for part in (common, rare)]
    assert found[0] > 5 * found[1]


class TestResults:
    def test_a_section_leaves_the_others(self, tmp_path: Path) -> None:
        path = tmp_path / "RESULTS.md"
        results.write_section("Page", "| slow |", path)
        results.write_section("Extraction", "| fast |", path)
        results.write_section("Page", "| faster |\n", path)
        assert path.read_text() == f"{results.HEAD}\n## Extraction\n\n| fast |\n\n## Page\n\n| faster |\n"

    def test_the_kept_file_is_of_that_form(self, tmp_path: Path) -> None:
        path = tmp_path / "RESULTS.md"
        kept = results.RESULTS.read_text()
        path.write_text(kept)
        section = kept.partition("## Extraction\n\n")[2].partition("\n## ")[0]
        results.write_section("Extraction", section, path)
        assert path.read_text() == kept

    def test_table(self) -> None:
        assert results.table(("a", "b"), [("1", "2 | 3")]) == "| a | b |\n| --- | --- |\n| 1 | 2 ∣ 3 |"

    def test_ratios_are_taken_pair_by_pair(self) -> None:
        # The machine slows down in the middle; each pair does so together.
        assert results.by_pairs([2, 20, 4], [1, 10, 2]) == 2
        assert results.by_pairs([1, 2, 30], [1, 1, 1]) == 2
        with pytest.raises(ValueError, match="shorter"):
            results.by_pairs([1, 2], [1])

    def test_examples(self) -> None:
        assert doctest.testmod(results).failed == 0


def test_bytes_until_a_moment() -> None:
    sent = Sent()
    sent.requestWillBeSent({"wallTime": 1000.0, "timestamp": 10.0})
    sent.dataReceived({"requestId": "page", "timestamp": 11.0, "encodedDataLength": 400})
    sent.loadingFinished({"requestId": "page", "timestamp": 11.5, "encodedDataLength": 500})
    sent.dataReceived({"requestId": "script", "timestamp": 12.0, "encodedDataLength": 70})
    sent.loadingFinished({"requestId": "script", "timestamp": 14.0, "encodedDataLength": 90})
    assert [sent.until(moment) for moment in (1000.5, 1001.0, 1001.5, 1002.5, 1004.0)] == [
        0, 400, 500, 570, 590,
    ]  # fmt: skip


def test_data_in_a_page_cannot_end_its_script() -> None:
    page = peers.page(peers.VIS, "default", "inline", '["</script>"]')
    assert page.count("</script>") == 2
