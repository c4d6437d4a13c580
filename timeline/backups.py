"""The whole database as one file, made while the site goes on, and back again.

Of SQLite it is a copy by the database's own online backup, of PostgreSQL what `pg_dump` writes in its custom
format: as of one moment, whatever is written meanwhile. The secret key isn't in it.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from timeline.models import Actor, Event, Mention, Source

SUFFIXES = {"sqlite": ".sqlite3", "postgresql": ".dump"}
COUNTED = (Source, Event, Mention, Actor, User)


class Refused(Exception):
    """Why nothing was written, and what to do about it."""


def default_name() -> str:
    """A name for a backup of now, such as `timeline-20240131-235959.sqlite3`."""
    return f"timeline-{timezone.now():%Y%m%d-%H%M%S}{SUFFIXES[connection.vendor]}"


def counts() -> dict[str, int]:
    """How many rows the database holds, of what matters most; nothing where it has no tables."""
    tables = connection.introspection.table_names()
    known = [(model._meta, model._default_manager) for model in COUNTED]  # noqa: SLF001  (documented)
    return {str(meta.verbose_name_plural): rows.count() for meta, rows in known if meta.db_table in tables}


def backup(path: Path) -> None:
    """Write a file that only its owner can read, whole and checked or not at all. Raises Refused, OSError."""
    if path.exists():
        raise Refused(f"{path} is there already. Name another file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:  # nobody else may look into it
        part = Path(folder) / path.name
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            with closing(sqlite3.connect(part)) as target:
                copy(connection.connection, target)
        else:
            _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        migrations_in(part)
        part.chmod(0o600)
        part.replace(path)


def restore(path: Path, *, over: bool) -> None:
    """Put the file in the place of what the database holds: all of it or nothing. Raises Refused, OSError."""
    found = migrations_in(path)
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    ours = {app for app, _ in known}
    if later := sorted(one for one in found - known if one[0] in ours):
        name = ".".join(later[-1])
        raise Refused(f"{path} is of a later release: this one doesn’t know {name}. Upgrade first.")
    if not over and (held := {name: count for name, count in counts().items() if count}):
        told = ", ".join(f"{count} {name}" for name, count in held.items())
        raise Refused(f"The database holds {told}. To put the backup in their place, add --over.")
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(_opened(path)) as source:
            source.backup(connection.connection)
    else:
        connection.close()  # tables in use can't be replaced
        _run(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
            "--exit-on-error", f"--dbname={connection.settings_dict['NAME']}", str(path),
        )  # fmt: skip


def copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """A copy as of now, in one file without a log beside it.

    In one step: in several, each write of another process would make it begin anew, without end.
    """
    source.backup(target, pages=-1)
    target.execute("PRAGMA journal_mode=DELETE")


def migrations_in(path: Path) -> set[tuple[str, str]]:
    """The migrations that a backup's tables have had; raises Refused if it is none, or is spoilt."""
    if not path.is_file():
        raise Refused(f"There is no file {path}.")
    found = _in_copy(path) if connection.vendor == "sqlite" else _in_dump(path)
    if not any(app == "timeline" for app, _ in found):
        raise Refused(f"{path} is no backup of a timeline.")
    return found


def _opened(path: Path) -> sqlite3.Connection:
    """A backup of SQLite, to be read only."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _in_copy(path: Path) -> set[tuple[str, str]]:
    try:
        with closing(_opened(path)) as source:
            (verdict,) = source.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok" or source.execute("PRAGMA foreign_key_check").fetchone():
                raise Refused(f"{path} is damaged. Take another backup.")
            return set(source.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.DatabaseError as error:
        raise Refused(f"{path} is no backup of an SQLite database, or is damaged ({error}).") from error


def _in_dump(path: Path) -> set[tuple[str, str]]:
    # Reads the whole file, so that one that was cut short is found out before anything is dropped.
    _run("pg_restore", "--file=/dev/null", str(path))
    table = _run("pg_restore", "--data-only", "--table=django_migrations", "--file=-", str(path))
    rows = (line.split("\t") for line in table.splitlines())
    return {(row[1], row[2]) for row in rows if len(row) == 4}


def _run(program: str, *arguments: str) -> str:
    """What one of PostgreSQL's programs says; raises Refused with its complaint."""
    if not (found := shutil.which(program)):
        raise Refused(f"{program} isn’t here. Install PostgreSQL’s client programs (postgresql-client).")
    done = subprocess.run(  # noqa: S603  (no shell, and the arguments are ours)
        [found, *arguments], env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"{program} failed: {done.stderr.strip()}")
    return done.stdout


def _environment() -> dict[str, str]:
    """What tells PostgreSQL's programs of the database; on a command line all could read the password."""
    names = {
        "NAME": "PGDATABASE",
        "HOST": "PGHOST",
        "PORT": "PGPORT",
        "USER": "PGUSER",
        "PASSWORD": "PGPASSWORD",
    }
    told = connection.settings_dict
    return os.environ | {variable: str(told[name]) for name, variable in names.items() if told.get(name)}
