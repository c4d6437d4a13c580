"""Transactions that hold when others write, too, and when the database goes away for a while.

What a deadlock, a lock that was waited for too long or a restart has broken off is carried out anew, whole.
Those who merge take turns, so that no two find at once that an event is new: docs/decisions/0008.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import uniform
from typing import TypeVar

from django.db import Error, InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

PATIENCE = 60.0  # seconds: a server that is started anew is back by then
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # seconds
MERGING = 0x74696D65  # the number by which PostgreSQL knows the lock of those who merge
AT_A_STRETCH = 0.5  # seconds that one who writes much keeps others from writing
REST = 0.12  # seconds: SQLite looks every tenth of one whether it may write now

T = TypeVar("T")

# PostgreSQL's own names of what passes: https://www.postgresql.org/docs/current/errcodes-appendix.html
ROLLED_BACK = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
AWAY = {"57P01", "57P02", "57P03", "53300"}  # shut down, crashed, not up yet, no connection free
BUSY = {5, 6}  # SQLite's: somebody else is writing
FULL = 13


def retried(act: Callable[[], T], patience: float = PATIENCE) -> T:
    """What `act` returns, carried out anew for so many seconds while the database fails in a way that passes.

    `act` is a whole transaction, or reads only, and may be carried out twice: a connection may be lost after
    the database has done what it was asked for. Within a transaction it is done once.
    """
    end, pause = time.monotonic() + patience, FIRST_PAUSE
    while True:
        try:
            return act()
        except Error as error:
            left = end - time.monotonic()
            if connection.in_atomic_block or not passes(error) or left <= 0:
                raise
            logger.warning("The database broke off (%s); once more.", in_short(error))
            if is_lost(error):
                connection.close()
        time.sleep(min(uniform(pause / 2, pause), left))  # noqa: S311 (so that two don't meet again)
        pause = min(2 * pause, LONGEST_PAUSE)


def passes(error: Exception) -> bool:
    """Whether the same may go well a moment later."""
    return is_rolled_back(error) or is_lost(error)


def is_rolled_back(error: Exception) -> bool:
    """Whether somebody else was in the way, so that certainly nothing was written."""
    return _state(error) in ROLLED_BACK or _code(error) in BUSY


def is_lost(error: Exception) -> bool:
    """Whether the connection is gone, or could not be opened."""
    state = _state(error)
    if state is not None:
        return state in AWAY or state.startswith("08")
    broken = isinstance(error, OperationalError | InterfaceError)
    return connection.vendor == "postgresql" and broken


def is_full(error: Exception) -> bool:
    """Whether there is no room for what was to be written."""
    return _state(error) == "53100" or _code(error) == FULL


def in_short(error: Exception) -> str:
    """The error's first line."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def mend(error: Exception) -> str:
    """What whoever runs the site can do about it, a sentence."""
    if is_full(error):
        return "Make room where the database is."
    if is_rolled_back(error):
        return "Another process held the database for too long: wait until it has ended, or end it."
    if is_lost(error):
        return "See to it that the database server runs and can be reached."
    return "Mend the cause (is it migrated? `manage.py migrate`)."


def told(error: Exception, kept: str) -> str:
    """What a command says of it; `kept` is what has become of its work, a sentence."""
    return f"The database failed: {in_short(error)}. {kept} {mend(error)} Then run the same command again."


def merge_in_turn() -> None:
    """Wait until no other transaction that merges is under way; the next waits until this one ends.

    Call it first in the transaction. In SQLite whoever writes is alone anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MERGING])


class Stretches:
    """Lets others write between one's own transactions: SQLite's lock goes to who asks at the right moment.

    with stretches.one():
        ...  # a transaction
    """

    def __init__(self) -> None:
        self.held = 0.0
        self.let_go = 0.0

    @contextmanager
    def one(self) -> Iterator[None]:
        if connection.vendor == "sqlite":
            if time.monotonic() - self.let_go >= REST:
                self.held = 0.0  # others have had their turn meanwhile
            elif self.held >= AT_A_STRETCH:
                time.sleep(REST)
                self.held = 0.0
        begun = time.monotonic()
        try:
            yield
        finally:
            self.let_go = time.monotonic()
            self.held += self.let_go - begun


def _state(error: Exception) -> str | None:
    """PostgreSQL's name of the error; None where the connection broke, or it isn't PostgreSQL."""
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    return state


def _code(error: Exception) -> int | None:
    """SQLite's number of the kind of error."""
    code: int | None = getattr(error.__cause__, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
