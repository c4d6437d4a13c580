"""The page measured: first draw, bytes, requests a second, unseen filters, full-text search.

    make bench-page SIZE=1000000

Each figure has something to stand against, and both are taken in turn in the same run. Databases of made-up
events (bench/dataset.py) are made for it, in SQLite and in a PostgreSQL server of its own, and thrown away,
unless --databases names a folder in which those of SQLite are kept for the next run.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from playwright.sync_api import Browser
from playwright.sync_api import TimeoutError as TooLong

from bench import asking, browser, hooks, load, peers, results
from bench.asking import Answers
from bench.browser import Drawn
from bench.results import by_pairs, kilobytes, seconds, times
from bench.serving import BARE, BARE_VIEW, FILES, ROOT, SITE, serving
from bench.words import to_search
from scripts import postgres

SMALL, MIDDLE = 1_000, 10_000  # what the peers are measured with
TRIAL = 30  # seconds that a peer's set-up may take to be considered
NAMES = {1_000_000: "million"}
ACTORS = 20_000  # as bench/dataset.py has at most
HEAD = ("what", "measured", "compared with", "ratio")
PARTS = ("draw", "load", "filters", "search")
WANTED = {"marks": hooks.MARKS, "list": hooks.LISTED}

Row = tuple[str, str, str, str]


def filled(database: str, size: int) -> str:
    """The DATABASE_URL, once it is migrated and holds `size` made-up events."""
    command = [sys.executable, "-m", "bench.dataset", str(size)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": database}, check=True)
    return database


def sqlite(folder: Path, size: int) -> str:
    return filled(f"sqlite:///{folder / f'{NAMES.get(size, size)}.sqlite3'}", size)


@contextmanager
def site(database: str) -> Iterator[str]:
    """The site with this database, warm: every worker has answered the plain page."""
    with serving(SITE, DATABASE_URL=database) as address:
        asking.warm(address)
        yield address


Visit = Callable[[], Drawn]


def in_turn(one: Visit, other: Visit, rounds: int) -> tuple[list[Drawn], list[Drawn]]:
    """A, B, A, B: so many visits of each; one more of both goes first and warms all but the browser."""
    one(), other()
    pairs = [(one(), other()) for _ in range(rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def first_draws(visits: Sequence[Drawn]) -> list[float]:
    return [visit.seconds["marks"] for visit in visits]


def quickest(engine: Browser, address: str, peer: peers.Peer) -> str:
    """The page of a peer that draws first: of its set-ups, and with its data inside or fetched."""

    def taken(name: str) -> float:
        try:
            visit = browser.visit(engine, f"{address}/{name}", {"marks": peer.marks}, patience=TRIAL)
        except TooLong:
            print(f"  {name}: over {TRIAL} s")
            return float("inf")
        print(f"  {name}: {seconds(visit.seconds['marks'])}")
        return visit.seconds["marks"]

    pages = list(peer.pages())
    taken(pages[-1])  # warms all but the browser
    return min(pages, key=taken)


def against_peer(
    engine: Browser, folder: str, database: str, size: int, peer: peers.Peer, rounds: int
) -> list[Row]:
    """Our first draw and bytes with these events against a peer's with the same ones."""
    command = [sys.executable, "-m", "bench.peers", folder]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": database}, check=True)
    with site(database) as ours, serving(FILES, BENCH_FILES=folder) as theirs:
        best = quickest(engine, theirs, peer)
        mine, others = in_turn(
            lambda: browser.visit(engine, f"{ours}{hooks.PAGE}", WANTED),
            lambda: browser.visit(engine, f"{theirs}/{best}", {"marks": peer.marks}),
            rounds,
        )
    name = best.removesuffix(".html")
    return [
        (
            f"first draw, {size:,} events",
            seconds(median(first_draws(mine))),
            f"{name}, the same events: {seconds(median(first_draws(others)))}",
            f"{times(by_pairs(first_draws(others), first_draws(mine)))} as fast",
        ),
        (
            f"bytes in all, {size:,} events",
            kilobytes(median(visit.all_bytes for visit in mine)),
            f"{name}, the same events: {kilobytes(median(visit.all_bytes for visit in others))}",
            times(median(one.all_bytes / other.all_bytes for one, other in zip(mine, others, strict=True))),
        ),
    ]


