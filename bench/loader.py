"""Articles loaded without an end, as `loadseeds` does it, while others read: what is stored is noted down.

    DATABASE_URL=… python -m bench.loader stored.jsonl --rate 20

Each article that is said to be stored becomes a line. Stopped by SIGTERM, it ends after the article it is at.
"""

import argparse
import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
django.setup()

from timeline.documents import Document  # noqa: E402
from timeline.loading import Outcome, load  # noqa: E402

A_BATCH = 50
CITIES = (
    "Minsk, Belarus", "Paris, France", "Cairo, Egypt", "Lima, Peru", "Kyiv, Ukraine", "Warsaw, Poland",
    "Khartoum, Sudan", "Ankara, Turkey", "Kathmandu, Nepal", "Nairobi, Kenya",
)  # fmt: skip
SENTENCES = (
    "On {day}, police detained {number} protesters in {city}.",
    "About {number} people marched in {city} on {day} to protest against the reform.",
    "A parliamentary election was held in {city} on {day}.",
    "Security forces dispersed a demonstration in {city} on {day}, and {number} people were injured.",
)
FIRST, DAYS = date(1990, 1, 1), 36 * 365


def article(number: int, seed: int) -> Document:
    """One made-up article of three sentences; the same number and seed make the same."""
    random = Random(f"{seed} {number}")
    day = FIRST + timedelta(days=random.randrange(DAYS))
    told = [
        sentence.format(day=f"{day.day} {day:%B %Y}", number=random.randint(20, 5000), city=city)
        for sentence, city in zip(random.sample(SENTENCES, 3), random.sample(CITIES, 3), strict=True)
    ]
    headline = f"Report {number} of {day.isoformat()}"
    text = "\n\n".join([headline, *told])
    return Document(f"made-up/load-{seed}-{number:07}.txt", headline, day, text, "The Loading Times")


def batches(seed: int) -> Iterator[list[Document]]:
    numbers = count(1)
    while True:
        yield [article(next(numbers), seed) for _ in range(A_BATCH)]


class Stop:
    """Whether to end, as a signal says."""

    asked = False

    def __call__(self, *_: object) -> None:
        self.asked = True


def run(file: Path, rate: float, seed: int) -> None:
    """Load until stopped; at most `rate` articles a second, where that isn't 0."""
    stop = Stop()
    signal.signal(signal.SIGTERM, stop)
    began, done = time.monotonic(), 0
    with file.open("w", encoding="utf-8") as stored:
        for batch in batches(seed):
            for result in load(batch):
                if result.outcome is not Outcome.NEW:
                    raise SystemExit(f"{result.location} is {result.outcome}: {result.failure}")
                done += 1
                told: dict[str, Any] = {"path": result.location, "events": result.events_created}
                print(json.dumps(told), file=stored, flush=True)
                if stop.asked:
                    return
                if rate:
                    time.sleep(max(0.0, began + done / rate - time.monotonic()))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    run(options.file, options.rate, options.seed)


if __name__ == "__main__":
    main()
