"""A real Dask scheduler and workers on loopback read as one process does, whoever of them dies."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.test_loading import rows
from timeline import cluster
from timeline.models import Source

pytestmark = [
    pytest.mark.processes,
    # Dask leaves sockets to the garbage collector when a peer has died.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ARTICLE = """date 2021-09-{day:02} Zambia’s president sets a date, the {number}th report

President Ada Mwale said on Tuesday that a referendum on the draft will be held on 12 December 2021.

Police detained at least {number} people at a protest in Lusaka on Sunday.
"""


@pytest.fixture(autouse=True)
def _clients_that_never_connected() -> Iterator[None]:
    """Go here and now: Dask closes them when they are collected, which would hold up another one's start."""
    yield
    gc.collect()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    articles = tmp_path / "articles"
    articles.mkdir()
    for number in range(40, 170):
        (articles / f"{number}.txt").write_text(ARTICLE.format(day=number % 28 + 1, number=number))
    return articles


@contextmanager
def program(
    *arguments: str, folder: Path = settings.BASE_DIR, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """One of Dask's programs, killed in the end."""
    command = [sys.executable, "-m", "dask", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, **quiet) as process:
        try:
            yield process
        finally:
            process.kill()


class Started:
    """A scheduler of its own, and workers as they are asked for."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.stack, self.file = stack, folder / "scheduler.json"
        where = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file)]
        self.scheduler = stack.enter_context(program("scheduler", *where))
        until(lambda: self.file.exists() and self.file.read_text().rstrip().endswith("}"))
        self.client = cluster.Client(scheduler_file=str(self.file), set_as_default=False)
        self.address = self.client.scheduler.address
        stack.callback(self.client.close, timeout=1)

    def worker(self, path: Path = settings.BASE_DIR, threads: int = 1) -> subprocess.Popen[bytes]:
        count = len(self.client.nthreads())
        options = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        process = self.stack.enter_context(
            program("worker", self.address, *options, folder=path, PYTHONPATH=str(path), OMP_NUM_THREADS="1")
        )
        until(lambda: len(self.client.nthreads()) > count)
        return process


def until(true, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    with ExitStack() as stack:
        yield Started(stack, tmp_path)


def load(*arguments: object) -> str:
    out = StringIO()
    call_command("loadseeds", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


@contextmanager
def after_the_first_batch(monkeypatch, do) -> Iterator[list[int]]:
    """Something happens once the first batch has come back, while others are being read."""
    outcome, calls = cluster.Cluster._outcome, []

    def watched(self, future, texts):
        readings = outcome(self, future, texts)
        calls.append(len(texts))
        if len(calls) == 1:
            do()
        return readings

    with monkeypatch.context() as patch:
        patch.setattr(cluster.Cluster, "_outcome", watched)
        yield calls


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_a_cluster_reads_row_for_row_as_one_process_though_a_worker_is_killed(folder, started, monkeypatch):
    first, _ = started.worker(), started.worker()
    with after_the_first_batch(monkeypatch, lambda: os.kill(first.pid, signal.SIGKILL)) as calls:
        assert "130 new, 0 changed, 0 unchanged, 0 failed" in load(folder, "--dask", started.address)
    assert len(calls) == 3
    assert first.wait(5) == -signal.SIGKILL
    on_the_cluster = rows()
    call_command("flush", interactive=False, reset_sequences=True, verbosity=0)
    load(folder)
    assert rows() == on_the_cluster


@pytest.mark.django_db
@pytest.mark.one_engine
def test_an_article_that_takes_too_long_is_named_and_the_others_are_stored(tmp_path, started, settings):
    (tmp_path / "a.txt").write_text(ARTICLE.format(day=1, number=40))
    (tmp_path / "b.txt").write_text("date 2021-09-01 Marches\n\n" + "March on 1 March " * 50_000)
    settings.READING_SECONDS = 0.5
    started.worker()
    told = StringIO()
    with pytest.raises(CommandError):
        call_command("loadseeds", str(tmp_path), "--dask", started.address, stdout=told, stderr=told)
    assert "Reading it takes more than 0.5 seconds" in told.getvalue()
    assert [source.path.rsplit("/", 1)[1] for source in Source.objects.all()] == ["a.txt"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_engine
def test_a_scheduler_that_dies_ends_the_load_and_a_rerun_goes_on(folder, started, monkeypatch):
    started.worker()
    with (
        after_the_first_batch(monkeypatch, lambda: (started.scheduler.kill(), started.scheduler.wait())),
        pytest.raises(CommandError, match=r"scheduler is gone.*Run the same command again") as failure,
    ):
        load(folder, "--dask", started.address)
    assert failure.value.returncode == 1
    stored = Source.objects.count()
    assert 64 <= stored < 130
    assert f"{130 - stored} new, 0 changed, {stored} unchanged" in load(folder)


def test_workers_that_would_read_otherwise_are_refused(folder, started, monkeypatch):
    with pytest.raises(CommandError, match="has no workers"):
        load(folder, "--dry-run", "--dask", started.address)
    started.worker()
    monkeypatch.setattr(cluster, "version", lambda: "99 another")
    with pytest.raises(CommandError, match=r"must read with 99 another; some have: .*Python 3"):
        load(folder, "--dry-run", "--dask", started.address)


def test_a_worker_without_the_timeline_is_refused(folder, started, tmp_path):
    started.worker(path=tmp_path)
    with pytest.raises(CommandError, match=r"No module named 'timeline'.*PYTHONPATH"):
        load(folder, "--dry-run", "--dask", started.address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://127.0.0.1:1", "tls://127.0.0.1:9"])
def test_an_address_without_a_scheduler_is_named(folder, address, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with pytest.raises(CommandError, match=f"No Dask scheduler answers at {address}"):
        load(folder, "--dry-run", "--dask", address)


def test_without_the_extra_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "timeline.cluster")
    monkeypatch.delattr("timeline.cluster")
    with pytest.raises(CommandError, match=r"--dask needs .*distributed.*requirements/dask\.txt"):
        load(folder, "--dry-run", "--dask", "tcp://127.0.0.1:9")


def test_an_article_that_kills_its_workers_fails_alone():
    class Deadly(cluster.Cluster):
        def __init__(self):
            self.ahead = 1

        def _submit(self, texts):
            return texts

        def _wait(self, texts):
            if ("deadly", 0) in texts:
                raise cluster.KilledWorker("read", type("W", (), {"address": "tcp://w"})(), 3)
            return ["read" for _ in texts]

    texts = [("harmless", 0), ("deadly", 0), ("another", 0)]
    assert Deadly().read(texts)() == ["read", "each worker that read it died, the last at tcp://w", "read"]