def against_itself(engine: Browser, small: str, big: str, size: int, rounds: int) -> list[Row]:
    """The first draw and bytes with all events against those with a thousand."""
    with site(small) as few, site(big) as many:
        a, b = in_turn(
            lambda: browser.visit(engine, f"{few}{hooks.PAGE}", WANTED),
            lambda: browser.visit(engine, f"{many}{hooks.PAGE}", WANTED),
            rounds,
        )

    def row(what: str, measure: Callable[[Drawn], float], told: Callable[[float], str]) -> Row:
        low, high = [measure(visit) for visit in a], [measure(visit) for visit in b]
        return (
            f"{what}, {size:,} events",
            told(median(high)),
            f"{SMALL:,} events: {told(median(low))}",
            times(by_pairs(high, low)),
        )

    return [
        row("first draw", lambda visit: visit.seconds["marks"], seconds),
        row("list on screen", lambda visit: visit.seconds["list"], seconds),
        row("bytes that the first paint waits for", lambda visit: visit.blocking_bytes, kilobytes),
        row("bytes come by the first paint of the list", lambda visit: visit.bytes["list"], kilobytes),
        row("bytes in all", lambda visit: visit.all_bytes, kilobytes),
    ]


def draw(folder: Path, size: int, rounds: int) -> list[Row]:
    small, middle, big = (sqlite(folder, number) for number in (SMALL, MIDDLE, size))
    with browser.chromium() as engine, tempfile.TemporaryDirectory(prefix="bench-") as pages:
        return [
            *against_peer(engine, f"{pages}/{SMALL}", small, SMALL, peers.TIMELINEJS, rounds),
            *against_peer(engine, f"{pages}/{MIDDLE}", middle, MIDDLE, peers.VIS, rounds),
            *against_itself(engine, small, big, size, rounds),
        ]


def requests(engine: str, database: str, size: int, rounds: int, length: int) -> list[Row]:
    """Requests a second for the page and the chart's data against a view that only says ok."""
    rates: dict[str, list[float]] = {hooks.PAGE: [], hooks.FIGURE: [], "bare": []}
    with site(database) as ours, serving(BARE, DATABASE_URL=database) as bare:
        load.requests_a_second(f"{bare}{BARE_VIEW}", 1)
        for _ in range(rounds):
            rates["bare"].append(load.requests_a_second(f"{bare}{BARE_VIEW}", length))
            for path in (hooks.PAGE, hooks.FIGURE):
                rates[path].append(load.requests_a_second(f"{ours}{path}", length))
    return [
        (
            f"requests a second, `{path}`, {size:,} events, {engine}",
            f"{median(rates[path]):.1f}",
            f"a bare view: {median(rates['bare']):.0f}",
            times(by_pairs(rates[path], rates["bare"])),
        )
        for path in (hooks.PAGE, hooks.FIGURE)
    ]


def filters(engine: str, address: str, database: str, size: int, queries: list[str]) -> list[Row]:
    """Filters never asked for before against counting what they choose."""
    answers = asking.unseen(address, database, queries)
    against = f"counting alone: {seconds(median(answers.count))}"
    return [
        (
            f"{len(queries)} unseen filters, {name}, median, {size:,} events, {engine}",
            seconds(median(part)),
            against,
            times(by_pairs(part, answers.count)),
        )
        for name, part in _parts(answers).items()
    ]


def _parts(answers: Answers) -> dict[str, list[float]]:
    return {
        f"`{hooks.PAGE}` and `{hooks.FIGURE}` together": answers.together,
        f"`{hooks.PAGE}`": answers.page,
        f"`{hooks.FIGURE}`": answers.figure,
    }


