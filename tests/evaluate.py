"""How well the extractor reads the annotated corpus: scores, and what a change gained and lost, row by row.

    make eval            scores, and gains and losses against results.jsonl
    make eval KEEP=1     the same, and keep this run as the result to compare with

The corpus is `tests/corpus/`: articles, and `gold.jsonl` with a row for each event that a careful reader
would put on a timeline (docs/evaluation.md). A row is found when an event of its kind has a passage with one
of the row's cues in it. It is whole when date, status and country are right too.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from timeline import documents, extraction
from timeline.documents import Document

CORPUS = Path(__file__).parent / "corpus"
RESULTS = CORPUS / "results.jsonl"
FIELDS = ("date", "status", "disputed", "country", "counts")
WHOLE = ("date", "status", "country")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one gold row, or of one event that answers to none.

    `verdict` is "found", "missed" or "false alarm"; `wrong` names the fields of a found row that differ.
    """

    document: str
    kind: str
    words: str
    verdict: str
    wrong: tuple[str, ...] = ()
    # Actors told and right, told by the gold, told by the machine.
    actors: tuple[int, int, int] = (0, 0, 0)

    @property
    def identity(self) -> tuple[str, str, str, bool]:
        return self.document, self.kind, self.words, self.verdict == "false alarm"

    @property
    def worth(self) -> int:
        """For telling a gain from a loss; more is better."""
        if self.verdict == "found":
            return 1 + 2 * sum(name not in self.wrong for name in WHOLE) + ("counts" not in self.wrong)
        return 0 if self.verdict == "missed" else -1

    def __str__(self) -> str:
        wrong = f", wrong: {', '.join(self.wrong)}" if self.wrong else ""
        return f"{self.document}: {self.kind} “{self.words}” {self.verdict}{wrong}"


@dataclass(slots=True)
class Score:
    """Tallies over the corpus; ratios are 0 where there is nothing to divide by."""

    rows: list[Row] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        found = [row for row in self.rows if row.verdict == "found"]
        alarms = sum(row.verdict == "false alarm" for row in self.rows)
        gold = len(self.rows) - alarms
        figures = {
            "precision": _ratio(len(found), len(found) + alarms),
            "recall": _ratio(len(found), gold),
            "detection": _ratio(2 * len(found), len(found) + alarms + gold),
        }
        figures |= {name: _ratio(sum(name not in row.wrong for row in found), len(found)) for name in FIELDS}
        right, wanted, told = (sum(row.actors[n] for row in found) for n in range(3))
        figures["actors"] = _ratio(2 * right, wanted + told)
        figures["whole"] = _ratio(sum(not set(WHOLE) & set(row.wrong) for row in found), gold)
        return {name: round(value, 3) for name, value in figures.items()}


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def score(articles: Iterable[Document], gold: dict[str, list[dict[str, Any]]]) -> Score:
    """Read the articles and hold them against their gold rows, by file name."""
    total = Score()
    wanted = [article for article in articles if Path(article.path).name in gold]
    readings = extraction.extract_many((article.text, article.published) for article in wanted)
    for article, reading in zip(wanted, readings, strict=True):
        name = Path(article.path).name
        _score_article(total, name, article.text, reading.events, gold[name])
    return total


def _score_article(
    total: Score, name: str, text: str, events: Sequence[extraction.Event], rows: list[dict[str, Any]]
) -> None:
    pairs = dict(paired(rows, events, text))
    for number, row in enumerate(rows):
        if row.get("optional"):  # readers would differ: neither a miss nor a false alarm
            continue
        words = row["cues"][0]
        if number not in pairs:
            total.rows.append(Row(name, row["kind"], words, "missed"))
            continue
        event = events[pairs[number]]
        told = [participant.name for participant in event.participants]
        actors = _shared(row["actors"], told), len(row["actors"]), len(told)
        total.rows.append(Row(name, row["kind"], words, "found", _wrong(row, event), actors))
    for number in sorted(set(range(len(events))) - set(pairs.values())):
        first = events[number].mentions[0]
        words = " ".join(text[first.start : first.end].split())[:80]
        total.rows.append(Row(name, events[number].kind, words, "false alarm"))


