"""The columns that this process has, kept in step: as they are now, or for readers of many events nearly so.

The processes of a machine share what one of them has read.
"""

from threading import Lock
from time import monotonic
from typing import cast

from django.db import connection

from timeline.columns.changes import change_of, revision
from timeline.columns.reading import patched, read
from timeline.columns.snapshots import age, alone, save, saved, shown
from timeline.columns.table import Columns

# While writes go on, keeping in step may take this share of a process' time, and each step makes all kept
# answers worthless: with so many events, what is shown may be behind by as many times what a step takes, and
# by this many seconds. Smaller timelines are never behind, nor is what curators see.
SHARE = 0.1
RESTS = 10.0
LARGE = 100_000


def _shared(known: Columns | None, *, exact: bool) -> Columns:
    """The columns as all processes of the machine have them: the first to look writes, the others map.

    Not `exact`, they may be as old as processes rest; never older than what is known.
    """
    with alone():
        written = saved()
        newest = known
        if written and (known is None or change_of(written.revision) > change_of(known.revision)):
            newest = written
        if newest and written and len(written) > LARGE and not exact and age() < RESTS:
            return newest
        now = patched(newest) if newest else read()
        if now is newest or len(now) <= LARGE:
            return now
        save(now)
        written = saved()
    return written if written and written.revision == now.revision else now


class Kept:
    """The columns that this process has."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.columns: Columns | None = None
        self.shown = ""
        self.rest_until = 0.0
        self.hurried = False

    def current(self) -> Columns:
        known = self.columns if self.shown == shown() else None
        rested = monotonic() - self.rest_until
        if known is not None and rested < 0 and not self.hurried:
            return known
        connection.ensure_connection()  # else one would wait inside for those that others outside hold
        # Of readers at once, one follows; to the others, what was right until now is as good as in a moment.
        will_do = known is not None and len(known) > LARGE and rested < RESTS and not self.hurried
        if not self.lock.acquire(blocking=not will_do):
            return cast("Columns", known)
        try:
            return self._followed()
        finally:
            self.lock.release()

    def _followed(self) -> Columns:
        begun, of = monotonic(), shown()
        hurried, self.hurried = self.hurried, False
        known = self.columns if self.shown == of else None
        if known is None:
            known = _shared(None, exact=hurried)
        elif hurried or len(known) <= LARGE:
            known = patched(known)
        elif revision() != known.revision:
            known = _shared(known, exact=False)
        self.columns, self.shown = known, of
        took = monotonic() - begun
        self.rest_until = monotonic() + (max(took / SHARE, RESTS) if len(known) > LARGE else 0)
        return known


kept = Kept()


def current() -> Columns:
    """The columns as the database has them now; read in full only where no snapshot of them is left."""
    return kept.current()


def may_be_behind() -> bool:
    """Whether there are so many events that readers may be shown what was there some seconds ago."""
    known = kept.columns
    return known is not None and len(known) > LARGE


def hurry() -> None:
    """Have this process look for what was written, also where it would rest: a curator wants to see it."""
    kept.hurried = True


def change_known() -> int | None:
    """The last write that the columns of this process know of, without asking; None before they are read."""
    known = kept.columns
    return None if known is None else change_of(known.revision)
