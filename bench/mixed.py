"""Readers of all sorts while a load writes: the rate that is too much, and at half of it time and memory.

    make bench-load SIZE=1000000 SECONDS=60 SOAK=600

gunicorn as it is configured, with a PostgreSQL server of its own, made-up events (bench/dataset.py), readers
by locust (bench/readers.py) and a loader (bench/loader.py), each in processes of their own. Compared with a
view that only says ok, by turns, at the same rate and beside the same loader; and with that view in the same
server, asked for meanwhile.
"""

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, median
from threading import Event, Thread
from typing import Any, NamedTuple

from bench import asking, results
from bench.memory import family, held
from bench.page import filled, sqlite
from bench.results import by_pairs, seconds, times
from bench.serving import BARE, ROOT, started
from scripts import postgres

HEAD = ("what", "measured", "a bare view", "ratio")
STEPS = (2, 4, 8, 16, 32)  # users at once
ENOUGH = 1.05  # a step that brings less than this much more is the last
USERS = 32  # who share the rate, so that one that waits holds nobody up
SHARE = 0.5  # of the rate at which the server is saturated
MIDST = 0.5  # of that rate again: bare views asked for in the midst of it
EVERY = 5.0  # seconds between looks at the memory
WARM = 1 / 3  # of a soak: its memory isn't counted yet
BUFFERS = "shared_buffers=1GB"  # as docs/settings.md advises
NOTHING_LOST = "every row that the loader said it stored is there"


class Answer(NamedTuple):
    """One request: when it was answered, its sort, how long it took, and what was wrong, if anything."""

    at: float
    sort: str
    seconds: float
    wrong: str