def search(engine: str, address: str, database: str, size: int) -> list[Row]:
    """Words common and rare, each asked for once, against counting where they stand."""
    common, rare = to_search(20)
    rows = []
    with asking.counting(database) as counter:
        for name, words in (("common", common), ("rare", rare)):
            took = asking.searches(address, words)
            counted = [counter.seconds(f"{hooks.SEARCH}={word}") for word in words]
            rows.append((name, took, counted))
    everything = ("common and rare", rows[0][1] + rows[1][1], rows[0][2] + rows[1][2])
    return [
        (
            f"full-text search, {len(took)} {name} words, median, {size:,} events, {engine}",
            seconds(median(took)),
            f"counting alone: {seconds(median(counted))}",
            times(by_pairs(took, counted)),
        )
        for name, took, counted in (everything, *rows)
    ]


def by_engine(folder: Path, size: int, options: Any) -> list[Row]:
    """What depends on the database, in each of those asked for."""
    rows: list[Row] = []
    queries = asking.combinations(options.combinations, min(ACTORS, size), Random(options.seed))
    for engine in options.engines:
        with ExitStack() as stack:
            if engine == "SQLite":
                database = sqlite(folder, size)
            else:
                database = filled(stack.enter_context(postgres.server()), size)
            if "load" in options.parts:
                rows += requests(engine, database, size, options.load_rounds, options.load_seconds)
            address = stack.enter_context(site(database))
            if "filters" in options.parts:
                rows += filters(engine, address, database, size, queries)
            if "search" in options.parts:
                rows += search(engine, address, database, size)
    return rows


def check(options: Any) -> None:
    """End here, naming them all, where what a run needs is missing."""
    wrongs = []
    if "draw" in options.parts:
        wrongs += [browser.ABSENT] if not browser.executable() else []
        wrongs += [f"{file} is not here: npm ci --ignore-scripts" for file in peers.missing()]
    if "PostgreSQL" in options.engines and not postgres.programs():
        wrongs.append(f"{postgres.ABSENT} (or --engines SQLite)")
    if wrongs:
        raise SystemExit("\n".join(wrongs))


def told(rows: Sequence[Row], options: Any) -> str:
    """The section of bench/RESULTS.md."""
    about = (
        f"On {results.machine()}, gunicorn as configured; seed {options.seed}. "
        f"Load came from {load.program()}, {load.CONNECTIONS} connections, {options.load_seconds} s each. "
        "A ratio is the median of the ratios pair by pair."
    )
    return f"{about}\n\n{results.table(HEAD, rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, nargs="?", default=1_000_000, help="events in the big timeline")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument(
        "--engines", nargs="+", choices=("SQLite", "PostgreSQL"), default=("SQLite", "PostgreSQL")
    )
    parser.add_argument("--databases", type=Path, help="a folder that keeps SQLite's databases")
    parser.add_argument("--rounds", type=int, default=7, help="visits of each side, in turn")
    parser.add_argument("--combinations", type=int, default=40, help="unseen filters")
    parser.add_argument("--load-rounds", type=int, default=3)
    parser.add_argument("--load-seconds", type=int, default=10)
    parser.add_argument(
        "--seed", type=int, default=time.time_ns(), help="of the unseen filters; else new ones"
    )
    parser.add_argument("--dry-run", action="store_true", help="print, but leave bench/RESULTS.md as it is")
    options = parser.parse_args()
    check(options)
    # Stopped from outside, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = (options.databases or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        rows: list[Row] = []
        if "draw" in options.parts:
            rows += draw(folder, options.size, options.rounds)
        if set(options.parts) - {"draw"}:
            rows += by_engine(folder, options.size, options)
    for row in rows:
        print(": ".join(row))
    if not options.dry_run:
        results.write_section("Page", told(rows, options))


if __name__ == "__main__":
    main()
