"""gunicorn as the site is served, for what is measured and what it is compared with alike."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent
SITE = "timeline.wsgi"
BARE = "bench.bare"
BARE_VIEW = "/bare/"
FILES = "bench.files"
PATIENCE = 60


@contextmanager
def serving(application: str, **environment: str) -> Iterator[str]:
    """Serve a WSGI application with the site's own configuration and give its address, without a slash."""
    with started(application, **environment) as (address, _):
        yield address


@contextmanager
def started(application: str, **environment: str) -> Iterator[tuple[str, int]]:
    """As `serving`, and give the id of the process too whose children the workers are.

    Workers aren't renewed, so that a fast answer isn't held up by what only so many requests bring about.
    """
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("gunicorn")), "--config", "gunicorn.conf.py",
        "--bind", f"127.0.0.1:{port}", "--max-requests", "0", "--timeout", "600", application,
    ]  # fmt: skip
    # All that is asked comes from one address.
    told = {"TIMELINE_PAGE_RATE": "off", "TIMELINE_API_RATE": "off", **os.environ, **environment}
    with subprocess.Popen(command, cwd=ROOT, env=told) as process:
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"Nothing could be served on port {port}.")
