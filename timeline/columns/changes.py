"""The database's own log of what was written: how far it has come, and what came since.

Triggers fill it (`models.Change`). Asking whether anything was written is one query on an index.
"""

from django.db import connection
from django.db.models import Func

from timeline.columns.table import Columns
from timeline.models import Change

# So many written events are looked up one by one; of more, everything is read anew.
MOST_PATCHED = 20_000
MOST_LOGGED = 10 * MOST_PATCHED  # entries of the log that are left of it: a write leaves several
BESIDE, ANYTHING = 0, -1  # in the log, instead of an event: what is shown beside events; any number of events

# What is numbered from here on hasn't begun: entries that say so came with a backup of another server.
_NEXT = (
    "greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "
    "pg_current_xact_id_if_assigned()::text::bigint + 1)"
)
_STATE = (
    "SELECT coalesce(max(id), 0), coalesce((array_agg(mark ORDER BY id DESC))[1], 0), oldest, count(*), "  # noqa: S608
    "(SELECT coalesce(max(transaction), 0) FROM timeline_change WHERE transaction < oldest) "
    f"FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest, {_NEXT} AS next) AS now "
    "LEFT JOIN LATERAL ((SELECT id, mark FROM timeline_change ORDER BY id DESC LIMIT 1) UNION "
    "SELECT id, mark FROM timeline_change WHERE transaction >= oldest AND transaction < next) "
    "AS late ON true GROUP BY oldest"
)


def state() -> tuple[str, int]:
    """(revision, position): what the log of changes has come to, and from where on it has to be read next.

    In PostgreSQL, transactions commit in another order than they begin in: what a transaction wrote that is
    still going on may come to stand before what is seen now. So the position is the oldest of those. The
    revision has the last before it that the log tells of: other databases of the server write too.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_STATE)
            last, mark, position, late, settled = cursor.fetchone()
            return f"{last}.{mark}.{settled}.{late}", position
        cursor.execute("SELECT id, mark FROM timeline_change ORDER BY id DESC LIMIT 1")
        last, mark = cursor.fetchone() or (0, 0)
        return f"{last}.{mark}", last


def revision() -> str:
    """What the database holds, as far as it is of events, in a word: another after every write."""
    return state()[0]


def change_of(revision: str) -> int:
    """The last write that a revision tells of, as a number that grows; 0 before the first."""
    return int(revision.partition(".")[0])


def written_since(columns: Columns) -> list[int] | None:
    """Ids of the events written since; None if that can't be told, or they are too many."""
    last, mark = (int(part) for part in columns.revision.split(".")[:2])
    if last and not Change.objects.filter(pk=last, mark=mark).exists():
        return None  # another database, a write that was taken back, or one that is no longer in the log
    if connection.vendor == "postgresql":
        if last and not Change.objects.filter(transaction__lt=columns.position).exists():
            return None  # what was shortened may have been more than is known, see `shorten`
        log = Change.objects.filter(transaction__gte=columns.position, transaction__lt=Func(template=_NEXT))
    else:
        log = Change.objects.filter(pk__gt=columns.position)
    named = log.order_by().values_list("event_id", flat=True).distinct()
    ids = set(named[: MOST_PATCHED + 2]) - {BESIDE}  # one more than may be patched, and BESIDE
    return sorted(ids) if len(ids) <= MOST_PATCHED and ANYTHING not in ids else None


_SHORTEN = {
    "sqlite": "DELETE FROM timeline_change WHERE id <= "
    "(SELECT id FROM timeline_change ORDER BY id DESC LIMIT 1 OFFSET %s)",
    "postgresql": "DELETE FROM timeline_change WHERE transaction < (SELECT "
    "least(transaction, pg_snapshot_xmin(pg_current_snapshot())::text::bigint) "
    "FROM timeline_change ORDER BY id DESC LIMIT 1 OFFSET %s)",
}


def shorten(entries: int = MOST_LOGGED) -> None:
    """Take from the log what is older than so many entries; who would need it reads everything anew.

    In PostgreSQL only whole transactions go, the oldest first, and none that may still write: if one
    is left that is older than a process' position, everything since is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHORTEN[connection.vendor], [entries])
