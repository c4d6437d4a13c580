"""Addresses that the server was never asked for: how long they take, and counting alone."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from urllib.parse import urlencode, urlsplit

from bench import hooks
from bench.serving import ROOT
from bench.words import to_search

PATIENCE = 600
KINDS = ("protest", "crackdown", "election", "constitutional_change", "referendum")
STATUSES = ("occurred", "ongoing", "planned", "proposed", "cancelled")
COUNTRIES = ("US", "RU", "CN", "IR", "TR", "IN", "FR", "EG", "GB", "UA", "HK", "BY", "PL", "SD", "PE", "NP")
BUSY_ACTORS = 200
WORDS = 100


def combinations(count: int, actors: int, random: Random) -> list[str]:
    """So many different query strings, of two to four conditions each, of all the sorts that there are."""
    return list(islice(unseen_queries(actors, random), count))


def unseen_queries(actors: int, random: Random) -> Iterator[str]:
    """Such query strings without an end, none twice."""
    found: set[str] = set()
    while True:
        query = urlencode(_combination(actors, random))
        if query not in found:
            found.add(query)
            yield query


def _combination(actors: int, random: Random) -> list[tuple[str, str]]:
    first = random.randint(1950, 2024)
    last = min(2026, first + random.choice((1, 2, 5, 10, 30)))
    common, rare = to_search(WORDS)
    sorts: dict[str, list[tuple[str, str]]] = {
        "kind": [("kind", kind) for kind in random.sample(KINDS, random.randint(1, 2))],
        "status": [("status", status) for status in random.sample(STATUSES, random.randint(1, 2))],
        "country": [("country", code) for code in random.sample(COUNTRIES, random.randint(1, 3))],
        "actor": [("actor", str(random.randint(1, min(actors, BUSY_ACTORS))))],
        "window": [
            ("from", f"{first}-{random.randint(1, 12):02}"),
            ("to", f"{last}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"),
        ],
        "disputed": [("disputed", random.choice(("true", "false")))],
        "text": [(hooks.SEARCH, random.choice(common + rare))],
    }
    return [
        condition for sort in random.sample(sorted(sorts), random.randint(2, 4)) for condition in sorts[sort]
    ]


def ask(address: str, path: str, query: str = "") -> float:
    """Seconds until the whole answer is there; any answer but 200 ends the run."""
    server = urlsplit(address)
    connection = http.client.HTTPConnection(server.hostname or "", server.port, timeout=PATIENCE)
    try:
        connection.connect()
        began = time.perf_counter()
        connection.request("GET", f"{path}?{query}" if query else path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - began
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise SystemExit(f"{address}{path}?{query} was answered with {answer.status}")
    return took


def warm(address: str, times: int = 8) -> None:
    """Ask for the plain page often enough that every worker has answered it."""
    for path in (hooks.PAGE, hooks.FIGURE):
        for _ in range(times):
            ask(address, path)


class Counter:
    """A process that counts what query strings choose, over a connection that stays open."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def seconds(self, query: str) -> float:
        assert self.process.stdin  # noqa: S101
        assert self.process.stdout  # noqa: S101
        print(query, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline().split()[0])


@contextmanager
def counting(database: str) -> Iterator[Counter]:
    command = [sys.executable, "-m", "bench.counting"]
    environment = {**os.environ, "DATABASE_URL": database}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Counter(process)
        assert process.stdin  # noqa: S101
        process.stdin.close()


@dataclass
class Answers:
    """Seconds for each query string: of the page, of the chart's data, and of counting alone."""

    page: list[float] = field(default_factory=list)
    figure: list[float] = field(default_factory=list)
    count: list[float] = field(default_factory=list)

    @property
    def together(self) -> list[float]:
        return [page + figure for page, figure in zip(self.page, self.figure, strict=True)]


def unseen(address: str, database: str, queries: list[str]) -> Answers:
    """Ask for each query string once; by turns the count or the page comes first, which warms the disk."""
    answers = Answers()
    with counting(database) as counter:
        for number, query in enumerate(queries):
            if number % 2:
                answers.count.append(counter.seconds(query))
            answers.page.append(ask(address, hooks.PAGE, query))
            answers.figure.append(ask(address, hooks.FIGURE, query))
            if number % 2 == 0:
                answers.count.append(counter.seconds(query))
    return answers


def searches(address: str, words: list[str]) -> list[float]:
    """Seconds of the page for each word."""
    return [ask(address, hooks.PAGE, urlencode({hooks.SEARCH: word})) for word in words]
