"""The connections to PostgreSQL that the threads of a process share: opened late, few, given back."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from django.db import connection

from bench.serving import SITE, serving
from tests.factories import make_event
from tests.processes import python

PROCESSES, SIZE = 2, 2
ABANDONED = 12  # more than all connections together


@pytest.mark.processes
def test_no_connection_is_opened_before_the_fork() -> None:
    program = (
        "from timeline.wsgi import application; from django.db import connection; "
        "from django.urls import get_resolver; get_resolver().url_patterns; "
        "print(connection.settings_dict['OPTIONS']['pool']['max_size'], connection._connection_pools)"
    )
    environment = {
        "PATH": os.environ["PATH"], "TIMELINE_POOL": "3", "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    }  # fmt: skip
    done = python("-c", program, env=environment)
    assert (done.returncode, done.stdout.strip()) == (0, "3 {}"), done.stderr


def address() -> str:
    told = connection.settings_dict
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def others() -> int:
    """How many connections to the database there are besides this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def abandon(site: str) -> None:
    """Ask for all events, and go when the first bytes are there."""
    told = urlsplit(site)
    with socket.create_connection((told.hostname, told.port), timeout=20) as reader:
        reader.sendall(b"GET /events.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert reader.recv(12) == b"HTTP/1.1 200"


@pytest.mark.processes
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no connections to share")
@pytest.mark.django_db(transaction=True)
def test_more_readers_than_connections_are_all_answered(tmp_path: Path) -> None:
    for number in range(60):
        make_event(title=f"Event {number}")
    before = others()
    environment = {
        "DATABASE_URL": address(), "TIMELINE_POOL": str(SIZE), "WEB_CONCURRENCY": str(PROCESSES),
        "TIMELINE_CACHE_FOLDER": str(tmp_path),
    }  # fmt: skip

    def ask(number: int) -> int:
        with urlopen(f"{site}/?text=event+{number}", timeout=20) as answer:  # noqa: S310
            return int(answer.status)

    with serving(SITE, **environment) as site, ThreadPoolExecutor(8) as readers:
        for _ in range(ABANDONED):
            abandon(site)
        assert set(readers.map(ask, range(40))) == {200}
        assert before < others() <= before + PROCESSES * SIZE