def paired(
    rows: list[dict[str, Any]], events: Sequence[extraction.Event], text: str
) -> Iterator[tuple[int, int]]:
    """Rows and events that tell of the same, each once, the pairs that agree most first."""
    quotes = [[plain(text[m.start : m.end]) for m in event.mentions] for event in events]
    candidates = []
    for r, row in enumerate(rows):
        for e, event in enumerate(events):
            cues = sum(any(plain(cue) in quote for quote in quotes[e]) for cue in row["cues"])
            if row["kind"] == event.kind and cues:
                wrong = _wrong(row, event)
                candidates.append(("date" in wrong, bool(row.get("optional")), -cues, len(wrong), r, e))
    free_rows, free_events = set(range(len(rows))), set(range(len(events)))
    for *_, r, e in sorted(candidates):
        if r in free_rows and e in free_events:
            free_rows.remove(r)
            free_events.remove(e)
            yield r, e


def _wrong(row: dict[str, Any], event: extraction.Event) -> tuple[str, ...]:
    dates = {_unqualified(date) for date in (row["date"], *row.get("also", ()))}
    counts = {(count.what, count.minimum, count.maximum) for count in event.counts}
    right = {
        "date": _unqualified(event.date) in dates,
        "status": event.status == row["status"],
        "disputed": event.disputed == row["disputed"],
        "country": event.country == row["country"],
        "counts": counts == {(c["what"], c["minimum"], c["maximum"]) for c in row["counts"]},
    }
    return tuple(name for name in FIELDS if not right[name])


def _unqualified(date: str) -> str:
    return re.sub(r"[?~%]", "", date)


def plain(words: str) -> str:
    """As cues are compared: one case, one kind of quotation mark, one blank between words."""
    return " ".join(words.translate({0x2019: "'", 0x201C: '"', 0x201D: '"'}).casefold().split())


def _shared(gold: Iterable[str], told: Iterable[str]) -> int:
    """How many gold names are told, a name's words within another's being the same name."""
    left = [_name(name) for name in told]
    right = 0
    for name in map(_name, gold):
        same = next((other for other in left if name <= other or other <= name), None)
        if same is not None:
            left.remove(same)
            right += 1
    return right


def _name(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", name.casefold())) - {"the", "of", "and", "president", "mr", "s"}


def run(corpus: Path = CORPUS) -> Score:
    """The score of the corpus as the extractor reads it now."""
    gold = {
        row["path"]: row["events"]
        for row in map(json.loads, (corpus / "gold.jsonl").read_text(encoding="utf-8").splitlines())
    }
    read = documents.read(sorted(corpus.glob("*.txt")))
    return score((item for item in read if isinstance(item, Document)), gold)


def load(path: Path) -> list[Row]:
    """The rows of a run that was kept."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = (json.loads(line) for line in lines)
    return [Row(**{**row, "wrong": tuple(row["wrong"]), "actors": tuple(row["actors"])}) for row in rows]


def save(rows: Iterable[Row], path: Path) -> None:
    lines = [json.dumps(asdict(row), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def changes(before: Iterable[Row], after: Iterable[Row]) -> tuple[list[str], list[str]]:
    """Gains and losses in words."""
    old = {row.identity: row for row in before}
    new = {row.identity: row for row in after}
    gains, losses = [], []
    for identity in sorted(old.keys() | new.keys()):
        was, now = old.get(identity), new.get(identity)
        difference = (now.worth if now else 0) - (was.worth if was else 0)
        words = f"{now or was}" if now or not was else f"{was} (no more)"
        if was != now and difference > 0:
            gains.append(words)
        elif was != now and difference < 0:
            losses.append(words)
    return gains, losses


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--keep", action="store_true", help="keep this run as the result to compare with")
    parser.add_argument("--misses", action="store_true", help="list every row that is not whole")
    options = parser.parse_args(arguments)
    before, now = load(RESULTS), run()
    gains, losses = changes(before, now.rows)
    if options.misses:
        print(*(row for row in now.rows if row.verdict != "found" or row.wrong), sep="\n")
    for sign, rows in (("+", gains), ("-", losses)):
        for words in rows:
            print(sign, words)
    was = Score(before).figures() if before else {}
    for name, value in now.figures().items():
        print(f"{name:10} {value:.3f}" + (f"  was {was[name]:.3f}" if name in was else ""))
    if options.keep:
        save(now.rows, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
