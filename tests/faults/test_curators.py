"""A load and curators at once: what a curator was told is stored is stored, and stays so."""

import json
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread

import pytest

from tests.faults.conftest import DAYS, Database, write_articles
from tests.faults.curators import ACCOUNTS, PASSWORD, Curator, Sent
from tests.servers import environment, server

pytestmark = [pytest.mark.faults, pytest.mark.processes]

NAMES = ("ada", "oskar")
BEFORE, MEANWHILE = 24, 24  # articles
LONGEST = 10  # seconds that a curator waits for a save while a load writes


@contextmanager
def curating(site: str, events: list[int], chance: random.Random) -> Iterator[list[Curator]]:
    """Curators at work meanwhile, both at the same events: some they correct, the others they merge."""
    done = Event()
    half = len(events) // 2
    curators = [
        Curator(site, name, events[:half], events[half:], random.Random(chance.random())) for name in NAMES
    ]
    for curator in curators:
        curator.log_in()
    threads = [Thread(target=curator.work, args=[done]) for curator in curators]
    for thread in threads:
        thread.start()
    try:
        yield curators
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_load_while_curators_edit(database: Database, tmp_path: Path, chance: random.Random) -> None:
    folder = tmp_path / "articles"
    write_articles(folder, BEFORE)
    assert database.load(folder).returncode == 0
    accounts = ACCOUNTS.format(names=NAMES, password=PASSWORD)
    assert database.manage("shell", "--verbosity=0", "-c", accounts).returncode == 0
    events = [key for (key,) in database.ask("SELECT id FROM timeline_event ORDER BY id")]
    assert len(events) == DAYS
    # All articles have moved passages now, and as many are new.
    write_articles(folder, BEFORE + MEANWHILE, "It rained.")
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        site = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            server(listener, environment(tmp_path, database.address)),
            curating(site, events, chance) as curators,
            database.loading(folder) as loader,
        ):
            _, told = loader.communicate(timeout=120)
    assert loader.returncode == 0, told
    assert [problem for curator in curators for problem in curator.failures] == []
    sent = [one for curator in curators for one in curator.sent]
    waits = [one.seconds for one in sent]
    taken = {one.reason: one for one in sent if one.taken}
    print(f"{len(taken)} of {len(sent)} taken; p50 {median(waits):.2f} s, longest {max(waits):.2f} s")  # noqa: T201
    assert len(taken) > len(sent) / 2
    assert max(waits) < LONGEST
    assert_kept(database, taken)
    passages = 2 * (BEFORE + MEANWHILE)
    # Every passage of the load is there, once, and none without its event.
    assert database.ask(
        "SELECT count(*), count(DISTINCT (s.path || m.start)) FROM timeline_mention m "
        "JOIN timeline_source s ON s.id = m.source_id "
        "WHERE m.standing = 'current' AND s.replaced_by_id IS NULL"
    ) == [(passages, passages)]


def assert_kept(database: Database, taken: dict[str, Sent]) -> None:
    """Each decision that was taken is in the history once, the others not; the last stand, and are locked."""
    decided = database.ask("SELECT reason FROM timeline_decision WHERE by_id IS NOT NULL ORDER BY id")
    order = [reason for (reason,) in decided]
    assert sorted(order) == sorted(taken)
    last: dict[tuple[int, str], str] = {}
    for reason in order:
        last |= {(taken[reason].event, name): value for name, value in taken[reason].values.items()}
    for (event, name), value in last.items():
        ((stored, locked),) = database.ask(
            f"SELECT {name}, locked_fields FROM timeline_event WHERE id = {event}"
        )
        assert str(stored or "") == value, (event, name)
        if name != "merged_into_id":
            assert name in (json.loads(locked) if isinstance(locked, str) else locked)
