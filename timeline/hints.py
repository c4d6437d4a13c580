"""What processes of one machine tell each other by files, such as who has an event open: hints, no more.

Where the folder can't be written, or a file is cut off, it is as if nothing had been told: pages are served
all the same, and the log says why.
"""

import logging
import pickle
import zlib
from collections.abc import Callable
from time import monotonic
from typing import Any, ClassVar, TypeVar

from django.core.cache.backends.filebased import FileBasedCache

logger = logging.getLogger(__name__)

AGAIN = 60.0  # seconds between two lines of the log
# What a file that was cut, or holds something else, makes of reading it.
UNREADABLE = (
    OSError, EOFError, MemoryError, ImportError, ArithmeticError, AttributeError, LookupError, TypeError,
    ValueError, zlib.error, pickle.UnpicklingError,
)  # fmt: skip

T = TypeVar("T")


class Hints(FileBasedCache):
    """Django's cache of files, which answers as an empty one where it fails."""

    silent_until: ClassVar[float] = 0.0
    _dir: str

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except UNREADABLE as error:
            self._tell(error)
            self.delete(key, version)
            return default

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._attempt(lambda: super(Hints, self).set(*args, **kwargs))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._attempt(lambda: super(Hints, self).delete(key, version)))

    def _createdir(self) -> None:
        self._attempt(super()._createdir)  # type: ignore[misc]  # Django's stubs leave it out

    def _attempt(self, act: Callable[[], T]) -> T | None:
        try:
            return act()
        except OSError as error:
            self._tell(error)
            return None

    def _tell(self, error: Exception) -> None:
        if monotonic() >= Hints.silent_until:
            Hints.silent_until = monotonic() + AGAIN
            logger.warning(
                "%s can’t be used (%s): until it can, requests aren’t counted, and curators aren’t told "
                "who has an event open. Set TIMELINE_CACHE_FOLDER, or make room.",
                self._dir,
                error,
            )
