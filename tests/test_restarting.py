"""Workers and whole servers are renewed under load, and no reader notices."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.readers import Reader, port_of, reading
from tests.servers import PATIENCE, WORKERS, children, server, until

pytestmark = pytest.mark.processes

PAGES = ("/", "/?kind=protest&group=country", "/api/v1/events/", "/healthz")
FILES = ("/events.csv", "/events.json")
# Readers that ask as fast as they are answered, and some that pause with their connection kept open. Two take
# files too: of more, some would be told to wait, restart or not.
READERS = ((PAGES + FILES, 0.0), (PAGES + FILES, 0.1), (PAGES, 0.0), (PAGES, 0.0), (PAGES, 0.0), (PAGES, 0.7))


@contextmanager
def readers(listener: socket.socket) -> Iterator[None]:
    """Readers that ask meanwhile; all of them must have been answered, always."""
    with reading(*(Reader(port_of(listener), pages, pause) for pages, pause in READERS)) as asking:
        yield
    assert [problem for reader in asking for problem in reader.cut] == []


def test_workers_are_renewed_and_ended_without_a_failed_request(
    listener: socket.socket, site_environment: dict[str, str]
) -> None:
    with server(listener, site_environment) as process, readers(listener):
        for _ in range(3):
            old = children(process.pid)
            process.send_signal(signal.SIGHUP)
            until(lambda: len(children(process.pid)) == WORKERS and not children(process.pid) & old)  # noqa: B023
        ended = min(children(process.pid))
        os.kill(ended, signal.SIGTERM)
        until(lambda: len(children(process.pid)) == WORKERS and ended not in children(process.pid))


def test_a_server_is_replaced_by_another_on_the_same_socket(
    listener: socket.socket, site_environment: dict[str, str]
) -> None:
    """As `systemctl restart` does: the only way that new code takes over, and new settings."""
    with ExitStack() as servers:
        first = servers.enter_context(server(listener, site_environment))
        with readers(listener):
            first.terminate()
            assert first.wait(PATIENCE) == 0
            servers.enter_context(server(listener, site_environment))
