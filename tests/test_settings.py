"""The settings file read under different environments: safe by default, and loud about bad values."""

import os
import runpy
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from timeline import settings as settings_file
from timeline.settings import secret_key

KEY = "a key from the environment"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the settings file with only the given variables set."""
    for name in os.environ:
        if name.startswith("TIMELINE_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)

    def run(**variables: str) -> dict[str, Any]:
        if "TIMELINE_ALLOWED_HOSTS" in variables:
            variables = {"TIMELINE_SECRET_KEY": KEY} | variables
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(settings_file.__file__)

    return run


class TestSecretKey:
    @pytest.fixture(autouse=True)
    def no_key_in_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TIMELINE_SECRET_KEY", raising=False)

    def test_the_first_run_makes_a_file_that_only_its_owner_can_read(self, tmp_path: Path) -> None:
        path = tmp_path / "key"
        key = secret_key(path)
        assert len(key) >= 50
        assert path.read_text() == key
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_later_runs_use_the_same_key(self, tmp_path: Path) -> None:
        assert secret_key(tmp_path / "key") == secret_key(tmp_path / "key")

    def test_two_sites_have_two_keys(self, tmp_path: Path) -> None:
        assert secret_key(tmp_path / "one") != secret_key(tmp_path / "other")

    def test_the_environment_wins_and_leaves_no_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TIMELINE_SECRET_KEY", "from the environment")
        assert secret_key(tmp_path / "key") == "from the environment"
        assert not (tmp_path / "key").exists()

    @pytest.mark.parametrize("content", ["", "\n", "short"])
    def test_a_spoilt_file_is_refused_with_a_way_out(self, content: str, tmp_path: Path) -> None:
        path = tmp_path / "key"
        path.write_text(content)
        with pytest.raises(ImproperlyConfigured, match="Delete it"):
            secret_key(path)

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ImproperlyConfigured, match="Set TIMELINE_SECRET_KEY"):
            secret_key(tmp_path / "nowhere" / "key")

    @pytest.mark.parametrize("hosts", ["timeline.example.org", "localhost,.example.org", "192.0.2.7"])
    def test_a_site_that_is_reached_from_outside_has_it_from_the_environment(
        self, hosts: str, read: Any
    ) -> None:
        with pytest.raises(ImproperlyConfigured, match="needs TIMELINE_SECRET_KEY"):
            read(TIMELINE_ALLOWED_HOSTS=hosts, TIMELINE_SECRET_KEY="")
        assert read(TIMELINE_ALLOWED_HOSTS=hosts)["SECRET_KEY"] == KEY

    def test_keys_from_before_are_good_for_reading(self, read: Any) -> None:
        assert read()["SECRET_KEY_FALLBACKS"] == []
        assert read(TIMELINE_OLD_SECRET_KEYS="one,other")["SECRET_KEY_FALLBACKS"] == ["one", "other"]  # noqa: S106


class TestHosts:
    def test_only_this_machine_by_default(self, read: Any) -> None:
        settings = read()
        assert set(settings["ALLOWED_HOSTS"]) == {"127.0.0.1", "localhost", "[::1]"}
        assert settings["DEBUG"] is False
        assert settings["SECURE_SSL_REDIRECT"] is False

    def test_a_public_name_brings_https(self, read: Any) -> None:
        settings = read(TIMELINE_ALLOWED_HOSTS="timeline.example.org,.example.com")
        assert settings["ALLOWED_HOSTS"] == ["timeline.example.org", ".example.com"]
        assert settings["SECURE_SSL_REDIRECT"] is settings["SESSION_COOKIE_SECURE"] is True
        assert settings["SECURE_HSTS_SECONDS"] > 0
        assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://timeline.example.org", "https://example.com"]

    def test_https_can_be_turned_off_where_the_network_is_closed(self, read: Any) -> None:
        settings = read(TIMELINE_ALLOWED_HOSTS="timeline.intranet", TIMELINE_HTTPS="off")
        assert settings["SECURE_SSL_REDIRECT"] is settings["CSRF_COOKIE_SECURE"] is False

    def test_any_name_is_refused(self, read: Any) -> None:
        with pytest.raises(ImproperlyConfigured, match="must name hosts"):
            read(TIMELINE_ALLOWED_HOSTS="*")


class TestCookies:
    def test_over_https_they_are_this_very_hosts(self, read: Any) -> None:
        settings = read(TIMELINE_ALLOWED_HOSTS="timeline.example.org")
        assert settings["SESSION_COOKIE_NAME"] == "__Host-sessionid"
        assert settings["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
        assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
        assert not {"SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "SESSION_COOKIE_PATH"} & set(settings)

    def test_a_browser_would_refuse_such_names_without_https(self, read: Any) -> None:
        settings = read()
        assert (settings["SESSION_COOKIE_NAME"], settings["CSRF_COOKIE_NAME"]) == ("sessionid", "csrftoken")


class TestNumbers:
    def test_as_they_are_by_default(self, read: Any) -> None:
        settings = read(TIMELINE_SESSION_HOURS="", TIMELINE_PROXIES="")
        assert (settings["SESSION_COOKIE_AGE"], settings["PROXIES"]) == (12 * 3600, 0)

    def test_as_they_are_told(self, read: Any) -> None:
        settings = read(TIMELINE_SESSION_HOURS="8", TIMELINE_PROXIES=" 2 ")
        assert (settings["SESSION_COOKIE_AGE"], settings["PROXIES"]) == (8 * 3600, 2)

    @pytest.mark.parametrize("name", ["TIMELINE_SESSION_HOURS", "TIMELINE_PROXIES"])
    @pytest.mark.parametrize("value", ["x", "-1", "1.5", "²", "9" * 30, "1e3"])
    def test_anything_else_is_refused_with_what_may_be_written(
        self, read: Any, name: str, value: str
    ) -> None:
        with pytest.raises(ImproperlyConfigured, match=rf"{name} is “.*”. Write a whole number from"):
            read(**{name: value})

    @pytest.mark.parametrize("name", ["FILES", "MEGABYTES", "ARTICLES"])
    @pytest.mark.parametrize("value", ["0", "-1", "many"])
    def test_uploads_of_nothing(self, read: Any, name: str, value: str) -> None:
        with pytest.raises(ImproperlyConfigured, match=f"TIMELINE_UPLOAD_{name} is “{value}”"):
            read(**{f"TIMELINE_UPLOAD_{name}": value})

    def test_a_session_of_no_hours(self, read: Any) -> None:
        with pytest.raises(ImproperlyConfigured, match="from 1 to"):
            read(TIMELINE_SESSION_HOURS="0")


@pytest.mark.parametrize(("name", "default"), [("API_RATE", "120/minute"), ("PAGE_RATE", "600/minute")])
class TestRate:
    def test_how_often_may_be_asked(self, read: Any, name: str, default: str) -> None:
        assert read()[name] == default
        for value in ("120/minute", "1/second", "999999/day", "5/hour", "off"):
            assert read(**{f"TIMELINE_{name}": value})[name] == value

    @pytest.mark.parametrize(
        "value", ["", "0/minute", "120", "/minute", "5/week", "1.5/day", "²/day", "-1/hour"]
    )
    def test_anything_else_is_refused_with_what_may_be_written(
        self, read: Any, name: str, default: str, value: str
    ) -> None:
        match = rf"TIMELINE_{name} is “.*”. Write a number .*: {default}"
        with pytest.raises(ImproperlyConfigured, match=match):
            read(**{f"TIMELINE_{name}": value})


class TestPublic:
    @pytest.mark.parametrize(
        ("told", "value"), [({}, "all"), ({"TIMELINE_PUBLIC": "confirmed"}, "confirmed")]
    )
    def test_what_readers_see(self, read: Any, told: dict[str, str], value: str) -> None:
        assert read(**told)["PUBLIC"] == value

    @pytest.mark.parametrize("value", ["", "none", "Confirmed", "rejected"])
    def test_anything_else_is_refused_with_what_may_be_written(self, read: Any, value: str) -> None:
        with pytest.raises(
            ImproperlyConfigured, match=r"TIMELINE_PUBLIC is “.*”. Write “all” or “confirmed”."
        ):
            read(TIMELINE_PUBLIC=value)


class TestDatabase:
    def test_sqlite_in_the_project_folder_by_default(self, read: Any) -> None:
        settings = read()
        database = settings["DATABASES"]["default"]
        assert Path(database["NAME"]) == settings["BASE_DIR"] / "db.sqlite3"
        assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
        assert database["OPTIONS"]["timeout"] >= 5

    def test_another_database_has_no_pragmas(self, read: Any) -> None:
        settings = read(DATABASE_URL="postgres://someone:secret@db.example.org/timeline")
        database = settings["DATABASES"]["default"]
        assert database["ENGINE"] == "django.db.backends.postgresql"
        assert "init_command" not in database.get("OPTIONS", {})

    def test_an_empty_address_is_none(self, read: Any) -> None:
        assert read(DATABASE_URL="")["DATABASES"] == read()["DATABASES"]

    @pytest.mark.parametrize(
        "address", ["timeline", "/srv/timeline.sqlite3", "mysql://a:hush@b/c", "postgres://a:hush@b:port/c"]
    )
    def test_an_address_that_is_none_is_refused_without_its_password(self, read: Any, address: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="Write postgres://user") as caught:
            read(DATABASE_URL=address)
        assert "hush" not in str(caught.value)

    def test_threads_keep_a_connection_each_if_there_is_no_pool(self, read: Any) -> None:
        database = read(DATABASE_URL="postgres://db.example.org/timeline", TIMELINE_POOL="0")["DATABASES"]
        assert database["default"]["CONN_MAX_AGE"] == 60
        assert "pool" not in database["default"].get("OPTIONS", {})

    def test_threads_share_the_connections_of_a_pool(self, read: Any) -> None:
        address = "postgres://db.example.org/timeline?sslmode=verify-full"
        database = read(DATABASE_URL=address, TIMELINE_POOL="5")["DATABASES"]["default"]
        assert database["CONN_MAX_AGE"] == 0
        assert database["CONN_HEALTH_CHECKS"] is True
        assert database["OPTIONS"]["pool"]["max_size"] == 5
        assert database["OPTIONS"]["sslmode"] == "verify-full"

    def test_sqlite_needs_no_pool(self, read: Any) -> None:
        assert "pool" not in read(TIMELINE_POOL="5")["DATABASES"]["default"]["OPTIONS"]

    def test_a_pool_of_no_number(self, read: Any) -> None:
        with pytest.raises(ImproperlyConfigured, match="TIMELINE_POOL is “many”"):
            read(TIMELINE_POOL="many")


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has them always on")
def test_foreign_keys_are_enforced() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys")
        assert cursor.fetchone() == (1,)


def test_scripts_and_styles_come_from_this_site_only(read: Any) -> None:
    directives = read()["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert directives["default-src"] == ["'none'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & {
        source for rule in directives.values() for source in rule
    }


def test_tasks_are_done_inside_or_by_a_worker(read: Any) -> None:
    assert read()["TIMELINE_TASKS"] == "inside"
    assert read(TIMELINE_TASKS="worker")["TIMELINE_TASKS"] == "worker"
    with pytest.raises(ImproperlyConfigured, match="must be “inside” or “worker”"):
        read(TIMELINE_TASKS="off")
