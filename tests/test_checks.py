"""System checks: silent on a sound machine, and each with its id and a way out on a broken one."""

import os
import secrets
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import caches
from django.core.checks import ERROR, WARNING, registry, run_checks
from pytest_django import Settings

from tests.processes import python
from timeline import checks, columns, metrics


def test_every_check_is_registered() -> None:
    assert set(checks.ALL) <= set(registry.registry.get_checks())


def test_a_sound_machine_hears_nothing(settings: Settings, tmp_path: Path) -> None:
    settings.CACHE_FOLDER = str(tmp_path)
    assert [message for message in run_checks() if str(message.id).startswith("timeline.")] == []


def test_missing_browser_library(settings: Settings, tmp_path: Path) -> None:
    settings.BROWSER_LIBRARY = tmp_path
    (message,) = checks.browser_library()
    assert message.level == WARNING
    assert message.id == "timeline.W001"
    assert "make setup" in str(message.hint)


@pytest.mark.parametrize("name", ["no_such_model", "no/such/folder", "no.such.model", "-"])
def test_missing_language_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMELINE_SPACY_MODEL", name)
    (message,) = checks.language_model()
    assert message.id == "timeline.W002"
    assert f"“{name}”" in message.msg
    assert "TIMELINE_SPACY_MODEL" in str(message.hint)


def test_a_language_model_may_be_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMELINE_SPACY_MODEL", str(tmp_path))
    assert checks.language_model() == []


def use_database(settings: Settings, name: object, engine: str = "sqlite3") -> None:
    settings.DATABASES = {"default": {"ENGINE": f"django.db.backends.{engine}", "NAME": name}}


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
class TestDatabaseFile:
    def test_no_folder(self, settings: Settings, tmp_path: Path) -> None:
        use_database(settings, tmp_path / "nowhere" / "db.sqlite3")
        (message,) = checks.database_file()
        assert message.level == ERROR
        assert message.id == "timeline.E001"
        assert "no folder" in message.msg

    @pytest.mark.parametrize("what", ["folder", "file"])
    def test_not_writable(
        self, what: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "db.sqlite3"
        path.touch()
        closed = tmp_path if what == "folder" else path
        use_database(settings, path)
        # Permissions alone wouldn't do: root may write anything.
        monkeypatch.setattr(os, "access", lambda asked, _mode: asked != closed)
        (message,) = checks.database_file()
        assert f"{closed} can't be written" in message.msg
        assert message.hint

    def test_a_new_file_in_a_good_folder(self, settings: Settings, tmp_path: Path) -> None:
        use_database(settings, tmp_path / "new.sqlite3")
        assert checks.database_file() == []

    @pytest.mark.parametrize(
        ("name", "engine"),
        [(":memory:", "sqlite3"), ("file:memorydb?mode=memory", "sqlite3"), ("timeline", "postgresql")],
    )
    def test_no_file_to_look_at(self, name: str, engine: str, settings: Settings) -> None:
        use_database(settings, name, engine)
        assert checks.database_file() == []


class TestCacheFolder:
    @pytest.fixture(autouse=True)
    def folder(self, settings: Settings, tmp_path: Path) -> Path:
        folder = tmp_path / "cache"
        settings.CACHE_FOLDER = str(folder)
        in_files = "django.core.cache.backends.filebased.FileBasedCache"
        settings.CACHES = {
            **settings.CACHES,
            **{name: {"BACKEND": in_files, "LOCATION": str(folder / name)} for name in ("looking", "asking")},
        }
        return folder

    @pytest.mark.django_db
    def test_is_made_for_nobody_else(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """By whichever of those that keep something there comes first."""
        monkeypatch.setenv(metrics.FOLDER, "")  # which the metrics change
        first: dict[str, Callable[[], Any]] = {
            "a cache": lambda: caches.create_connection("looking").set("event-1", ["marta", 1.0]),
            "the columns": lambda: columns.save(columns.current()),
            "the metrics": lambda: metrics.Server(folder / "metrics" / "1", 0).prepare(),
        }
        before = os.umask(0)
        try:
            for name, keep in first.items():
                keep()
                made = [folder, *(one for one in folder.rglob("*") if one.is_dir())]
                assert {stat.S_IMODE(one.stat().st_mode) for one in made} == {0o700}, name
                files = [one for one in folder.rglob("*") if one.is_file()]
                assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in files), name
                assert checks.cache_folder() == []
                shutil.rmtree(folder)
        finally:
            os.umask(before)

    @pytest.mark.parametrize("mode", [0o770, 0o702, 0o777, 0o1777])
    @pytest.mark.parametrize("which", ["", "looking", "asking"])
    def test_that_others_can_write(self, folder: Path, which: str, mode: int) -> None:
        (folder / which).mkdir(parents=True)
        folder.chmod(0o700)
        (folder / which).chmod(mode)
        (message,) = checks.cache_folder()
        assert (message.id, message.level) == ("timeline.W004", WARNING)
        assert f"{folder / which} can be written by other users" in message.msg
        assert f"chmod 700 {folder / which}`" in str(message.hint)

    def test_of_another_user(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir(0o700)
        monkeypatch.setattr(os, "geteuid", lambda: 4242)
        monkeypatch.setattr(Path, "stat", lambda _: SimpleNamespace(st_uid=4243, st_mode=0o700))
        messages = checks.cache_folder()
        assert len(messages) == 3
        assert f"{folder} belongs to another user" in messages[0].msg
        assert "TIMELINE_CACHE_FOLDER" in str(messages[0].hint)

    @pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
    def test_that_others_may_at_most_read(self, folder: Path, mode: int) -> None:
        assert checks.cache_folder() == []
        folder.mkdir()
        folder.chmod(mode)
        assert checks.cache_folder() == []


@pytest.mark.parametrize(
    ("https", "proxies", "warned"), [(True, 0, True), (True, 1, False), (False, 0, False), (False, 1, False)]
)
def test_proxies_that_nobody_was_told_of(
    settings: Settings, *, https: bool, proxies: int, warned: bool
) -> None:
    settings.SECURE_SSL_REDIRECT, settings.PROXIES = https, proxies
    messages = checks.proxies()
    assert [message.id for message in messages] == ["timeline.W003"] * warned
    assert all(message.hint and "TIMELINE_PROXIES" in message.hint for message in messages)


def test_production_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "TIMELINE_ALLOWED_HOSTS": "timeline.example.org",
        "TIMELINE_PROXIES": "1",
        "TIMELINE_SECRET_KEY": secrets.token_urlsafe(64),
        "TIMELINE_CACHE_FOLDER": str(tmp_path),
        "DATABASE_URL": "sqlite://:memory:",
    }
    run = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", env=environment)
    assert (run.returncode, run.stderr) == (0, "")
