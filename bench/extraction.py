"""Extraction and loading measured: against the full spaCy pipeline, by worker, in memory, and run again.

    make bench CORPUS=articles.jsonl.gz

What is compared runs in turn on the same documents in the same run, so that a machine that slows down slows
both. Figures are written to a section of bench/RESULTS.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median

import spacy

from bench import results
from bench.memory import family, held
from timeline import documents
from timeline.extraction import extract_many
from timeline.extraction.parsing import model_name
from timeline.workers import read_all

ROOT = Path(__file__).resolve().parent.parent
SLICE = 500

Text = tuple[str, date]
Table = list[tuple[str, str]]


def texts(path: Path, every: int = 1) -> list[Text]:
    """Texts and publication dates of every n-th document of a corpus or folder."""
    read = (item for item in documents.read([path]) if isinstance(item, documents.Document))
    return [(item.text, item.published) for item in islice(read, None, None, every)]


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def against_spacy(articles: Sequence[Text], rounds: int = 1) -> dict[str, float]:
    """Documents a second on one core, ours and the full pipeline's, and the median ratio of the slices."""
    pipeline = spacy.load(model_name())
    list(extract_many(articles[:32]))
    ours, theirs = [], []
    slices = [articles[start : start + SLICE] for start in range(0, len(articles), SLICE)] * rounds
    for part in slices:
        ours.append(timed(lambda part=part: sum(1 for _ in extract_many(part))))
        theirs.append(timed(lambda part=part: sum(1 for _ in pipeline.pipe(text for text, _ in part))))
    return {
        "ours": len(articles) * rounds / sum(ours),
        "spaCy": len(articles) * rounds / sum(theirs),
        "ratio": median(b / a for a, b in zip(ours, theirs, strict=True)),
    }


def by_workers(path: Path) -> dict[int, float]:
    """Wall seconds of reading the corpus in one process and in two workers, their start included."""
    seconds = {}
    for workers in (1, 2):
        began = time.perf_counter()
        for _ in read_all(documents.read([path]), workers):
            pass
        seconds[workers] = time.perf_counter() - began
    return seconds


def load(path: Path, workers: int) -> tuple[float, float, float]:
    """Wall seconds of a first and a second load into a new database, and all processes' peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
        run(["migrate", "-v0"], environment)
        first, peak = run(["loadseeds", str(path), "--workers", str(workers)], environment)
        second, _ = run(["loadseeds", str(path), "--workers", str(workers)], environment)
        return first, second, peak


def run(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and peak memory, in MB, of a management command with its children."""
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment) as process:
        peak = Peak(process.pid)
        peak.start()
        process.wait()
        peak.done.set()
        peak.join()
    if process.returncode:
        raise SystemExit(f"{arguments} failed")
    return time.perf_counter() - began, peak.megabytes


class Peak(threading.Thread):
    """Adds up the proportional set sizes of a process and its children, five times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.megabytes, self.done = pid, 0.0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.2):
            self.megabytes = max(self.megabytes, sum(pss for _, pss in map(held, family(self.pid))) / 2**20)


def measure(corpus: Path, articles: Path) -> Table:
    """All figures, as rows of a table."""
    rows: Table = []
    for name, texts_, rounds in (
        (f"every tenth document of {corpus.name}", texts(corpus, every=10), 1),
        ("the articles of the test corpus", texts(articles), 3),
    ):
        speed = against_spacy(texts_, rounds)
        rows.append(
            (
                f"{name}, one core: documents a second against the full spaCy pipeline's",
                f"{speed['ours']:.0f} against {speed['spaCy']:.0f}: {speed['ratio']:.1f} ×",
            )
        )
    seconds = by_workers(corpus)
    rows.append(("two workers against one, extraction", f"{seconds[1] / seconds[2]:.2f} ×"))
    first, second, peak = load(corpus, workers=2)
    rows.append(("peak memory of loading it all, every process", f"{peak:.0f} MB"))
    rows.append(
        ("run again, nothing changed", f"{first / second:.0f} × faster ({first:.0f} s, {second:.1f} s)")
    )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--articles", type=Path, default=ROOT / "tests" / "corpus")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    rows = measure(options.corpus.resolve(), options.articles)
    for what, figure in rows:
        print(f"{what}: {figure}")
    text = (
        f"On {results.machine()}, with {options.corpus.name}.\n\n{results.table(('what', 'measured'), rows)}"
    )
    results.write_section("Extraction", text)


if __name__ == "__main__":
    main()