@dataclass
class Asked:
    """All that was asked in a run of so many seconds."""

    answers: list[Answer]
    length: float

    @property
    def rate(self) -> float:
        return len(self.answers) / self.length

    def within(self, share: float) -> float:
        return percentile([answer.seconds for answer in self.answers], share)

    @property
    def errors(self) -> Counter[str]:
        return Counter(f"{answer.sort}: {answer.wrong}" for answer in self.answers if answer.wrong)


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that so large a share of all are within; nan where there are none.

    >>> percentile([4, 1, 3, 2], 0.5), percentile([4, 1, 3, 2], 0.95)
    (2, 4)
    """
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def ask(address: str, sort: str, size: int, length: int, *, users: int, rate: float, seed: int) -> Asked:
    """Locust's readers at this address for so many seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-asked-") as folder:
        kept = Path(folder) / "asked.json"
        command = [
            sys.executable, "-m", "locust", "--headless", "--only-summary", "--loglevel", "WARNING",
            "--locustfile", "bench/readers.py", "--host", address, "--users", str(users),
            "--spawn-rate", str(users), "--run-time", f"{length}s", "--stop-timeout", "60",
            "--exit-code-on-error", "0", "--size", str(size), "--rate", str(rate), "--seed", str(seed),
            "--kept", str(kept), sort,
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode or not kept.exists():
            raise SystemExit(f"locust failed:\n{done.stderr}")
        return Asked([Answer(*one) for one in json.loads(kept.read_text())], length)


def saturation(address: str, size: int, length: int, seed: int) -> float:
    """Requests a second when more readers at once bring no more answers."""
    best = 0.0
    for step, users in enumerate(STEPS):
        asked = ask(address, "Mixed", size, length, users=users, rate=0, seed=seed + step)
        print(f"  {users} at once: {told(asked)}", flush=True)
        if asked.rate < best * ENOUGH:
            return max(best, asked.rate)
        best = asked.rate
    return best


def told(asked: Asked) -> str:
    shares = ", ".join(f"{seconds(asked.within(share))} ({share:.0%})" for share in (0.5, 0.95, 0.99))
    return f"{asked.rate:.1f} a second, {shares}, {asked.errors.total()} errors"


@dataclass
class Memory:
    """What the workers of a server have held: (moment, RSS, PSS) in bytes, of the one with the most."""

    seen: list[tuple[float, int, int]] = field(default_factory=list)

    def slope(self) -> float:
        """MB a minute by which the memory of the largest worker grew, once it was warm; by least squares."""
        began, ended = self.seen[0][0], self.seen[-1][0]
        warm = [one for one in self.seen if one[0] >= began + WARM * (ended - began)]
        return slope([at / 60 for at, *_ in warm], [pss / 1e6 for *_, pss in warm])

    def most(self) -> tuple[float, float]:
        """(RSS, PSS) at most, in MB."""
        return max(rss for _, rss, _ in self.seen) / 1e6, max(pss for *_, pss in self.seen) / 1e6


def slope(along: Sequence[float], values: Sequence[float]) -> float:
    """By how much the values grow a unit, by least squares; 0 where there are fewer than two."""
    return linear_regression(along, values).slope if len(set(along)) > 1 else 0.0


@contextmanager
def watched(master: int) -> Iterator[Memory]:
    """Look at the memory of a server's workers every few seconds."""
    memory, over = Memory(), Event()

    def look() -> None:
        while True:
            _, *workers = family(master)
            rss, pss = max(map(held, workers), key=lambda sizes: sizes[1], default=(0, 0))
            memory.seen.append((time.monotonic(), rss, pss))
            if over.wait(EVERY):
                return

    looking = Thread(target=look, daemon=True)
    looking.start()
    try:
        yield memory
    finally:
        over.set()
        looking.join()


@dataclass
class Loader:
    """The loader, and the file of what it said that it stored."""

    file: Path
    process: "subprocess.Popen[bytes]"

    def stored(self) -> dict[str, int]:
        """Of each article's path, how many new events it brought."""
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        return {one["path"]: one["events"] for one in map(json.loads, lines)}

    def end(self) -> dict[str, int]:
        self.process.terminate()
        if self.process.wait():
            raise SystemExit("The loader failed.")
        return self.stored()


@contextmanager
def loading(database: str, file: Path, rate: float, seed: int) -> Iterator[Loader]:
    command = [sys.executable, "-m", "bench.loader", str(file), "--rate", str(rate), "--seed", str(seed)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": database}) as process:
        try:
            yield Loader(file, process)
        finally:
            process.terminate()


def counted(database: str) -> dict[str, Any]:
    """What `there` says of a database, from a process that has it as its own."""
    command = [sys.executable, "-m", "bench.mixed", "--there"]
    environment = {**os.environ, "DATABASE_URL": database}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def missing(database: str, stored: dict[str, int], before: int) -> list[str]:
    """What the loader said it stored, in addition to so many events, and isn't there, in words."""
    there = counted(database)
    lost = [f"{path} is not there" for path in sorted(stored.keys() - set(there["paths"]))]
    new = there["events"] - before
    if new != sum(stored.values()):
        lost.append(f"{new} new events are there, not {sum(stored.values())}")
    return lost


def there() -> dict[str, Any]:
    """The paths of loaded articles and the number of events, as the database has them."""
    import django  # noqa: PLC0415  (the settings are chosen by the environment that this was started with)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    django.setup()

    from timeline.models import Event as Stored  # noqa: PLC0415
    from timeline.models import Source  # noqa: PLC0415

    paths = Source.objects.filter(path__startswith="made-up/load-").values_list("path", flat=True)
    return {"paths": list(paths), "events": Stored.objects.count()}


@dataclass
class Measured:
    """All of a run."""

    saturated: float = 0.0
    ours: list[Asked] = field(default_factory=list)
    bare: list[Asked] = field(default_factory=list)
    midst: list[Asked] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    soak: Asked | None = None
    soaked: Memory | None = None
    articles: float = 0.0  # a second
    stored: int = 0
    lost: list[str] = field(default_factory=list)


def measure(database: str, options: Any, folder: Path) -> Measured:
    """Step by step up to saturation, then at half of it by turns, then the soak; the loader beside it all."""
    run, size, length = Measured(), options.size, options.seconds
    environment = {
        "DATABASE_URL": database,
        "TIMELINE_CACHE_FOLDER": str(folder / "cache"),
    }
    before = counted(database)["events"]
    with (
        started(BARE, **environment) as (address, site),
        started(BARE, **environment) as (bare, _),
        loading(database, folder / "stored.jsonl", options.articles, options.seed) as loader,
    ):
        asking.warm(address)
        began = time.monotonic()
        run.saturated = saturation(address, size, length, options.seed)
        rate = run.saturated * SHARE

        def bare_view(address: str, rate: float, seed: int) -> Asked:
            return ask(address, "Bare", size, length, users=USERS, rate=rate, seed=seed)

        def ours(length: int, seed: int) -> tuple[Asked, Memory]:
            with watched(site) as memory:
                asked = ask(address, "Mixed", size, length, users=USERS, rate=rate, seed=options.seed + seed)
            print(f"  at {rate:.1f} a second: {told(asked)}", flush=True)
            return asked, memory

        for turn in range(options.rounds):
            with ThreadPoolExecutor(1) as beside:
                midst = beside.submit(bare_view, address, rate * MIDST, turn)
                asked, memory = ours(length, 100 + turn)
            run.ours.append(asked)
            run.memory.append(memory)
            run.midst.append(midst.result())
            run.bare.append(bare_view(bare, rate, turn))
            print(f"  a bare view: {told(run.bare[-1])}; in the midst: {told(run.midst[-1])}", flush=True)
        if options.soak:
            run.soak, run.soaked = ours(options.soak, 200)
        stored = loader.end()
        run.articles, run.stored = len(stored) / (time.monotonic() - began), len(stored)
        run.lost = missing(database, stored, before)
    return run


def rows(run: Measured, size: int) -> list[tuple[str, str, str, str]]:
    """The table of bench/RESULTS.md."""
    lines = [
        (f"requests a second at saturation, {size:,} events", f"{run.saturated:.1f}", "", ""),
        (
            "requests a second at half of it, asked for and answered",
            f"{run.saturated * SHARE:.1f}, {median(asked.rate for asked in run.ours):.1f}",
            f"{median(asked.rate for asked in run.bare):.1f}",
            "",
        ),
    ]
    lines += _compared("answers at that rate", run.ours, run.bare)
    lines += _compared("the same, beside a bare view in the same server meanwhile", run.ours, run.midst)
    lines += _by_sort(run)
    errors = sum((asked.errors for asked in run.ours), Counter[str]())
    rss, pss = (max(values) for values in zip(*(memory.most() for memory in run.memory), strict=True))
    lines += [
        ("errors", _errors(errors), f"{sum(asked.errors.total() for asked in run.bare + run.midst)}", ""),
        (f"articles loaded meanwhile; {NOTHING_LOST}", _loaded(run), "", ""),
        ("memory of the largest worker at most, RSS and PSS", f"{rss:.0f}, {pss:.0f} MB", "", ""),
    ]
    if run.soak and run.soaked:
        lines += _soak(run.soak, run.soaked)
    return lines


def _compared(what: str, ours: list[Asked], bare: list[Asked]) -> list[tuple[str, str, str, str]]:
    lines = []
    for share in (0.5, 0.95, 0.99):
        sides = [[asked.within(share) for asked in side] for side in (ours, bare)]
        one, other = (seconds(median(side)) for side in sides)
        lines.append((f"{share:.0%} of {what} within", one, other, times(by_pairs(*sides))))
    return lines


def _by_sort(run: Measured) -> list[tuple[str, str, str, str]]:
    answers = [answer for asked in run.ours for answer in asked.answers]
    sorts = sorted({answer.sort for answer in answers})
    took = {sort: [answer.seconds for answer in answers if answer.sort == sort] for sort in sorts}
    return [
        (
            f"of them, {sort}: 50, 95, 99 %",
            ", ".join(seconds(percentile(took[sort], share)) for share in (0.5, 0.95, 0.99)),
            "",
            "",
        )
        for sort in sorts
    ]


def _errors(errors: Counter[str]) -> str:
    return "; ".join(f"{name} ({count})" for name, count in errors.most_common()) or "none"


def _loaded(run: Measured) -> str:
    lost = "yes" if not run.lost else f"NO: {'; '.join(run.lost[:3])}"
    return f"{run.stored:,}, {run.articles:.1f} a second; {lost}"


def _soak(asked: Asked, memory: Memory) -> list[tuple[str, str, str, str]]:
    parts = by_minute(asked.answers)
    rss, pss = memory.most()
    return [
        (
            f"soak of {asked.length:.0f} s: 95 % within, minute by minute",
            ", ".join(seconds(percentile([one.seconds for one in part], 0.95)) for part in parts),
            "",
            "",
        ),
        ("soak: errors", _errors(asked.errors), "", ""),
        (
            "soak: memory of the largest worker, RSS and PSS at most; growth once warm",
            f"{rss:.0f}, {pss:.0f} MB; {memory.slope():+.2f} MB a minute",
            "",
            "",
        ),
    ]


def by_minute(answers: Sequence[Answer]) -> list[list[Answer]]:
    """The answers of each minute, from the first answer on."""
    parts: dict[int, list[Answer]] = {}
    first = min((answer.at for answer in answers), default=0)
    for answer in answers:
        parts.setdefault(int((answer.at - first) // 60), []).append(answer)
    return [parts[minute] for minute in sorted(parts)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, nargs="?", default=1_000_000, help="how many events")
    parser.add_argument("--seconds", type=int, default=60, help="of each step and turn")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side at half of the rate")
    parser.add_argument("--soak", type=int, default=0, help="seconds of a long run at the end")
    parser.add_argument("--articles", type=float, default=0, help="loaded a second at most; 0: as many as go")
    parser.add_argument("--engine", choices=("SQLite", "PostgreSQL"), default="PostgreSQL")
    parser.add_argument("--database", default="", help="one that is filled with so many events, by its URL")
    parser.add_argument(
        "--seed", type=int, default=time.time_ns() % 10**9, help="of what is asked for; else new"
    )
    parser.add_argument("--dry-run", action="store_true", help="print, but leave bench/RESULTS.md as it is")
    parser.add_argument("--there", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.there:
        print(json.dumps(there()))
        return
    if options.engine == "PostgreSQL" and not postgres.programs():
        raise SystemExit(f"{postgres.ABSENT} (or --engine SQLite)")
    # Stopped from outside, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="bench-load-") as temporary:
        folder = Path(temporary)
        if options.database:
            run = measure(options.database, options, folder)
        elif options.engine == "SQLite":
            run = measure(sqlite(folder, options.size), options, folder)
        else:
            with postgres.breakable((*postgres.UNSAFE, BUFFERS)) as server:
                run = measure(filled(server.address, options.size), options, folder)
    lines = rows(run, options.size)
    for line in lines:
        print(": ".join(line))
    about = (
        f"On {results.machine()}, gunicorn as configured, {options.engine}; locust, {options.rounds} turns a "
        f"side of {options.seconds} s, in turn; seed {options.seed}. A loader wrote all the time, "
        f"{f'{options.articles:g} articles a second' if options.articles else 'as fast as it could'}. "
        "A ratio is the median, pair by pair; its bar at 95 % is 4 ×, a worker’s memory has one of 180 MB."
    )
    if not options.dry_run:
        results.write_section("Load", f"{about}\n\n{results.table(HEAD, lines)}")
    if run.lost:
        raise SystemExit("Rows are lost.")


if __name__ == "__main__":
    main()
