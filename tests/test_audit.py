"""`make audit`: holes fail it, and where nobody can be asked it says so and fails nothing."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from scripts import audit, postgres
from tests.processes import python

pytestmark = pytest.mark.processes
OF_DJANGO = {
    "vulns": [
        {
            "id": "GHSA-made-upxx-0001",
            "aliases": ["CVE-2000-0001"],
            "summary": "Made up",
            "affected": [
                {
                    "package": {"name": "django", "ecosystem": "PyPI"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
                }
            ],
        }
    ]
}
OF_PLOTLY = {
    "plotly.js-basic-dist-min": [
        {
            "id": 1,
            "url": "https://advisories.example/GHSA-made-upxx-0002",
            "title": "Made up too",
            "severity": "low",
            "vulnerable_versions": "<99.0.0",
            "cwe": [],
            "cvss": {"score": 0, "vectorString": None},
        }
    ]
}


@contextmanager
def service(kind: str) -> Iterator[str]:
    """Who knows of holes, of both sorts of packages, on this machine; its address."""
    end = Event()

    class Answer(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Nothing."""

        def do_GET(self) -> None:
            self.tell(404, {})

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            if kind == "silent":
                end.wait(30)
            elif kind == "broken":
                self.tell(500, {})
            elif kind == "holes" and self.path == "/osv":
                self.tell(200, OF_DJANGO if json.loads(asked)["package"]["name"] == "django" else {})
            else:
                self.tell(200, OF_PLOTLY if kind == "holes" else {})

        def tell(self, status: int, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            end.set()
            server.shutdown()
            thread.join()


def audited(address: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PIP_AUDIT_OSV_URL": f"{address}/osv",
        "npm_config_registry": f"{address}/",
    }
    return python("-m", "scripts.audit", env=environment, seconds=60)


def test_no_holes(tmp_path: Path) -> None:
    with service("none") as address:
        done = audited(address, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Python’s packages have no known holes.",
        "npm’s packages have no known holes.",
    ]


def test_holes(tmp_path: Path) -> None:
    with service("holes") as address:
        done = audited(address, tmp_path)
    assert done.returncode == 1
    assert re.search(r"  django 5\.[\d.]+: CVE-2000-0001, GHSA-made-upxx-0001, mended in 99\.0", done.stderr)
    assert "  plotly.js-basic-dist-min <99.0.0: GHSA-made-upxx-0002, Made up too" in done.stderr
    assert "make lock UPGRADE=1" in done.stderr


@pytest.mark.parametrize("kind", ["silent", "broken", "nobody"])
def test_nobody_can_be_asked(tmp_path: Path, kind: str) -> None:
    begun = time.monotonic()
    if kind == "nobody":
        done = audited(f"http://127.0.0.1:{postgres.free_port()}", tmp_path)
    else:
        with service(kind) as address:
            done = audited(address, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("NOTHING WAS AUDITED") == 2
    assert "no known holes" not in done.stdout
    assert time.monotonic() - begun < 30  # some ten, and this machine may have more to do


def verdict(**fields: Any) -> audit.Verdict:
    hole = audit.Hole("example 1.0", frozenset({"GHSA-1", "CVE-1"}), "mended in 1.1")
    return audit.Verdict("Packages", **{"holes": [hole], **fields})


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", 1),
        ("# CVE-1 is a comment", 1),
        ("CVE-1  Nobody gets at it.", 0),
        ("GHSA-2 Another.\nGHSA-1 This.", 0),
    ],
    ids=["none", "comment", "by one name", "by the other"],
)
def test_a_hole_that_was_accepted(
    written: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "ACCEPTED", tmp_path / "accepted")
    audit.ACCEPTED.write_text(written)
    assert audit.main((verdict,)) == code


def test_a_hole_in_one_half_counts_also_where_the_other_was_not_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert audit.main((lambda: verdict(holes=[], unasked="It is away."), verdict)) == 1
    told = capsys.readouterr().err
    assert "NOTHING WAS AUDITED of Packages. It is away." in told
    assert "example 1.0: CVE-1, GHSA-1, mended in 1.1" in told


def test_a_lock_that_cannot_be_read_is_no_fault_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text("django>=5\n")
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="pip-audit failed"):
        audit.of_python()
