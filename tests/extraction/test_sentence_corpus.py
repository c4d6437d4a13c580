"""Over 2,000 annotated sentences, read as an editor would: floors, so that no change loses ground."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import pytest

from timeline.extraction import Event, extract_many
from timeline.extraction.records import Kind

CORPUS = Path(__file__).parent.parent / "corpus"
MAIN = ("open", "held out")
KINDS = get_args(Kind)


@dataclass
class Totals:
    """What was expected, found and found wrongly, and how many of the found have the right fields."""

    expected: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    status: int = 0
    disputed: int = 0
    false_in_negatives: int = 0
    negatives: int = 0

    def recall(self, *kinds: str) -> float:
        return sum(self.found[k] for k in kinds) / sum(self.expected[k] for k in kinds)

    def precision(self, *kinds: str) -> float:
        found = sum(self.found[k] for k in kinds)
        return found / (found + sum(self.wrong[k] for k in kinds))


def count(totals: Totals, row: dict[str, Any], found: list[Event]) -> None:
    for wanted in row["expect"]:
        totals.expected[wanted["kind"]] += 1
        event = next((event for event in found if event.kind == wanted["kind"]), None)
        if event is not None:
            found.remove(event)
            totals.found[event.kind] += 1
            totals.status += event.status == wanted["status"]
            totals.disputed += event.disputed == wanted["disputed"]
    for allowed in row.get("optional", ()):
        event = next((event for event in found if event.kind == allowed["kind"]), None)
        if event is not None:
            found.remove(event)
    for event in found:
        totals.wrong[event.kind] += 1
    if not row["expect"] and not row.get("optional"):
        totals.negatives += 1
        totals.false_in_negatives += bool(found)


@lru_cache(maxsize=1)
def totals() -> dict[str, Totals]:
    """Of `sentences.jsonl`, parted in two, and of each file that goes deeper into one family of kinds."""
    result = {part: Totals() for part in MAIN}
    for file in sorted(CORPUS.glob("sentences*.jsonl")):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        read = extract_many((row["text"], date.fromisoformat(row["published"])) for row in rows)
        for number, (row, extraction) in enumerate(zip(rows, read, strict=True), 1):
            part = MAIN[number % 3 == 0] if file.stem == "sentences" else file.stem
            count(result.setdefault(part, Totals()), row, list(extraction.events))
    return result


@pytest.mark.parametrize(
    ("part", "precision", "recall"),
    [
        ("open", 0.93, 0.88),
        ("held out", 0.88, 0.83),
        ("sentences_constitution", 0.92, 0.95),
        ("sentences_crackdown", 0.95, 0.72),
        ("sentences_dense", 0.95, 0.94),
        ("sentences_protest", 0.87, 0.82),
        ("sentences_votes", 0.90, 0.70),
    ],
)
def test_events_are_found_and_nothing_else(part: str, precision: float, recall: float) -> None:
    of_part = totals()[part]
    assert of_part.precision(*KINDS) >= precision
    assert of_part.recall(*KINDS) >= recall


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_is_neglected(kind: str) -> None:
    assert totals()["open"].recall(kind) >= 0.8
    assert totals()["open"].precision(kind) >= 0.85


def test_status_and_dispute_of_what_is_found() -> None:
    for part in MAIN:
        of_part = totals()[part]
        found = of_part.found.total()
        assert of_part.status / found >= 0.92
        assert of_part.disputed / found >= 0.96


def test_sentences_that_only_look_like_events() -> None:
    negatives = sum(of_part.negatives for of_part in totals().values())
    false = sum(of_part.false_in_negatives for of_part in totals().values())
    assert negatives > 250
    assert false / negatives <= 0.08
