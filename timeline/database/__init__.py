"""What the database itself does at every write, whoever writes: note what changed, keep the search index.

`install` puts the triggers of the connection's engine in place, from `sqlite.sql` or `postgresql.sql`. It is
run after every `migrate`, since SQLite drops a table's triggers when a migration rebuilds the table. A
database that was migrated back, for an older release, has none until that release migrates.
"""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from django.core.management import CommandError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

STATEMENT_ENDS = ";;"  # a trigger has semicolons of its own


class UnknownEngine(NotImplementedError):
    """The database is neither SQLite nor PostgreSQL."""


def statements(vendor: str) -> list[str]:
    """The statements for an engine, in order; each can be run again without harm."""
    if vendor not in ("sqlite", "postgresql"):
        raise UnknownEngine(f"The timeline runs on SQLite and PostgreSQL, not on {vendor}. Set DATABASE_URL.")
    script = (files("timeline.database") / f"{vendor}.sql").read_text(encoding="utf-8")
    script = re.sub(r"^--.*\n", "", script, flags=re.MULTILINE)
    return [statement.strip() for statement in script.split(STATEMENT_ENDS) if statement.strip()]


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the search table and the triggers, or make them anew."""
    with connection.cursor() as cursor:
        for statement in statements(connection.vendor):
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away, to fill an empty database with very many rows; `install` puts them back.

    The search index is emptied too, since `install` fills only an empty one.
    """
    dropped = [line for line in statements(connection.vendor) if line.startswith("DROP TRIGGER")]
    with connection.cursor() as cursor:
        for statement in dropped:
            cursor.execute(statement)
        cursor.execute("DELETE FROM timeline_search")


def install_after_migrating(using: str, **_: Any) -> None:
    """Receiver of Django's `post_migrate`: the triggers stand where the tables are this release's."""
    connection = connections[using]
    if _is_of_this_release(connection):
        install(connection)
    elif "timeline_search" in connection.introspection.table_names():
        remove(connection)


def _is_of_this_release(connection: BaseDatabaseWrapper) -> bool:
    loader = MigrationLoader(connection)
    return set(loader.graph.leaf_nodes("timeline")) <= loader.applied_migrations.keys()


def keep_what_is_there(using: str, plan: Sequence[tuple[Migration, bool]] = (), **_: Any) -> None:
    """Receiver of Django's `pre_migrate`: nothing goes back to a release that doesn't know what is stored.

    A migration says so by `held_by(connection)`: what it can't take back, with the mend, or nothing.
    """
    for migration, backwards in plan:
        held = backwards and hasattr(migration, "held_by") and migration.held_by(connections[using])
        if held:
            raise CommandError(f"{migration.name} can’t be taken back: {held} Nothing was changed.")
