"""An article that takes too long to read costs itself, and neither the others nor the site."""

import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from threading import Thread
from typing import Any

import pytest
from django.conf import LazySettings

from timeline import loading, workers
from timeline.documents import Document, Failure
from timeline.extraction import (
    Extraction,
    TookTooLong,
    allowing,
    clock,
    extract,
    lexicon,
    parsing,
    pipeline,
    places,
)
from timeline.models import Source

PUBLISHED = date(2020, 8, 10)
SECONDS = 0.5
OF_A_PROCESS = 1  # whose first article is read with nothing remembered of others
SLOW = "Marches\n\n" + "March on 1 March " * 50_000
GOOD = "Kenya votes\n\nKenyans approved a new constitution in a referendum on 4 August."
ONCE = [(lexicon, "prefilter"), (lexicon, "context_prefilter"), (places, "gazetteer"), (parsing, "load")]
TEXTS = {"a": GOOD, "b": SLOW, "c": f"{GOOD}!"}
DOCUMENTS = [Document(f"{name}.txt", name, PUBLISHED, text) for name, text in TEXTS.items()]


@pytest.fixture(autouse=True)
def _bound(settings: LazySettings) -> None:
    extract(GOOD, PUBLISHED)
    settings.READING_SECONDS = SECONDS


def check(
    readings: Iterator[tuple[Document | Failure, Extraction | Failure | None]], seconds: float = SECONDS
) -> None:
    (_, first), (_, slow), (_, last) = readings
    for reading in (first, last):
        assert isinstance(reading, Extraction)
        assert [event.kind for event in reading.events] == ["referendum"]
    assert slow == Failure(
        "b.txt",
        f"Reading it takes more than {seconds:g} seconds of computing.",
        "Split it into shorter articles, or raise TIMELINE_READING_SECONDS.",
    )


def test_in_one_process() -> None:
    begun = time.process_time()
    check(workers.read_all(DOCUMENTS))
    # Once with the others, once by itself, and what was done since the last look.
    assert time.process_time() - begun < 4 * SECONDS + 1


@pytest.mark.processes
def test_in_several_processes(settings: LazySettings) -> None:
    settings.READING_SECONDS = OF_A_PROCESS
    check(workers.read_all(DOCUMENTS, 2), OF_A_PROCESS)


def test_what_is_loaded_once_is_no_article_s_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def lately_loaded(load: Callable[..., Any]) -> Callable[..., Any]:
        @cache
        def slow(*arguments: Any) -> Any:
            nonlocal now
            now += 10
            return load(*arguments)

        return slow

    for module in (clock, pipeline):
        monkeypatch.setattr(module, "thread_time", lambda: now)
    for module, name in ONCE:
        monkeypatch.setattr(module, name, lately_loaded(getattr(module, name)))
    with allowing(1):
        assert extract(GOOD, PUBLISHED).events
    assert now == 10 * len(ONCE)


def test_in_a_thread_such_as_dask_reads_in() -> None:
    readings: list[workers.Reading] = []
    texts = [(document.text, PUBLISHED) for document in DOCUMENTS]
    thread = Thread(target=lambda: readings.extend(workers.read_batch(texts, SECONDS)))
    thread.start()
    thread.join()
    assert [type(reading) for reading in readings] == [Extraction, TookTooLong, Extraction]


@pytest.mark.django_db
def test_what_was_stored_of_it_before_stays(settings: LazySettings) -> None:
    before, after = Document("b.txt", "b", PUBLISHED, GOOD), DOCUMENTS[1]
    assert [result.outcome for result in loading.load([before])] == ["new"]
    (result,) = loading.load([after])
    assert (result.outcome, result.failure and result.failure.location) == ("failed", "b.txt")
    assert [source.text for source in Source.objects.current()] == [GOOD]
    assert [result.outcome for result in loading.load([before])] == ["unchanged"]


def test_what_once_took_for_ever() -> None:
    """A pattern of elections that tried each "the" in two ways: twice the time for each of them."""
    begun = time.process_time()
    extract("Results\n\nThe Labour Party won the election and came first in " + "the " * 60, PUBLISHED)
    assert time.process_time() - begun < 2


def test_the_parser_s_time_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_finish", None)  # that far it never comes
    with allowing(0.3), pytest.raises(TookTooLong):
        extract("Quotes\n\n" + "“election” " * 4000, PUBLISHED)


def test_a_longer_text_may_take_longer() -> None:
    text = "Pages\n\n" + "election " * 300_000
    with allowing(0.01), pytest.raises(TookTooLong) as error:
        extract(text, PUBLISHED)
    assert error.value.seconds == pytest.approx(0.01 * len(text) / 1_000_000)
