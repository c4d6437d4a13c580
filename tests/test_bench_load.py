"""The load run's own arithmetic: shares, slopes, minutes, what is asked for, what a loader says it stored."""

import doctest
import json
import math
import os
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import loader, memory, mixed
from bench.mixed import Answer, Asked, Memory
from timeline import extraction


def test_examples() -> None:
    assert doctest.testmod(mixed).failed == 0


def test_shares_of_none_are_no_number() -> None:
    assert math.isnan(mixed.percentile([], 0.95))


def test_errors_are_counted_by_sort() -> None:
    asked = Asked([Answer(1, "a", 0.1, ""), Answer(2, "a", 0.1, "500"), Answer(3, "b", 0.1, "500")], 10)
    assert asked.errors == Counter({"a: 500": 1, "b: 500": 1})
    assert asked.rate == 0.3


def test_memory_is_counted_once_warm() -> None:
    # It doubles in the first minute and grows by 1 MB a minute afterwards.
    seen = [(0.0, 0, 50_000_000)]
    seen += [(60.0 * minute, 0, 100_000_000 + 1_000_000 * minute) for minute in range(1, 10)]
    assert Memory(seen).slope() == pytest.approx(1.0)


def test_answers_by_the_minute() -> None:
    answers = [Answer(at, "a", 0.1, "") for at in (100.0, 159.0, 161.0, 225.0)]
    assert [[one.at for one in part] for part in mixed.by_minute(answers)] == [[100, 159], [161], [225]]


def test_steps_end_where_more_readers_bring_no_more(monkeypatch) -> None:
    rates = {2: 10, 4: 18, 8: 25, 16: 25.5, 32: 99}
    monkeypatch.setattr(
        mixed, "ask", lambda *_, users, **__: Asked([Answer(0, "a", 0.1, "")] * int(rates[users] * 10), 10)
    )
    assert mixed.saturation("", 1, 10, 1) == 25.5


def test_what_is_lost_is_named(monkeypatch) -> None:
    there = {"paths": ["a"], "events": 102}
    monkeypatch.setattr(mixed.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=json.dumps(there)))
    assert mixed.missing("", {"a": 2}, 100) == []
    assert mixed.missing("", {"a": 2, "b": 1}, 100) == [
        "b is not there", "2 new events are there, not 3",
    ]  # fmt: skip


def test_articles_tell_of_events_and_are_the_same_every_time() -> None:
    assert loader.article(1, 1) == loader.article(1, 1) != loader.article(2, 1)
    found: list[Any] = []
    for number in range(1, 4):
        one = loader.article(number, 1)
        found += extraction.extract(one.text, one.published).events
    assert len(found) >= 6
    assert isinstance(loader.article(1, 1).published, date)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux alone tells of it")
def test_memory_of_a_process() -> None:
    rss, pss = memory.held(os.getpid())
    assert rss >= pss > 10_000_000
