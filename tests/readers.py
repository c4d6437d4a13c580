"""Readers that ask a server again and again, and what they were answered."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread

from tests.servers import PATIENCE, until


@dataclass
class Reader:
    """One that asks for these pages in turn, over a connection that it keeps as long as it may, or never."""

    port: int
    pages: Sequence[str]
    pause: float = 0.0
    keeps: bool = True
    answers: int = 0
    longest: float = 0.0  # seconds
    failures: list[str] = field(default_factory=list)  # answers that are none
    cut: list[str] = field(default_factory=list)  # connections that broke off

    def read(self, done: Event) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {} if self.keeps else {"Connection": "close"}
        while not done.is_set():
            path = self.pages[self.answers % len(self.pages)]
            begun = time.monotonic()
            try:
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException) as problem:
                self.cut.append(f"{path} {problem!r}")
                connection.close()
            else:
                self.answers += 1
                self.longest = max(self.longest, time.monotonic() - begun)
                if answer.status != 200:
                    self.failures.append(f"{path} {answer.status}")
            time.sleep(self.pause)
        connection.close()


@contextmanager
def reading(*readers: Reader) -> Iterator[Sequence[Reader]]:
    """They ask meanwhile; each is answered before and after, and always with what it asked for."""
    done = Event()
    threads = [Thread(target=reader.read, args=[done]) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        until(lambda: all(reader.answers for reader in readers))
        yield readers
        all_are_answered(readers)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    failures = [problem for reader in readers for problem in reader.failures]
    assert not failures, failures


def all_are_answered(readers: Sequence[Reader]) -> None:
    """Once more, from now on."""
    before = [reader.answers for reader in readers]
    # One more than the answer that may have been on its way.
    until(lambda: all(reader.answers > was + 1 for reader, was in zip(readers, before, strict=True)))


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
