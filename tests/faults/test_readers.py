"""Readers while workers are killed, and while the database is started anew."""

import os
import random
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.faults.conftest import Database
from tests.readers import Reader, all_are_answered, port_of, reading
from tests.servers import FILL, WORKERS, children, environment, server, small_site, until

pytestmark = [pytest.mark.faults, pytest.mark.processes]

PAGES = ("/", "/?kind=protest&group=country", "/api/v1/events/", "/events/1/")
# Two of the readers take files too: more at once would be told to wait, whether anything is broken or not.
FILES = ("/events.csv", "/events.json", "/events/2.json")
KILLED = 5
AWAY = 1  # seconds


def test_workers_are_killed(listener: socket.socket, tmp_path: Path, chance: random.Random) -> None:
    asking = [Reader(port_of(listener), pages, keeps=False) for pages in (PAGES, PAGES + FILES) * 2]
    with server(listener, small_site(tmp_path)) as process, reading(*asking):
        assert [reader.cut for reader in asking] == [[]] * len(asking)
        for number in range(1, KILLED + 1):
            time.sleep(chance.random() / 5)
            before = children(process.pid)
            os.kill(chance.choice(sorted(before)), signal.SIGKILL)
            until(lambda: len(children(process.pid)) == WORKERS and children(process.pid) != before)  # noqa: B023
            all_are_answered(asking)
            # Only what the worker had in its hands is lost: of each reader at most one request.
            assert all(len(reader.cut) <= number for reader in asking), [reader.cut for reader in asking]
    print(f"{sum(len(reader.cut) for reader in asking)} of {sum(r.answers for r in asking)} cut")  # noqa: T201


def test_the_database_is_started_anew(listener: socket.socket, postgresql: Database, tmp_path: Path) -> None:
    assert postgresql.server
    filled = postgresql.manage("shell", "--verbosity=0", "-c", FILL)
    assert filled.returncode == 0, filled.stderr
    asking = [
        Reader(port_of(listener), pages, keeps=keeps)
        for pages in (PAGES, PAGES + FILES)
        for keeps in (True, False)
    ]
    with server(listener, environment(tmp_path, postgresql.address)), reading(*asking):
        for mode in ("fast", "immediate"):  # told so, and as by a crash
            postgresql.server.stop(mode)
            time.sleep(AWAY)
            postgresql.server.start()
            all_are_answered(asking)
    assert [problem for reader in asking for problem in reader.cut] == []
    print(f"longest {max(reader.longest for reader in asking):.2f} s")  # noqa: T201
    assert max(reader.longest for reader in asking) > AWAY
