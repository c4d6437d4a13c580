"""A step of the review queue measured: a decision sent, and the page of the next event.

    make bench-review SIZE=100000

The server's part alone, in this process: what the network and the browser take is left out. Each run works on
a copy of the database, so that those kept by --databases stay as they are.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench import results
from bench.results import by_pairs, seconds, times

ROOT = Path(__file__).resolve().parent.parent
SMALL = 1_000
HEAD = ("what", "measured", "compared with", "ratio")
BAR = 0.150
HOST = "localhost"


@dataclass
class Taken:
    """Seconds of each step's two answers, and of the processor's time for both."""

    posts: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    @property
    def steps(self) -> list[float]:
        return [post + page for post, page in zip(self.posts, self.pages, strict=True)]

    def extend(self, other: "Taken") -> None:
        self.posts += other.posts
        self.pages += other.pages
        self.worked += other.worked


def filled(folder: Path, size: int) -> Path:
    """A database of so many made-up events."""
    path = folder / f"review-{size}.sqlite3"
    command = [sys.executable, "-m", "bench.dataset", str(size)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"}, check=True)
    return path


def run(database: Path, steps: int) -> Taken:
    """Review so many events in a process of its own, on a copy of the database."""
    with tempfile.TemporaryDirectory(prefix="bench-review-") as temporary:
        copy = Path(temporary) / "events.sqlite3"
        shutil.copyfile(database, copy)
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{copy}",
            "TIMELINE_CACHE_FOLDER": temporary,
            "TIMELINE_ALLOWED_HOSTS": HOST,
            "TIMELINE_SECRET_KEY": secrets.token_urlsafe(64),
        }
        command = [sys.executable, "-m", "bench.reviewing", "--steps", str(steps), "--inside"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def review(steps: int) -> Taken:
    """A curator at work on the database of this process; the first steps, which warm up, are left out."""
    import django  # noqa: PLC0415  (the settings are chosen by the environment that this was started with)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    django.setup()

    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    client = Client(headers={"host": HOST})
    client.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))
    address = client.get(reverse("admin:timeline_event_review"))["Location"]
    page = client.get(address)
    taken = Taken()
    for number in range(-5, steps):
        sent = _sent(page.content)
        match number % 10:
            case 3:
                sent |= {"action": "reject", "reason": "No such event"}
            case 7:
                sent |= {"action": "confirm", "title": f"Corrected {number}"}
            case _:
                sent |= {"action": "confirm"}
        began, worked = time.perf_counter(), time.process_time()
        answer = client.post(address, sent)
        between = time.perf_counter()
        address = answer["Location"]
        page = client.get(address)
        ended = time.perf_counter()
        if answer.status_code != 302 or page.status_code != 200:
            raise SystemExit(f"Step {number} was answered with {answer.status_code} and {page.status_code}.")
        if number >= 0:
            taken.posts.append(between - began)
            taken.pages.append(ended - between)
            taken.worked.append(time.process_time() - worked)
    return taken


def _sent(page: bytes) -> dict[str, Any]:
    """What a browser sends with any button of the page."""
    from lxml import html  # noqa: PLC0415  (not needed by those who only read the results)

    form = html.document_fromstring(page.decode()).get_element_by_id("decide")
    return {name: value or "" for name, value in form.form_values()}


def told(taken: dict[int, Taken], size: int, rounds: int) -> str:
    """The section of the results."""
    big, small = taken[size], taken[SMALL]

    def row(what: str, one: list[float], other: list[float]) -> tuple[str, str, str, str]:
        slowest = quantiles(one, n=20)[-1]
        return (
            f"{what}, {size:,} events, SQLite",
            f"median {seconds(median(one))}, 95 % within {seconds(slowest)}",
            f"{SMALL:,} events: median {seconds(median(other))}",
            times(by_pairs(one, other)),
        )

    rows = [
        row("a review step: the decision sent and the next event’s page", big.steps, small.steps),
        row("of a step, the processor’s time", big.worked, small.worked),
        row("the decision sent, alone", big.posts, small.posts),
        row("the next event’s page, alone", big.pages, small.pages),
    ]
    head = (
        f"On {results.machine()}, the server’s part in one process, {len(big.posts)} steps a side in "
        f"{rounds} rounds, in turn. The bar for a step is a median of {seconds(BAR)}."
    )
    return f"{head}\n\n{results.table(HEAD, rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, nargs="?", default=100_000, help="how many events")
    parser.add_argument("--steps", type=int, default=100, help="in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--databases", type=Path, help="folder in which the databases are kept")
    parser.add_argument("--dry-run", action="store_true", help="print, but leave bench/RESULTS.md as it is")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(vars(review(options.steps))))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = (options.databases or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        sizes = sorted({SMALL, options.size})
        databases = {size: filled(folder, size) for size in sizes}
        taken = {size: Taken() for size in sizes}
        for _ in range(options.rounds):
            for size in sizes:
                taken[size].extend(run(databases[size], options.steps))
    text = told(taken, options.size, options.rounds)
    print(text)
    if not options.dry_run:
        results.write_section("Review", text)


if __name__ == "__main__":
    main()
