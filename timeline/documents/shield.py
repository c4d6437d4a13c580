"""A process of its own for the reading of files that nobody vouches for, held to time and memory.

Libraries that read PDF, HTML or packed XML can be made to run for ever, to take all memory or to crash, by a
file made for it or by one that is merely broken. Here that costs the file and nothing else: the process is
ended, and the next file gets a new one. Between well-behaved files it is kept, because it takes half a
second to begin.
"""

import logging
import multiprocessing
import os
import pickle
import resource
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Lock, Thread
from typing import Any, TypeVar

from timeline.documents.document import Unreadable

SECONDS = 60  # a file; a PDF of 300 pages takes about 15
MEMORY = 1_500_000_000  # bytes of addresses, of which the libraries themselves take some 300 MB
FILES = 1000  # after which a process is renewed: what libraries leave behind adds up
GRACE = 30  # seconds more of computing, for a process that nobody waits for any longer
MEND = "Save its text as .txt, or split it."

T = TypeVar("T")


class _OutOfMemory:
    """The answer of a process whose memory was too short."""


class Shield:
    """Calls functions in another process, one at a time; the process begins with the first call."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY, files: int = FILES) -> None:
        self.seconds, self.memory, self.files = seconds, memory, files
        self._lock = Lock()
        self._process: SpawnProcess | None = None
        self._channel: Connection | None = None
        self._calls = 0
        # A fork has no part in its parent's processes.
        os.register_at_fork(after_in_child=self._forget)

    def call(self, function: Callable[..., T], *arguments: object) -> T:
        """What the function returns; raises Unreadable where it exceeds a limit or its process crashes.

        The function must be importable by its name; what it raises counts as a crash.
        """
        with self._lock:
            if self._calls >= self.files:
                self.end()
            self._calls += 1
            try:
                answer = self._ask(function, arguments)
            except BaseException:
                self.end()
                raise
            if isinstance(answer, _OutOfMemory):
                self.end()
                raise self._took_too_much()
            return answer  # type: ignore[no-any-return]

    def _ask(self, function: Callable[..., object], arguments: tuple[object, ...]) -> Any:
        try:
            channel = self._channel or self._begin()
            channel.send((function, arguments))
            if not channel.poll(self.seconds):
                raise self._took_too_long()
            return channel.recv()
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise self._died() from error

    def _begin(self) -> Connection:
        # Spawned: a fork of a process with threads may never move, and would share its database connection.
        context = multiprocessing.get_context("spawn")
        self._channel, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self.seconds, self.memory), daemon=True, name="reader of documents"
        )
        self._process.start()
        theirs.close()
        self._channel.recv()  # it is ready: the time that it takes to begin is no file's
        return self._channel

    def end(self) -> None:
        """End the process, if there is one; the next call begins another."""
        if self._process:
            self._process.kill()
            self._process.join()
        if self._channel:
            self._channel.close()
        self._forget()

    def _forget(self) -> None:
        self._process = self._channel = None
        self._calls = 0

    def _died(self) -> Unreadable:
        """Why the process is gone."""
        code = 0
        if self._process:
            self._process.join(GRACE)
            code = -(self._process.exitcode or 0)
        if code == signal.SIGXCPU:
            return self._took_too_long()
        if code == signal.SIGKILL:
            return Unreadable("The system ended its reader, perhaps for want of memory.", MEND)
        with suppress(ValueError):
            return Unreadable(f"Its reader crashed ({signal.Signals(code).name}).", MEND)
        return Unreadable("Its reader crashed.", MEND)

    def _took_too_long(self) -> Unreadable:
        return Unreadable(f"It took longer than {self.seconds:g} seconds to read.", MEND)

    def _took_too_much(self) -> Unreadable:
        return Unreadable(f"It took more than {self.memory / 1e9:g} GB of memory to read.", MEND)


def _serve(channel: Connection, seconds: float, memory: int) -> None:
    """Answer calls until the other end is closed."""
    _settle_in(memory)
    channel.send(True)  # noqa: FBT003
    while True:
        try:
            function, arguments = channel.recv()
        except EOFError:
            return
        _allow(seconds + GRACE)
        answer: object = _OutOfMemory()
        with suppress(MemoryError):
            answer = function(*arguments)
        channel.send(answer)


def _settle_in(memory: int) -> None:
    # Ctrl-C reaches every process at the terminal; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_the_parent, daemon=True).start()
    # What is wrong with a file is in the answer, with the file's name and the mend.
    logging.disable()
    warnings.simplefilter("ignore")
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory)


def _leave_with_the_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _allow(seconds: float) -> None:
    """Allow so many more seconds of computing."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 1)


def _limit(what: int, most: int) -> None:
    """Set a limit, which can be raised again, where the system has it."""
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (most, resource.getrlimit(what)[1]))
