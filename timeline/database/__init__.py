"""What the database itself does at every write, whoever writes: note what changed, keep the search index.

`install` puts the triggers of the connection's engine in place, from `sqlite.sql` or `postgresql.sql`. It is
run after every `migrate`, since SQLite drops a table's triggers when a migration rebuilds the table.
"""

import re
from importlib.resources import files
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

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
    """Receiver of Django's `post_migrate`: the triggers stand wherever the app's tables do."""
    connection = connections[using]
    if "timeline_change" in connection.introspection.table_names():
        install(connection)
