"""Reading on a Dask cluster: two workers on this machine against half of the time that one process takes.

    make bench-scaling CORPUS=articles.jsonl.gz DOCUMENTS=4000

A scheduler and two workers of their own, warm. One process and the workers read the same articles by turns;
then whole loads, storing included, into a new SQLite database each, as `loadseeds` does them.
"""

import argparse
import gc
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from statistics import median

from bench import results
from bench.results import by_pairs, seconds, times
from bench.serving import ROOT
from timeline import cluster, documents
from timeline.documents import Document
from timeline.workers import Pool, read_all

WORKERS = 2
PATIENCE = 60.0  # seconds
WARM = 32  # documents read before the clock runs
HEAD = ("what", "one process", f"{WORKERS} workers", "of ideal")
RATE = re.compile(r"([0-9.]+) documents a second")


@contextmanager
def program(*arguments: str) -> Iterator[None]:
    """One of Dask's programs, reading with one thread, ended with the block."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "dask", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def started(folder: Path) -> Iterator[str]:
    """The address of a scheduler that has its workers."""
    file = folder / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    with ExitStack() as stack:
        stack.enter_context(program("scheduler", *here, "--port", "0", "--scheduler-file", str(file)))
        until(lambda: file.exists() and bool(file.read_text()))
        address = str(json.loads(file.read_text())["address"])
        for _ in range(WORKERS):
            stack.enter_context(program("worker", address, *here, "--nthreads", "1", "--no-nanny"))
        until(lambda: _workers(address) == WORKERS)
        yield address


def _workers(address: str) -> int:
    try:
        with cluster.connected(address) as pool:
            return len(pool.client.nthreads())
    except cluster.ClusterError:
        return 0


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise SystemExit("The cluster doesn’t come up.")
        time.sleep(0.2)


def reading(articles: Sequence[Document], workers: int | Pool) -> float:
    """Seconds until all are read."""
    gc.collect()
    began = time.perf_counter()
    for _ in read_all(articles, workers):
        pass
    return time.perf_counter() - began


def loading(file: Path, folder: Path, *options: str) -> float:
    """Documents a second, as `loadseeds` itself counts them, into a new database."""
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{fresh}/load.sqlite3",
            "TIMELINE_CACHE_FOLDER": fresh,
            "OMP_NUM_THREADS": "1",
        }

        def manage(*arguments: str) -> str:
            command = [sys.executable, "manage.py", *arguments]
            return subprocess.run(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
            ).stdout

        manage("migrate", "--verbosity", "0")
        told = RATE.search(manage("loadseeds", str(file), *options))
    if not told:
        raise SystemExit("loadseeds didn’t say how fast it was.")
    return float(told[1])


def measure(corpus: Path, count: int, rounds: int, folder: Path) -> list[tuple[str, str, str, str]]:
    articles = [item for item in islice(documents.read([corpus]), count) if isinstance(item, Document)]
    file = folder / "articles.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as out:
        for one in articles:
            told = {"text": one.text, "headline": one.headline, "published": one.published.isoformat()}
            print(json.dumps(told | {"url": one.url, "publisher": one.publisher}), file=out)
    alone, together, slow, pool_rates, fast = [], [], [], [], []
    with started(folder) as address:
        with cluster.connected(address) as pool:
            for workers in (1, pool):
                reading(articles[:WARM], workers)
            for _ in range(rounds):
                alone.append(reading(articles, 1))
                together.append(reading(articles, pool))
        for _ in range(rounds):
            slow.append(loading(file, folder))
            pool_rates.append(loading(file, folder, "--workers", str(WORKERS)))
            fast.append(loading(file, folder, "--dask", address))
    ideal = [one / WORKERS for one in alone]
    return [
        (
            f"reading alone, {len(articles):,} articles, Dask",
            seconds(median(alone)),
            seconds(median(together)),
            times(by_pairs(together, ideal)),
        ),
        *(
            (
                f"the whole load, documents a second, {name}",
                f"{median(slow):.1f}",
                f"{median(rates):.1f}",
                times(by_pairs([one * WORKERS for one in slow], rates)),
            )
            for name, rates in (("Dask", fast), (f"--workers {WORKERS}", pool_rates))
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dry-run", action="store_true", help="print, but leave bench/RESULTS.md as it is")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    with tempfile.TemporaryDirectory(prefix="bench-scaling-") as folder:
        rows = measure(options.corpus, options.documents, options.rounds, Path(folder))
    table = results.table(HEAD, rows)
    print(table)
    if not options.dry_run:
        note = (
            f"On {results.machine()}, {options.rounds} rounds by turns. Ideal is half of what one process "
            "takes; scheduler, workers, and the process that stores share the same cores."
        )
        results.write_section("Scaling", f"{note}\n\n{table}")


if __name__ == "__main__":
    main()
