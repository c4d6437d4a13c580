"""Documents read by the extractor: here, in several processes or elsewhere, in order, with bounded memory."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from datetime import date
from functools import partial
from threading import Thread
from typing import Protocol, TypeAlias, TypeVar

from django.conf import settings

from timeline import extraction
from timeline.documents import Document, Failure

BATCH_DOCUMENTS = 64
BATCH_WATCHED = 8  # where somebody looks on: progress comes by the batch
BATCH_CHARACTERS = 500_000
BATCHES_AHEAD = 3  # a worker; enough that none waits while the parent writes
BETWEEN_CALLS = 2.0  # seconds

T = TypeVar("T")
Meanwhile: TypeAlias = Callable[[], None]
Text: TypeAlias = tuple[str, date]
Reading: TypeAlias = extraction.Extraction | extraction.TookTooLong | str  # what was read, or why it failed
Waiting: TypeAlias = Callable[[], list[Reading]]  # for a batch that was begun on


class Pool(Protocol):
    """Workers that are somewhere else: batches of texts go in, and what was read in them comes out."""

    ahead: int  # batches to hand in before the first is asked for

    def read(self, texts: list[Text]) -> Waiting:
        """Begin on a batch; what comes back waits for it."""


def read_all(
    items: Iterable[Document | T], workers: int | Pool = 1, *, meanwhile: Meanwhile | None = None
) -> Iterator[tuple[Document | T, extraction.Extraction | Failure | None]]:
    """Each item with what the extractor read in it; what is no document passes through with None.

    A document that the extractor fails on comes with a Failure, and the others are read all the same.
    Raises BrokenProcessPool if a worker process is killed. With `meanwhile`, even a single worker is a
    process of its own, so that this one never holds the parser. It is called every few seconds of waiting;
    what it raises ends the reading. A Pool reads elsewhere, and raises what it raises.
    """
    if not isinstance(workers, int):
        yield from _in_order(batches(items, BATCH_DOCUMENTS, BATCH_CHARACTERS), workers.read, workers.ahead)
        return
    if workers <= 1 and meanwhile is None:
        for batch in batches(items, BATCH_DOCUMENTS, BATCH_CHARACTERS):
            yield from _pair(batch, read_batch(_texts(batch), settings.READING_SECONDS))
        return
    with processes(workers) as pool:

        def begin(texts: list[Text]) -> Waiting:
            return partial(outcome, pool.submit(read_batch, texts, settings.READING_SECONDS), meanwhile)

        most = BATCH_WATCHED if meanwhile else BATCH_DOCUMENTS
        yield from _in_order(batches(items, most, BATCH_CHARACTERS), begin, BATCHES_AHEAD * workers)


def _in_order(
    batches: Iterable[list[Document | T]], begin: Callable[[list[Text]], Waiting], most: int
) -> Iterator[tuple[Document | T, extraction.Extraction | Failure | None]]:
    """The items of the batches, so many of which are begun before the first is waited for."""
    ahead: deque[tuple[list[Document | T], Waiting]] = deque()
    for batch in batches:
        ahead.append((batch, begin(_texts(batch))))
        if len(ahead) >= most:
            done, readings = ahead.popleft()
            yield from _pair(done, readings())
    for done, readings in ahead:
        yield from _pair(done, readings())


@contextmanager
def processes(number: int) -> Iterator[Executor]:
    """Worker processes that end with the block; what they haven't begun by then is left."""
    # Workers are spawned: a fork would share the parent's database connection.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, mp_context=context, initializer=_settle_in) as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def outcome(future: Future[T], meanwhile: Meanwhile | None = None) -> T:
    """What a worker made of its task, with `meanwhile` called every few seconds until it is there."""
    if meanwhile:
        while not wait([future], timeout=BETWEEN_CALLS).done:
            meanwhile()
    return future.result()


def _settle_in() -> None:
    # Ctrl-C reaches every process at the terminal; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A parent that is killed can't tell its workers: they would wait for work for ever.
    Thread(target=_leave_with_the_parent, daemon=True).start()


def _leave_with_the_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def batches(items: Iterable[T], most: int, characters: int) -> Iterator[list[T]]:
    """The items in lists of at most so many, cut short when their documents' texts grow as long as that."""
    batch: list[T] = []
    length = 0
    for item in items:
        batch.append(item)
        length += len(item.text) if isinstance(item, Document) else 0
        if len(batch) >= most or length >= characters:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _texts(batch: Sequence[object]) -> list[Text]:
    return [(item.text, item.published) for item in batch if isinstance(item, Document)]


def read_batch(texts: list[Text], seconds: float) -> list[Reading]:
    """What was read in each text, in order, or why it failed; each may take so many seconds of computing."""
    with extraction.allowing(seconds):
        try:
            return list(extraction.extract_many(texts))
        except Exception:  # noqa: BLE001 (one article that trips the extractor must not hold up an archive)
            return [_read_one(text) for text in texts]


def _read_one(text: Text) -> Reading:
    try:
        return extraction.extract(*text)
    except extraction.TookTooLong as error:
        return error
    except Exception as error:  # noqa: BLE001 (as above; the failure is reported under the article's name)
        return f"{type(error).__name__}: {error}"


def _pair(
    batch: Sequence[Document | T], readings: list[Reading]
) -> Iterator[tuple[Document | T, extraction.Extraction | Failure | None]]:
    left = iter(readings)
    for item in batch:
        if not isinstance(item, Document):
            yield item, None
            continue
        reading = next(left)
        yield item, reading if isinstance(reading, extraction.Extraction) else _failure(item, reading)


def _failure(document: Document, why: extraction.TookTooLong | str) -> Failure:
    if isinstance(why, str):
        return Failure(
            document.location, f"The extractor failed on it ({why}).", "Please report it with the article."
        )
    return Failure(
        document.location,
        f"Reading it takes more than {why.seconds:.3g} seconds of computing.",
        "Split it into shorter articles, or raise TIMELINE_READING_SECONDS.",
    )
