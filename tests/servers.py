"""gunicorn as the site is served, in a process of its own, with a small database."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.serving import ROOT, SITE

WORKERS = 2
PATIENCE = 30  # seconds for what is waited for

FILL = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.factories import make_event
for number in range(50):
    make_event(title=f"Event {number}", kind="protest")
"""
# What systemd does with a socket unit: the socket is there already, as number 3, and outlives the server.
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def small_site(folder: Path) -> dict[str, str]:
    """Make a small database in `folder`; the environment of a server that has it."""
    told = environment(folder, f"sqlite:///{folder / 'db.sqlite3'}")
    subprocess.run([sys.executable, "-c", FILL], cwd=ROOT, env=told, check=True)
    return told


def environment(folder: Path, database: str) -> dict[str, str]:
    """Of a server with this database, whose other files are in `folder`; it lets anybody ask without end."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "timeline.settings",
        "DATABASE_URL": database,
        "TIMELINE_CACHE_FOLDER": str(folder / "cache"),
        "TIMELINE_PAGE_RATE": "off",
        "TIMELINE_API_RATE": "off",
        "TIMELINE_LOG_LEVEL": "WARNING",
        "WEB_CONCURRENCY": str(WORKERS),
    }


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
