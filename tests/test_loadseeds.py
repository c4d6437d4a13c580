"""The command: its arguments, what it prints, its exit codes, and that it can be killed."""

import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.processes import python
from tests.test_loading import dump
from timeline import loading
from timeline.models import Event, Mention, Source

ARTICLE = """date 2021-09-28 Zambia’s president sets a date for the referendum

President Ada Mwale said on Tuesday that a referendum on the draft will be held on 12 December 2021.

Police detained at least 40 people at a protest in Lusaka on Sunday.
The presidential election of August 2021 was rigged, the opposition says.
"""

SUBMIT = ProcessPoolExecutor.submit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(ARTICLE)
    return tmp_path


def run(*args: object, **options: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("loadseeds", *map(str, args), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_it_loads_and_says_what_it_did(folder):
    out, err = run(folder)
    assert "1 document: 1 new, 0 changed, 0 unchanged, 0 failed." in out
    assert f"{Event.objects.count()} events created" in out
    assert "a second" in out
    assert err == ""
    out, _ = run(folder)
    assert "1 document: 0 new, 0 changed, 1 unchanged, 0 failed." in out


@pytest.mark.django_db
def test_the_seeds_are_what_it_loads_by_default():
    run()
    assert Source.objects.get().path.startswith("seeds/")


@pytest.mark.django_db
def test_every_passage_is_its_place_in_the_text(folder):
    run(folder, settings.BASE_DIR / "seeds")
    assert Mention.objects.count() > 10
    for mention in Mention.objects.select_related("source"):
        assert mention.source.text[mention.start : mention.end] == mention.quote
        for start, end in mention.spans.values():
            assert 0 <= start < end <= len(mention.source.text)


@pytest.mark.django_db
def test_bad_documents_are_named_the_others_loaded_and_the_exit_code_is_1(folder):
    (folder / "b.txt").write_text("No date here.")
    (folder / "c.txt").write_bytes(b"\xff\x00\xff")
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="2 documents could not be read") as failure:
        call_command("loadseeds", str(folder), stdout=out, stderr=err)
    assert failure.value.returncode == 1
    assert "b.txt: It has no date." in err.getvalue()
    assert "c.txt: It is not UTF-8 text" in err.getvalue()
    assert "1 new, 0 changed, 0 unchanged, 2 failed" in out.getvalue()
    assert Source.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--json"], "--dry-run"),
        (["--workers", "0"], "workers"),
        (["--workers", "many"], "workers"),
        (["--published", "yesterday"], "published"),
        (["--published", "2021-02-30"], "published"),
        ([""], "the path is empty"),
        (["nothing-here.txt"], "1 document could not be read"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(CommandError, match=message):
        run(*arguments)


@pytest.mark.django_db
def test_published_dates_the_undated(folder):
    (folder / "b.txt").write_text("Talks were held\n\nNothing came of them.")
    run(folder, "--published", "2020-01-02")
    assert str(Source.objects.get(path__endswith="b.txt").published) == "2020-01-02"


@pytest.mark.django_db
def test_a_dry_run_stores_nothing(folder):
    out, _ = run(folder, "--dry-run")
    assert "referendum" in out
    assert not Source.objects.exists()


def test_explaining_tells_what_was_seen_and_decided_by_which_rule(folder):
    """Not marked for the database either."""
    out, _ = run(folder, "--explain")
    assert "a referendum on the draft will be held" in out
    assert "date “12 December 2021”: 2021-12-12" in out
    assert "referendum in “referendum" in out
    assert "planned" in out


def test_explaining_names_what_it_cannot_read(folder):
    (folder / "b.txt").write_text("No date here.")
    with pytest.raises(CommandError, match="1 document"):
        run(folder, "--explain")


def test_a_dry_run_needs_no_database_and_json_keeps_the_contract(folder):
    """Not marked for the database, so that any query would fail."""
    (folder / "b.jsonl.gz").write_bytes(
        gzip.compress(
            json.dumps({"id": "r1", "published": "2021-09-28", "text": "On 3 May 2021 they met."}).encode()
            + b"\n{"
        )
    )
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 document"):
        call_command("loadseeds", str(folder), dry_run=True, json=True, stdout=out, stderr=err)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [Path(line["source"]["path"]).name for line in lines] == ["a.txt", "r1", "b.jsonl.gz, line 2"]
    article, record, broken = lines
    assert broken["errors"]
    assert not article["errors"]
    assert article["source"]["published"] == "2021-09-28"
    assert article["source"]["title"] == "Zambia’s president sets a date for the referendum"
    assert {date["edtf"] for date in record["dates"]} == {"2021-05-03"}
    headline, _, body = ARTICLE.removeprefix("date 2021-09-28 ").partition("\n")
    text = f"{headline}\n\n{body.strip()}"
    for event in article["events"]:
        assert {"kind", "title", "date", "status", "disputed", "country", "actors", "counts", "spans"} <= set(
            event
        )
        for mention in event["mentions"]:
            assert text[mention["start"] : mention["end"]] == mention["quote"]
            for start, end in mention["spans"].values():
                assert text[start:end].strip()


def test_the_database_failing_is_told_with_the_mend(folder, monkeypatch):
    """On a database that was never migrated."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/new.sqlite3"}
    done = python("manage.py", "loadseeds", folder / "a.txt", env=environment)
    assert done.returncode == 1
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--dry-run", "--explain"])
def test_what_stores_nothing_is_not_held_up_by_a_database_that_cannot_be_used(folder, option):
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/nowhere/db.sqlite3"}
    done = python("manage.py", "loadseeds", folder, option, env=environment)
    assert (done.returncode, "referendum" in done.stdout) == (0, True), done.stderr
    done = python("manage.py", "loadseeds", folder, env=environment)
    assert done.returncode == 1
    assert "timeline.E001" in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "message", "code"),
    [
        (BrokenProcessPool("terminated abruptly"), "A worker process died.*fewer --workers", 1),
        (KeyboardInterrupt(), "Interrupted. What was loaded before stays", 130),
    ],
)
def test_a_load_that_is_cut_short_says_how_far_it_came(folder, monkeypatch, fault, message, code):
    def cut_short(items, workers):
        yield from islice(load(items, workers), 1)
        raise fault

    load = loading.load
    monkeypatch.setattr(loading, "load", cut_short)
    (folder / "b.txt").write_text(ARTICLE.replace("40", "41"))
    out = StringIO()
    with pytest.raises(CommandError, match=message) as failure:
        call_command("loadseeds", str(folder), stdout=out)
    assert failure.value.returncode == code
    assert "1 document: 1 new" in out.getvalue()
    assert Source.objects.count() == 1


def test_a_worker_process_that_dies_is_told_without_a_traceback(folder, monkeypatch):
    monkeypatch.setattr(ProcessPoolExecutor, "submit", die)
    with pytest.raises(CommandError, match="A worker process died"):
        run(folder, "--dry-run", "--workers", 2)


LOAD = ("manage.py", "loadseeds", "--workers", "1")  # what is killed is the one that writes


def die(pool: ProcessPoolExecutor, *_args: object) -> Future[None]:
    """A process of the pool ends as if it had been killed."""
    return SUBMIT(pool, os._exit, 9)


def test_killed_at_random_moments_a_rerun_ends_in_the_rows_of_an_undisturbed_run(folder, request):
    """The real command as a process of its own, killed as by the power going."""
    for number in range(40):
        (folder / f"n{number:02}.txt").write_text(ARTICLE.replace("40", str(41 + number)))
    undisturbed, database = folder / "undisturbed.sqlite3", folder / "killed.sqlite3"
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{undisturbed}"}
    assert python("manage.py", "migrate", "-v0", env=environment).returncode == 0
    shutil.copy(undisturbed, database)
    assert python(*LOAD, folder, env=environment).returncode == 0

    environment["DATABASE_URL"] = f"sqlite:///{database}"
    pause = random.Random(request.config.getoption("randomly_seed", default=0))
    for _ in range(2):
        load_and_kill(folder, environment, database, pause.random() / 10)
    assert python(*LOAD, folder, env=environment).returncode == 0
    assert dump(database) == dump(undisturbed)
    assert sources_in(database) == 41


def load_and_kill(folder: Path, environment: dict[str, str], database: Path, after: float) -> None:
    """Start the loader; kill it so many seconds after it has stored something."""
    stored = sources_in(database)
    command = [sys.executable, *LOAD, str(folder)]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL
    ) as loader:
        wait_for(lambda: loader.poll() is not None or sources_in(database) > stored)
        time.sleep(after)
        loader.send_signal(signal.SIGKILL)


def sources_in(database: Path) -> int:

    with closing(sqlite3.connect(database)) as file:
        return int(file.execute("SELECT COUNT(*) FROM timeline_source").fetchone()[0])


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)
