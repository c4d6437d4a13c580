#!/usr/bin/env python3
"""A PostgreSQL server of our own that is gone after use.

    with postgres.server() as address:  # a DATABASE_URL
        ...

Usage: python -m scripts.postgres COMMAND [ARGUMENT...] runs a command with such a DATABASE_URL; without a
command it tells where PostgreSQL's programs are.

It needs the system's programs, on Debian the package “postgresql”; a server that runs already is left alone.
Reading is configured as it comes; only the safety of writes is off, which what is thrown away can do without.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER = "bench"
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB")
ABSENT = "PostgreSQL's programs are not here: scripts/install_postgres puts them there"


def programs() -> Path | None:
    """The folder of initdb and its like, of the newest version that is installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(installed, key=lambda path: float(path.parent.name), default=None)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs: its DATABASE_URL, and what stops and starts it."""

    address: str
    run: Callable[..., None]

    def stop(self, mode: str = "fast") -> None:
        """Connections are cut: told so in the mode “fast”, as by a crash in the mode “immediate”."""
        self.run("pg_ctl", "stop", f"--mode={mode}")

    def start(self) -> None:
        self.run("pg_ctl", "start", "--wait", "--silent")


@contextmanager
def server() -> Iterator[str]:
    """Start a new, empty server on the loopback and give its DATABASE_URL; stop and remove it afterwards."""
    with breakable(UNSAFE) as started:
        yield started.address


@contextmanager
def breakable(settings: Sequence[str] = ()) -> Iterator[Server]:
    """As `server`, to be stopped and started in between; writes are safe unless `settings` say otherwise."""
    bin_ = programs()
    if not bin_:
        raise SystemExit(ABSENT)
    port, password = free_port(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder, data, as_user = Path(name), Path(name) / "data", _user()
        told = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={name}", *settings]
        options = " ".join(f"-c {one}" for one in told)
        secret = folder / "password"
        secret.write_text(password)
        for path in (folder, secret):
            if as_user:
                shutil.chown(path, as_user["user"], as_user["group"])

        def run(program: str, *arguments: str) -> None:
            if program == "pg_ctl" and "start" in arguments:
                arguments = (*arguments, f"--log={folder / 'log'}", "--options", options)
            command = [str(bin_ / program), "--pgdata", str(data), *arguments]
            done = subprocess.run(
                command,
                cwd=name,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                **as_user,
            )
            if done.returncode:
                raise SystemExit(f"{program} failed: {done.stderr.strip()}")

        run(
            "initdb", f"--username={USER}", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        started = Server(f"postgres://{USER}:{password}@127.0.0.1:{port}/postgres", run)
        started.start()
        try:
            yield started
        finally:
            started.stop("immediate")


def _user() -> dict[str, Any]:
    """Whom to run it as: PostgreSQL refuses root, whose place its own user or nobody takes."""
    if os.geteuid():
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def main(command: list[str]) -> int:
    if not command:
        print(programs() or sys.exit(ABSENT))
        return 0
    with server() as address:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": address}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
