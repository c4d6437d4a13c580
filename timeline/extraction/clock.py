"""How long the reading of one text may take: seconds of computing, looked at between two sentences.

Sentences are short and patterns don't backtrack without end, so nothing that is done between two looks takes
long: a text is stopped soon after its time is up, in whatever thread or process it is read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import thread_time

CHARACTERS = 1_000_000  # a text that is longer may take longer, in proportion


class TookTooLong(Exception):
    """A text isn't read in the seconds of computing that it has."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Clock:
    """The time of one text; it runs within `with`, which may come several times."""

    def __init__(self, text: str) -> None:
        allowed = _allowed.get()
        self.seconds = None if allowed is None else allowed * max(1.0, len(text) / CHARACTERS)
        self._used = self._since = 0.0

    def __enter__(self) -> None:
        self._since = thread_time()
        self._token = _running.set(self)

    def __exit__(self, *_: object) -> None:
        _running.reset(self._token)
        self._used += thread_time() - self._since

    def check(self) -> None:
        """Raise TookTooLong once the time is up; within `with`."""
        self._compare(self._used + thread_time() - self._since)

    def spend(self, seconds: float) -> None:
        """Take what was done for the text outside of `with` from its time. Raises TookTooLong."""
        self._used += seconds
        self._compare(self._used)

    def _compare(self, used: float) -> None:
        if self.seconds is not None and used > self.seconds:
            raise TookTooLong(self.seconds)


_allowed: ContextVar[float | None] = ContextVar("allowed", default=None)
_running: ContextVar[Clock | None] = ContextVar("running", default=None)


@contextmanager
def allowing(seconds: float | None) -> Iterator[None]:
    """Within this each text that is read may take so many seconds; None is for ever."""
    token = _allowed.set(seconds)
    try:
        yield
    finally:
        _allowed.reset(token)


def check() -> None:
    """Raise TookTooLong once the time of the text that is being read is up."""
    if clock := _running.get():
        clock.check()
