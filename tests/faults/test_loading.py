"""Whatever breaks a load, the rows that it ends in are those of one that nothing disturbed."""

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import ARTICLES, Database, copied, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.processes]
Rows = list[tuple[Any, ...]]

NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT count(*) FROM timeline_source) > 15 THEN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
  END IF; RETURN NEW;
END $$;
CREATE TRIGGER no_room BEFORE INSERT ON timeline_mention FOR EACH ROW EXECUTE FUNCTION no_room();
"""


def test_killed_at_random_moments(
    database: Database, folder: Path, expected: Rows, chance: random.Random
) -> None:
    for _ in range(3):
        stored = database.count("source")
        with database.loading(folder) as loader:
            wait_for(lambda: database.count("source") > stored or loader.poll() is not None)  # noqa: B023
            time.sleep(chance.random() / 10)
            loader.send_signal(signal.SIGKILL)
    done = database.load(folder)
    assert done.returncode == 0, done.stderr
    assert database.rows() == expected


def test_two_loaders_at_once(database: Database, folder: Path, expected: Rows) -> None:
    with database.loading(folder) as one, database.loading(folder) as other:
        told = [loader.communicate(timeout=90) for loader in (one, other)]
    assert [one.returncode, other.returncode] == [0, 0], told
    assert database.rows() == expected
    assert (
        database.count("event") == database.ask("SELECT count(DISTINCT event_id) FROM timeline_mention")[0][0]
    )


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_the_server_is_started_anew(postgresql: Database, folder: Path, expected: Rows, mode: str) -> None:
    server = postgresql.server
    assert server
    with postgresql.loading(folder) as loader:
        wait_for(lambda: postgresql.count("source") > 3)
        server.stop(mode)
        server.start()
        _, told = loader.communicate(timeout=90)
    assert loader.returncode == 0, told
    assert "once more" in told
    assert postgresql.rows() == expected


def test_a_server_that_stays_away(postgresql: Database, folder: Path, expected: Rows) -> None:
    server = postgresql.server
    assert server
    server.stop()
    try:
        done = postgresql.load(folder, PATIENCE="1")
    finally:
        server.start()
    assert done.returncode == 1
    assert "See to it that the database server runs and can be reached." in done.stderr
    assert "Traceback" not in done.stderr
    assert postgresql.load(folder).returncode == 0
    assert postgresql.rows() == expected


def test_no_room_is_left(database: Database, folder: Path, expected: Rows) -> None:
    if database.file:
        size = database.ask("PRAGMA page_count")[0][0]
        done = database.load(folder, PAGES=str(size + 7))
    else:
        database.ask(NO_ROOM)
        done = database.load(folder)
    assert done.returncode == 1
    assert "Make room where the database is. Then run the same command again." in done.stderr
    assert "Traceback" not in done.stderr
    assert 0 < database.count("source") < ARTICLES
    # Nothing is half there: every article has its passages.
    assert database.ask(
        "SELECT count(*) FROM timeline_source WHERE id NOT IN (SELECT source_id FROM timeline_mention)"
    ) == [(0,)]
    if database.server:
        database.ask("DROP TRIGGER no_room ON timeline_mention")
    assert database.load(folder).returncode == 0
    assert database.rows() == expected


def test_the_power_is_cut(
    sqlite: Database, folder: Path, expected: Rows, chance: random.Random, tmp_path: Path
) -> None:
    """The files as they lie on the disk at some moment, with the end of the log not written yet."""
    assert sqlite.file
    before, log = sqlite.file.read_bytes(), Path(f"{sqlite.file}-wal")
    at_the_moment = tmp_path / "moment"
    at_the_moment.mkdir()
    with sqlite.loading(folder) as loader:
        wait_for(lambda: sqlite.count("source") > 12)
        os.kill(loader.pid, signal.SIGSTOP)
        left = copied(sqlite, at_the_moment)
        shutil.copy(log, at_the_moment / "db.sqlite3-wal")
    assert left.file
    # Before the first checkpoint nothing of the log has had to be on the disk.
    assert left.file.read_bytes() == before
    whole = (at_the_moment / "db.sqlite3-wal").read_bytes()
    names = [path.name for path in sorted(folder.iterdir())]
    found = set()
    for number in range(8):
        cut = tmp_path / f"cut-{number}"
        cut.mkdir()
        after = copied(left, cut)
        (cut / "db.sqlite3-wal").write_bytes(whole[: chance.randrange(len(whole))])
        assert after.ask("PRAGMA integrity_check") == [("ok",)]
        stored = sorted(Path(path).name for (path,) in after.ask("SELECT path FROM timeline_source"))
        assert stored == names[: len(stored)]
        found.add(len(stored))
    assert len(found) > 2
    assert after.load(folder).returncode == 0
    assert after.rows() == expected
