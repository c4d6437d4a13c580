"""Documents read on the workers of a Dask cluster. They have the extractor and nothing of the database.

What is sent are texts and names of functions of this module; what comes back are readings. Workers must have
the same extractor and the same Python: each batch says which, so that one that joins later is held to it too.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin
from django.conf import settings

from timeline import extraction
from timeline.workers import BATCHES_AHEAD, Reading, Text, Waiting, read_batch

PATIENCE = 10.0  # seconds for a scheduler to answer
WITHOUT_WORKERS = 60.0  # seconds in which a worker may come back
BETWEEN_LOOKS = 2.0  # seconds
AGAIN = "Run the same command again for the rest."


class ClusterError(Exception):
    """The cluster can't read, or no longer; says what would mend it."""


class MismatchError(Exception):
    """A worker reads otherwise than we do."""


@cache
def version() -> str:
    """What decides how a text is read: the extractor with every file of it, spaCy, and Python."""
    folder = Path(extraction.__file__).parent
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    contents = sha256()
    for path in files:
        contents.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    python, spacy = ".".join(map(str, sys.version_info[:2])), metadata.version("spacy")
    return f"{extraction.VERSION} ({contents.hexdigest()[:12]}), spaCy {spacy}, Python {python}"


def read(expected: str, texts: list[Text], seconds: float) -> list[Reading]:
    """On a worker: what was read in each text, each of which may take so many seconds of computing.

    Raises MismatchError if it would be read otherwise here.
    """
    if version() != expected:
        raise MismatchError(version())
    return read_batch(texts, seconds)


class Warm(WorkerPlugin):  # type: ignore[misc]
    """Loads model and vocabulary in a worker before its first batch."""

    name = "timeline-warm"

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 (Dask's interface)
        extraction.extract("Votes\n\nKenyans voted in a referendum on 4 August.", date(2010, 8, 6))


class Cluster:
    """A `workers.Pool`. A batch whose worker dies goes to another one; one that kills several is cut up."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.ahead = BATCHES_AHEAD * len(client.nthreads())

    def read(self, texts: list[Text]) -> Waiting:
        future = self._submit(texts)
        return lambda: self._outcome(future, texts)

    def _submit(self, texts: list[Text]) -> Future:
        try:
            return self.client.submit(read, version(), texts, settings.READING_SECONDS, pure=False)
        except Exception as error:
            raise _gone(error) from error

    def _outcome(self, future: Future, texts: list[Text]) -> list[Reading]:
        try:
            readings: list[Reading] = self._wait(future)
        except KilledWorker as error:
            if len(texts) > 1:
                return [self._outcome(self._submit([text]), [text])[0] for text in texts]
            return [f"each worker that read it died, the last at {error.last_worker.address}"]
        except MismatchError as error:
            raise _differs([str(error)]) from error
        except (CancelledError, OSError) as error:
            raise _gone(error) from error
        return readings

    def _wait(self, future: Future) -> list[Reading]:
        alone = 0.0
        while True:
            try:
                return future.result(timeout=BETWEEN_LOOKS)  # type: ignore[no-any-return]
            except TimeoutError:
                alone = 0.0 if self.client.nthreads() else alone + BETWEEN_LOOKS
            if alone >= WITHOUT_WORKERS:
                raise ClusterError(f"The cluster has no workers left. Start some. {AGAIN}")


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster whose scheduler is at the address, its workers checked and warm.

    Certificates for `tls://` are those of Dask's own configuration. Raises ClusterError.
    """
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({_first_line(error)}). Is it running, is the address "
            "like tcp://scheduler:8786, and for tls:// are the certificates in Dask’s configuration?"
        ) from error
    try:
        _check(client)
        yield Cluster(client)
    finally:
        with suppress(OSError, CancelledError):
            client.close(timeout=BETWEEN_LOOKS)


def _check(client: Client) -> None:
    """Raise ClusterError unless there are workers, and all read as we do, one batch at a time."""
    try:
        threads = client.nthreads()
        if not threads:
            raise ClusterError(
                "The cluster has no workers. Start some in a checkout of the timeline: "
                "`PYTHONPATH=. dask worker ADDRESS --nthreads 1`."
            )
        if busy := sorted(worker for worker, count in threads.items() if count != 1):
            raise ClusterError(f"{', '.join(busy)} would read in several threads. Start with --nthreads 1.")
        answers = client.run(version, on_error="return")
        if others := {str(answer) for answer in answers.values() if answer != version()}:
            raise _differs(sorted(others))
        client.register_plugin(Warm())
    except (OSError, CancelledError) as error:
        raise _gone(error) from error


def _differs(others: list[str]) -> ClusterError:
    return ClusterError(
        f"Workers must read with {version()}; some have: {'; '.join(others)}. "
        "Give them the same checkout, packages and Python, and start them again with PYTHONPATH at it."
    )


def _gone(error: BaseException) -> ClusterError:
    return ClusterError(
        f"The Dask scheduler is gone ({_first_line(error)}). Start it and its workers. {AGAIN}"
    )


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
