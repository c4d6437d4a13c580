"""Workers and whole servers are renewed under load, and no reader notices."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread

import pytest

from bench.serving import ROOT, SITE

pytestmark = pytest.mark.processes

WORKERS = 2
PATIENCE = 15  # seconds for what is waited for
PAGES = ("/", "/?kind=protest&group=country", "/api/v1/events/", "/healthz")
FILES = ("/events.csv", "/events.json")
# Readers that ask as fast as they are answered, and some that pause with their connection kept open. Two take
# files too: of more, some would be told to wait, restart or not.
READERS = ((PAGES + FILES, 0.0), (PAGES + FILES, 0.1), (PAGES, 0.0), (PAGES, 0.0), (PAGES, 0.0), (PAGES, 0.7))

FILL = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.factories import make_event
for number in range(50):
    make_event(title=f"Event {number}")
"""
# What systemd does with a socket unit: the socket is there already, as number 3, and outlives the server.
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a server with a small database is told."""
    folder = tmp_path_factory.mktemp("site")
    told = os.environ | {
        "DJANGO_SETTINGS_MODULE": "timeline.settings",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "TIMELINE_CACHE_FOLDER": str(folder / "cache"),
        "TIMELINE_PAGE_RATE": "off",
        "TIMELINE_API_RATE": "off",
        "TIMELINE_LOG_LEVEL": "WARNING",
        "WEB_CONCURRENCY": str(WORKERS),
    }
    subprocess.run([sys.executable, "-c", FILL], cwd=ROOT, env=told, check=True)
    return told


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as opened:
        yield opened


@contextmanager
def server(listener: socket.socket, environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """gunicorn as the site is served, on a socket that it is given."""
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    number = listener.fileno()
    command = [sys.executable, "-c", HAND_OVER, str(number), gunicorn, SITE]
    with subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[number]) as process:
        try:
            until(lambda: len(children(process.pid)) == WORKERS)
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def children(process: int) -> set[int]:
    return {int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()}


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


@dataclass
class Reader:
    """One that asks again and again over a connection that it keeps as long as it may."""

    port: int
    pages: tuple[str, ...]
    pause: float
    done: Event
    answers: int = 0
    failures: list[str] = field(default_factory=list)

    def read(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self.done.is_set():
            path = self.pages[self.answers % len(self.pages)]
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException) as problem:
                self.failures.append(f"{path} {problem!r}")
                connection.close()
            else:
                self.answers += 1
                if answer.status != 200:
                    self.failures.append(f"{path} {answer.status}")
            time.sleep(self.pause)
        connection.close()


@contextmanager
def reading(listener: socket.socket) -> Iterator[list[Reader]]:
    """Readers that ask meanwhile; all of them must have been answered, always."""
    done = Event()
    readers = [Reader(listener.getsockname()[1], pages, pause, done) for pages, pause in READERS]
    threads = [Thread(target=reader.read) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        until(lambda: all(reader.answers for reader in readers))
        yield readers
        before = [reader.answers for reader in readers]
        until(lambda: all(reader.answers > was for reader, was in zip(readers, before, strict=True)))
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert [problem for reader in readers for problem in reader.failures] == []


def test_workers_are_renewed_and_ended_without_a_failed_request(
    listener: socket.socket, environment: dict[str, str]
) -> None:
    with server(listener, environment) as process, reading(listener):
        for _ in range(3):
            old = children(process.pid)
            process.send_signal(signal.SIGHUP)
            until(lambda: len(children(process.pid)) == WORKERS and not children(process.pid) & old)  # noqa: B023
        ended = min(children(process.pid))
        os.kill(ended, signal.SIGTERM)
        until(lambda: len(children(process.pid)) == WORKERS and ended not in children(process.pid))


def test_a_server_is_replaced_by_another_on_the_same_socket(
    listener: socket.socket, environment: dict[str, str]
) -> None:
    """As `systemctl restart` does: the only way that new code takes over, and new settings."""
    with ExitStack() as servers:
        first = servers.enter_context(server(listener, environment))
        with reading(listener):
            first.terminate()
            assert first.wait(PATIENCE) == 0
            servers.enter_context(server(listener, environment))
