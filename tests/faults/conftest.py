"""Databases of either engine that can be broken, articles to load into them, and what is in them then."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from scripts import postgres
from tests.processes import python

ARTICLES, DAYS = 24, 12
SEED = 7  # of the moments at which something is broken
# Everything that readers can see, but for the numbers of rows.
ROWS = """
SELECT s.path, s.sha256, m.start, m."end", m.quote, m.standing, e.kind, e.title, e.date, e.status,
  (SELECT count(*) FROM timeline_mention o WHERE o.event_id = e.id),
  (SELECT count(*) FROM timeline_participation p WHERE p.event_id = e.id)
FROM timeline_mention m JOIN timeline_source s ON m.source_id = s.id
  JOIN timeline_event e ON e.id = m.event_id
"""


@dataclass(frozen=True)
class Database:
    address: str
    file: Path | None = None
    server: postgres.Server | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": self.address}

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        if self.file:
            with closing(sqlite3.connect(self.file, timeout=30)) as connection:
                return connection.execute(question).fetchall()
        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(question)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM timeline_{table}")[0][0])

    def rows(self) -> list[tuple[Any, ...]]:
        if self.file:
            assert self.ask("PRAGMA integrity_check") == [("ok",)]
        return sorted(self.ask(ROWS))

    def manage(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return python("manage.py", *arguments, env={**self.environment, **environment})

    def load(self, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return python("-m", "tests.faults.loader", folder, env={**self.environment, **environment})

    @contextmanager
    def loading(self, folder: Path) -> Iterator["subprocess.Popen[str]"]:
        """A loader that runs meanwhile, and is ended with the block."""
        command = [sys.executable, "-m", "tests.faults.loader", str(folder)]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=self.environment, stdout=pipe, stderr=pipe, text=True
        ) as loader:
            try:
                yield loader
            finally:
                loader.kill()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles of which each event is told by four, so that it is merged three times."""
    made = tmp_path_factory.mktemp("articles")
    write_articles(made, ARTICLES)
    return made


def write_articles(folder: Path, articles: int, *before: str) -> None:
    """So many in the folder; what comes `before` their passages moves them."""
    folder.mkdir(exist_ok=True)
    for number in range(articles):
        days = (number % DAYS + 1, (number + 7) % DAYS + 1)
        told = [
            f"[protest 2020-08-{day:02} occurred BY Ada Marsh] Crowds stood in the rain, wrote no. {number}."
            for day in days
        ]
        text = "\n\n".join([f"date 2020-09-01 What happened, part {number}", *before, *told])
        (folder / f"n{number:02}.txt").write_text(text)


@pytest.fixture(scope="session")
def servers() -> Iterator[list[postgres.Server]]:
    """At most one PostgreSQL server, which the first test that needs it starts."""
    if not postgres.programs():
        pytest.skip(postgres.ABSENT)
    with postgres.breakable() as server:
        yield [server]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Database:
    file = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    database = Database(f"sqlite:///{file}", file)
    assert database.manage("migrate", "-v0").returncode == 0
    return database


@pytest.fixture(scope="session")
def expected(migrated: Database, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The rows of a load that nothing disturbs."""
    database = copied(migrated, tmp_path_factory.mktemp("undisturbed"))
    done = database.load(folder)
    assert done.returncode == 0, done.stderr
    assert (database.count("source"), database.count("event")) == (ARTICLES, DAYS)
    return database.rows()


def copied(database: Database, to: Path) -> Database:
    assert database.file
    shutil.copy(database.file, to / "db.sqlite3")
    return Database(f"sqlite:///{to / 'db.sqlite3'}", to / "db.sqlite3")


@pytest.fixture
def sqlite(migrated: Database, tmp_path: Path) -> Database:
    return copied(migrated, tmp_path)


@pytest.fixture(scope="session")
def _template(servers: list[postgres.Server]) -> Database:
    database = Database(servers[0].address, server=servers[0])
    done = database.manage("migrate", "-v0")
    assert done.returncode == 0, done.stderr
    return database


@pytest.fixture
def postgresql(_template: Database) -> Database:
    """An empty database, made as a copy of a migrated one."""
    base = _template.address.removesuffix("/postgres")
    with psycopg.connect(f"{base}/template1", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS broken WITH (FORCE)")
        connection.execute("CREATE DATABASE broken TEMPLATE postgres")
    return Database(f"{base}/broken", server=_template.server)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def chance() -> random.Random:
    print(f"The moments are those of the seed {SEED}.")  # noqa: T201 (pytest shows it where the test fails)
    return random.Random(SEED)
