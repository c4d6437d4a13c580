"""/healthz and /readyz: right where something is wrong, and never in the way of it."""

from pathlib import Path
from threading import Event as Signal

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings

from timeline import probes

PUBLIC = {"ALLOWED_HOSTS": ["timeline.example.org"], "SECURE_SSL_REDIRECT": True}


@pytest.fixture
def collected(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    """A folder of static files that have been collected."""
    settings.STATIC_ROOT = str(tmp_path)  # type: ignore[attr-defined]
    manifest = tmp_path / "staticfiles.json"
    manifest.write_text("{}")
    return manifest


class TestLive:
    def test_by_plain_http_and_any_host(self) -> None:
        with override_settings(**PUBLIC):
            answer = Client().get("/healthz", headers={"host": "10.0.0.7:8000"})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "problems": []})
        assert answer["Cache-Control"] == "no-store"
        assert not answer.cookies

    def test_other_pages_still_look_at_the_host(self) -> None:
        with override_settings(**PUBLIC):
            assert Client().get("/", headers={"host": "10.0.0.7:8000"}).status_code == 400

    def test_asks_no_database(self) -> None:
        # The test has no mark for one: asking would be refused.
        assert Client().get("/healthz").status_code == 200

    @pytest.mark.parametrize("address", ["/healthz", "/readyz"])
    def test_is_only_read(self, address: str) -> None:
        assert Client().post(address).status_code == 405


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("collected")
class TestReady:
    def test_all_well(self) -> None:
        answer = Client().get("/readyz", headers={"host": "10.0.0.7"})
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        assert answer["Cache-Control"] == "no-store"

    def test_a_migration_is_missing(self) -> None:
        app, name = next(one for one in probes._latest() if one.app == "timeline")
        recorder = MigrationRecorder(connection)
        recorder.record_unapplied(app, name)
        try:
            answer = Client().get("/readyz")
        finally:
            recorder.record_applied(app, name)
        assert answer.status_code == 503
        assert answer.json()["problems"] == [
            {"what": f"Migrations are missing: timeline.{name}.", "mend": "Run `manage.py migrate`."}
        ]

    def test_static_files_are_missing(self, collected: Path) -> None:
        collected.unlink()
        answer = Client().get("/readyz")
        assert answer.status_code == 503
        assert "collectstatic" in answer.json()["problems"][0]["mend"]

    def test_the_database_fails_and_its_address_is_not_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise DatabaseError("connection to postgres://timeline:secret@db.internal failed")

        monkeypatch.setattr(probes, "unapplied", fail)
        answer = Client().get("/readyz")
        assert answer.status_code == 503
        assert "can’t be used" in answer.json()["problems"][0]["what"]
        assert "secret" not in answer.content.decode()
        assert "db.internal" not in answer.content.decode()

    def test_a_database_that_hangs_holds_no_probe_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        done = Signal()
        monkeypatch.setattr(probes, "PATIENCE", 0.1)
        monkeypatch.setattr(probes, "unapplied", lambda: done.wait(10))
        try:
            answers = [Client().get("/readyz") for _ in range(3)]
        finally:
            done.set()
        assert [answer.status_code for answer in answers] == [503] * 3
        assert "not answered within" in answers[0].json()["problems"][0]["what"]
        assert len([one for one in probes._asking._threads if one.is_alive()]) == 1
