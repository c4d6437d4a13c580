"""Backup and restore: all is back, curators' work and pages alike, and nothing is lost by mistake."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from tests.factories import BODY, make_actor, make_event, make_mention, make_participation, make_source
from timeline import backups
from timeline.models import Actor, Event, Review, Source

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("/", "/events.csv", "/passages.csv", "/api/v1/events/")


@pytest.fixture
def timeline() -> None:
    """A timeline that a curator has been at."""
    User.objects.create(username="curator")
    for day in range(1, 6):
        event = make_event(date=f"2020-08-{day:02}", title=f"Rally {day}")
        make_mention(make_source(f"Rally {day} was held. {BODY}"), event)
        make_participation(event, make_actor(name=f"Actor {day}"))
    Event.objects.filter(title="Rally 3").update(review=Review.CONFIRMED)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / f"backup{backups.SUFFIXES[connection.vendor]}"


def pages() -> list[bytes]:
    caches["pages"].clear()
    answers = [Client().get(page) for page in PAGES]
    assert [answer.status_code for answer in answers] == [200] * len(PAGES)
    return [b"".join(answer) if answer.streaming else answer.content for answer in answers]


def destroy() -> None:
    Event.objects.all().delete()
    Source.objects.all().delete()
    Actor.objects.all().delete()
    User.objects.all().delete()


@pytest.mark.usefixtures("timeline")
class TestBackAndForth:
    def test_all_is_back(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before, counts = pages(), backups.counts()
        call_command("backup", file)
        assert "checked" in capsys.readouterr().out
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [one.name for one in file.parent.iterdir()] == [file.name]
        destroy()
        assert pages() != before
        call_command("restore", file)
        assert "5 events" in capsys.readouterr().out
        assert (backups.counts(), pages()) == (counts, before)
        assert Event.objects.get(title="Rally 3").review == Review.CONFIRMED
        # What is written now is noticed: the triggers are back too.
        make_event(title="Afterwards", date="2020-08-09")
        assert b"Afterwards" in pages()[0]

    def test_what_the_database_holds_is_kept_unless_told(self, file: Path) -> None:
        call_command("backup", file)
        Event.objects.filter(title="Rally 1").update(title="Changed since")
        with pytest.raises(CommandError, match=r"holds .*5 events.* add --over. Nothing has been changed"):
            call_command("restore", file)
        assert Event.objects.filter(title="Changed since").exists()
        call_command("restore", file, "--over")
        assert not Event.objects.filter(title="Changed since").exists()

    def test_another_backup_is_not_written_over(self, file: Path) -> None:
        file.write_text("precious")
        with pytest.raises(CommandError, match="there already"):
            call_command("backup", file)
        assert file.read_text() == "precious"

    def test_a_file_that_was_cut_short_changes_nothing(self, file: Path) -> None:
        call_command("backup", file)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        with pytest.raises(CommandError, match="Nothing has been changed"):
            call_command("restore", file, "--over")
        assert Event.objects.count() == 5

    @pytest.mark.parametrize("content", [b"", b"something else", None], ids=["empty", "text", "absent"])
    def test_what_is_no_backup(self, file: Path, content: bytes | None) -> None:
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(CommandError, match="Nothing has been changed"):
            call_command("restore", file, "--over")
        assert Event.objects.count() == 5

    def test_one_of_a_later_release(self, file: Path) -> None:
        recorder = MigrationRecorder(connection)
        recorder.record_applied("timeline", "9999_from_the_future")
        call_command("backup", file)
        recorder.record_unapplied("timeline", "9999_from_the_future")
        with pytest.raises(CommandError, match=r"later release.*timeline\.9999_from_the_future"):
            call_command("restore", file, "--over")
        assert Event.objects.count() == 5


@pytest.mark.skipif(connection.vendor != "sqlite", reason="pg_dump sees to it by itself")
def test_a_copy_while_somebody_writes_is_of_one_moment(tmp_path: Path) -> None:
    path, stop, begun = tmp_path / "live.sqlite3", Signal(), Signal()
    with closing(sqlite3.connect(path)) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("CREATE TABLE pair (half TEXT, filling TEXT)")
        live.executemany("INSERT INTO pair VALUES ('none', ?)", [("x" * 2000,)] * 2000)
        live.commit()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30)) as writer:
            while not stop.is_set():
                with writer:  # both halves or none
                    writer.execute("INSERT INTO pair VALUES ('left', '')")
                    writer.execute("INSERT INTO pair VALUES ('right', '')")
                begun.set()

    thread = Thread(target=write)
    thread.start()
    try:
        assert begun.wait(10)
        for number in range(5):
            copied = tmp_path / f"copy-{number}.sqlite3"
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copied)) as target:
                backups.copy(source, target)
                halves = dict(target.execute("SELECT half, count(*) FROM pair GROUP BY half"))
                assert target.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert halves["left"] == halves["right"] > 0
            assert not copied.with_name(f"{copied.name}-wal").exists()
    finally:
        stop.set()
        thread.join(10)
