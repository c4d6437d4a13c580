"""Workers and whole servers are renewed under load, and no reader notices."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread

import pytest

from tests.servers import PATIENCE, WORKERS, children, server, small_site, until

pytestmark = pytest.mark.processes

PAGES = ("/", "/?kind=protest&group=country", "/api/v1/events/", "/healthz")
FILES = ("/events.csv", "/events.json")
# Readers that ask as fast as they are answered, and some that pause with their connection kept open. Two take
# files too: of more, some would be told to wait, restart or not.
READERS = ((PAGES + FILES, 0.0), (PAGES + FILES, 0.1), (PAGES, 0.0), (PAGES, 0.0), (PAGES, 0.0), (PAGES, 0.7))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return small_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as opened:
        yield opened


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
