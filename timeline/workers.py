"""Documents read by the extractor, in this process or in several, in order and with bounded memory."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date
from typing import TypeAlias, TypeVar

from timeline import extraction
from timeline.documents import Document, Failure

BATCH_DOCUMENTS = 64
BATCH_CHARACTERS = 500_000
BATCHES_AHEAD = 3  # a worker; enough that none waits while the parent writes

T = TypeVar("T")
Text: TypeAlias = tuple[str, date]
Reading: TypeAlias = extraction.Extraction | str  # what was read, or why it failed


def read_all(
    items: Iterable[Document | T], workers: int = 1
) -> Iterator[tuple[Document | T, extraction.Extraction | Failure | None]]:
    """Each item with what the extractor read in it; what is no document passes through with None.

    A document that the extractor fails on comes with a Failure, and the others are read all the same.
    Raises BrokenProcessPool if a worker process is killed.
    """
    if workers <= 1:
        for batch in batches(items, BATCH_DOCUMENTS, BATCH_CHARACTERS):
            yield from _pair(batch, _read_batch(_texts(batch)))
        return
    # Workers are spawned: a fork would share the parent's database connection.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interrupts) as pool:
        ahead: deque[tuple[list[Document | T], Future[list[Reading]]]] = deque()
        try:
            for batch in batches(items, BATCH_DOCUMENTS, BATCH_CHARACTERS):
                ahead.append((batch, pool.submit(_read_batch, _texts(batch))))
                if len(ahead) >= BATCHES_AHEAD * workers:
                    done, future = ahead.popleft()
                    yield from _pair(done, future.result())
            for done, future in ahead:
                yield from _pair(done, future.result())
        finally:
            pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    # Ctrl-C reaches every process at the terminal; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


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


def _read_batch(texts: list[Text]) -> list[Reading]:
    try:
        return list(extraction.extract_many(texts))
    except Exception:  # noqa: BLE001 (one article that trips the extractor must not hold up an archive)
        return [_read_one(text) for text in texts]


def _read_one(text: Text) -> Reading:
    try:
        return extraction.extract(*text)
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
        if isinstance(reading, str):
            yield (
                item,
                Failure(
                    item.location,
                    f"The extractor failed on it ({reading}).",
                    "Please report it with the article.",
                ),
            )
        else:
            yield item, reading
