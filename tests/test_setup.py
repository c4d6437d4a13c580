"""The Makefile and what it calls. A whole set-up takes too long here; these are its parts."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
# Written in two parts, so that this file doesn't hold what it looks for.
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "--index" + "-url", "/simple" + "/")


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


class TestHelp:
    def test_help_is_the_default(self) -> None:
        assert run("make").stdout == run("make", "help").stdout

    def test_help_lists_every_target_that_people_call(self) -> None:
        listed = re.findall(r"^  (\S+) +\S", run("make", "help").stdout, re.MULTILINE)
        daily = "help setup run demo backup restore test lint format lock"
        measuring = "eval bench bench-page bench-load bench-review bench-export fuzz"
        pictures = "screenshot screenshots-curating"
        assert set(f"{daily} {measuring} {pictures}".split()) == set(listed)


class TestPort:
    @pytest.mark.parametrize("port", ["", "abc", "0", "-1", "65536", "8000;true", "8 0", "８０００", "1e3"])
    def test_not_a_port(self, port: str) -> None:
        done = run(sys.executable, "scripts/check_port.py", port)
        assert done.returncode == 1
        assert done.stderr.startswith(f"PORT must be a number from 1 to 65535, not “{port}”.")

    def test_taken(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = listener.getsockname()[1]
            done = run(sys.executable, "scripts/check_port.py", str(port))
        assert done.returncode == 1
        assert f"Port {port} can't be used" in done.stderr
        assert "make run PORT=8123" in done.stderr

    def test_free(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        done = run(sys.executable, "scripts/check_port.py", str(port))
        assert (done.returncode, done.stderr) == (0, "")

    def test_make_passes_it_on_before_anything_else_is_done(self) -> None:
        plan = run("make", "--dry-run", "--always-make", "run", "PORT=8123").stdout
        assert 'check_port.py "8123"' in plan
        assert '--bind "127.0.0.1:8123"' in plan
        assert plan.index("check_port.py") < plan.index("requirements/base.txt")


def test_an_old_python_is_named_with_a_way_out(tmp_path: Path) -> None:
    old = tmp_path / "oldpython"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = run("make", f"VENV={tmp_path / 'venv'}", f"PYTHON={old}", f"{tmp_path / 'venv'}/bin/python")
    assert done.returncode == 2
    assert "needs Python 3.11 or newer" in done.stderr


def test_checks_keep_away_from_the_database_of_the_site() -> None:
    plan = run("make", "--dry-run", "test").stdout
    for line in plan.replace("\\\n", " ").splitlines():
        if re.search(r"manage\.py (makemigrations|check)|pytest|mypy", line):
            assert "DATABASE_URL=sqlite://:memory:" in line or "-m scripts.postgres " in line
    assert "manage.py migrate" not in plan


def test_every_check_is_part_of_make_test() -> None:
    plan = run("make", "--dry-run", "--always-make", "test").stdout
    checks = (
        "ruff check", "ruff format --check", "mypy", "lint-imports", "makemigrations --check",
        "check --deploy --fail-level WARNING", "worksteal --cov", "scripts.postgres .venv/bin/python -m py",
    )  # fmt: skip
    places = [plan.index(check) for check in checks]
    assert places == sorted(places)
    assert "pytest-randomly" in (ROOT / "requirements/dev.in").read_text()


def test_continuous_integration_runs_make_test() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text()
    assert "make test" in script.read_text()


class TestLocks:
    @pytest.mark.parametrize("name", ["base", "dev", "dask", "fuzz", "node"])
    def test_every_package_is_pinned_with_its_hash(self, name: str) -> None:
        lock = (ROOT / f"requirements/{name}.txt").read_text()
        packages = re.findall(r"^[A-Za-z0-9].*?(?=^[A-Za-z0-9]|\Z)", lock, re.MULTILINE | re.DOTALL)
        assert packages
        assert [one for one in packages if "==" not in one or "--hash=sha256:" not in one] == []

    @pytest.mark.parametrize("name", ["base", "dev", "dask", "fuzz", "node"])
    def test_what_is_asked_for_is_locked(self, name: str) -> None:
        asked = re.findall(
            r"^[A-Za-z0-9][A-Za-z0-9.-]*", (ROOT / f"requirements/{name}.in").read_text(), re.MULTILINE
        )
        lock = (ROOT / f"requirements/{name}.txt").read_text().lower()
        assert [one for one in asked if not re.search(rf"^{one.lower()}[\[=]", lock, re.MULTILINE)] == []

    @pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git which files are the project's")
    def test_no_registry_is_named(self) -> None:
        files = run("git", "ls-files", "-z").stdout.split("\0")
        assert files
        naming = [
            (name, registry)
            for name in files
            if (ROOT / name).is_file() and not name.startswith(("seeds/", "docs/images/"))
            for registry in REGISTRIES
            if registry in (ROOT / name).read_text(errors="replace")
        ]
        assert naming == []


def test_the_web_process_never_loads_the_parser() -> None:
    program = (
        "import sys; from timeline.wsgi import application; from django.urls import get_resolver; "
        "get_resolver().url_patterns; from django.contrib import admin; admin.autodiscover(); "
        "print(sorted(name for name in ('spacy', 'thinc', 'tqdm') if name in sys.modules))"
    )
    done = run(sys.executable, "-c", program, DATABASE_URL="sqlite://:memory:")
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


class TestServer:
    def test_the_configuration_is_taken(self) -> None:
        gunicorn = Path(sys.executable).with_name("gunicorn")
        done = run(
            gunicorn, "--check-config", "--print-config", "timeline.wsgi", DATABASE_URL="sqlite://:memory:"
        )
        assert done.returncode == 0, done.stderr
        values = dict(re.findall(r"^(\w+) +=\s+(.*)$", done.stdout, re.MULTILINE))
        assert values["bind"] == "['127.0.0.1:8000']"
        assert values["worker_class"] == "gthread"
        assert 2 <= int(values["workers"]) <= 8

    def test_the_number_of_workers_can_be_set(self) -> None:
        gunicorn = Path(sys.executable).with_name("gunicorn")
        done = run(gunicorn, "--print-config", "timeline.wsgi", WEB_CONCURRENCY="3")
        assert re.search(r"^workers +=\s+3$", done.stdout, re.MULTILINE)
