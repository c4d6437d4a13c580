"""Readers of all sorts at once, as locust asks for them; bench/mixed.py starts this as a process of its own.

    locust --headless --locustfile bench/readers.py --host http://127.0.0.1:8000 --users 16 --run-time 60s \\
        --size 1000000 --rate 20 --kept asked.json Mixed

Readers come at random moments (a Poisson process), `rate` of them a second whatever the answers take; with a
rate of 0 each of the users asks again as soon as it is answered.
"""

import json
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, ClassVar
from urllib.parse import urlencode

from locust import FastHttpUser, events

from bench import asking, hooks
from bench.serving import BARE_VIEW
from bench.words import to_search

# Of a hundred requests, so many are of this sort.
WEIGHTS = {
    "the page": 25,
    "the chart’s data": 15,
    "unseen filters": 10,
    "unseen filters, the chart’s data": 5,
    "a word": 10,
    "an event": 15,
    "a source": 10,
    "the API": 7,
    "a small export": 3,
}
WORDS = 100
PATIENCE = 60  # seconds
A_SOURCE = 10  # events a source, as bench/dataset.py has them


class Addresses:
    """What readers ask for, the same with the same seed."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.random = Random(seed)
        self.words = [word for words in to_search(WORDS) for word in words]
        self.unseen: Iterator[str] = asking.unseen_queries(min(asking.BUSY_ACTORS, size), Random(seed + 1))

    def next(self) -> tuple[str, str]:
        """A sort of request and an address of that sort."""
        (sort,) = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        return sort, self._address(sort)

    def _address(self, sort: str) -> str:
        match sort:
            case "the page":
                return hooks.PAGE
            case "the chart’s data":
                return hooks.FIGURE
            case "unseen filters":
                return f"{hooks.PAGE}?{next(self.unseen)}"
            case "unseen filters, the chart’s data":
                return f"{hooks.FIGURE}?{next(self.unseen)}"
            case "a word":
                return f"{hooks.PAGE}?{urlencode({hooks.SEARCH: self.random.choice(self.words)})}"
            case "an event":
                return hooks.EVENT.format(self.random.randint(1, self.size))
            case "a source":
                return hooks.SOURCE.format(self.random.randint(1, max(1, self.size // A_SOURCE)))
            case "the API":
                return f"{hooks.API}?{urlencode({'country': self.random.choice(asking.COUNTRIES)})}"
        # Of everything, a week alone would bring ten thousand: all whose end or beginning is open.
        year, month = self.random.randint(1990, 2025), self.random.randint(1, 12)
        asked = {
            "country": self.random.choice(asking.COUNTRIES),
            "kind": self.random.choice(asking.KINDS),
            "from": f"{year}-{month:02}",
            "to": f"{year}-{month:02}-07",
        }
        return f"{hooks.EXPORT}?{urlencode(asked)}"


class Reader(FastHttpUser):
    """One of the users, in whatever it is that is asked for."""

    abstract = True
    network_timeout = connection_timeout = PATIENCE
    default_headers: ClassVar[dict[str, str]] = {"Accept-Encoding": "gzip"}
    due = 0.0

    def on_start(self) -> None:
        # Else all of them would ask at the first moment, which is no rate.
        time.sleep(self.wait_time())

    def wait_time(self) -> float:
        options = self.environment.parsed_options
        if not options.rate:
            return 0
        now = time.perf_counter()
        self.due = (self.due or now) + _random.expovariate(options.rate / options.num_users)
        return max(0.0, self.due - now)

    def ask(self, sort: str, address: str) -> None:
        # An event that a curator has rejected is rightly not found.
        with self.client.get(address, name=sort, catch_response=True) as response:
            if response.status_code == 404 and sort == "an event":
                response.success()


class Mixed(Reader):
    """Asks the site for what readers ask for."""

    def read(self) -> None:
        self.ask(*_addresses[0].next())

    tasks: ClassVar[list[Any]] = [read]


class Bare(Reader):
    """Asks for the view that only says ok."""

    def read(self) -> None:
        self.ask("bare", BARE_VIEW)

    tasks: ClassVar[list[Any]] = [read]


_random = Random()
_addresses: list[Addresses] = []
_asked: list[tuple[float, str, float, str]] = []


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    parser.add_argument("--size", type=int, default=1_000_000, help="events in the timeline")
    parser.add_argument("--rate", type=float, default=0, help="requests a second; 0: as many as are answered")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kept", default="", help="a file for what was asked, with what each took")


@events.init.add_listener
def _begin(environment: Any, **_: Any) -> None:
    options: Namespace = environment.parsed_options
    _random.seed(options.seed)
    _addresses.append(Addresses(options.size, options.seed))


@events.request.add_listener
def _answered(
    name: str, response_time: float, exception: BaseException | None, response: Any = None, **_: Any
) -> None:
    status = getattr(response, "status_code", 0)
    wrong = "" if exception is None else (str(status) if status else type(exception).__name__)
    _asked.append((time.time(), name, response_time / 1000, wrong))


@events.quitting.add_listener
def _keep(environment: Any, **_: Any) -> None:
    if environment.parsed_options.kept:
        Path(environment.parsed_options.kept).write_text(json.dumps(_asked), encoding="utf-8")
