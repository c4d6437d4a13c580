"""The same event told by two articles of the corpus becomes one; different events stay apart.

`tests/corpus/same.jsonl` names pairs of gold rows, each as (article, number of its row), that are one event.
"""

import json
from itertools import combinations
from pathlib import Path

import pytest

from tests import evaluate
from tests.evaluate import CORPUS
from timeline import documents, extraction
from timeline.loading import load
from timeline.models import Mention

Told = tuple[str, int]

LEAST = 0.85  # pairwise F1 over the gold rows that were found


def rows_of(path: Path, gold: list[dict]) -> dict[Told, tuple[str, int]]:
    """For each gold row that was found, (kind, start) of a passage of its event."""
    (article,) = documents.read([path])
    assert isinstance(article, documents.Document)
    events = extraction.extract(article.text, article.published).events
    return {
        (path.name, row): (events[event].kind, events[event].mentions[0].start)
        for row, event in evaluate.paired(gold, events, article.text)
    }


@pytest.mark.django_db
def test_pairs_of_articles() -> None:
    paths = sorted(CORPUS.glob("a*.txt"))
    for _ in load(documents.read(paths)):
        pass
    lines = (CORPUS / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    gold = {row["path"]: row["events"] for row in map(json.loads, lines)}
    stored = {
        (Path(mention.source.path).name, mention.kind, mention.start): mention.event_id
        for mention in Mention.objects.select_related("source")
    }
    event = {
        told: stored[path.name, kind, start]
        for path in paths
        for told, (kind, start) in rows_of(path, gold[path.name]).items()
    }
    same = (CORPUS / "same.jsonl").read_text(encoding="utf-8").splitlines()
    meant = {frozenset(map(tuple, json.loads(line)["same"])) for line in same}
    findable = {pair for pair in meant if pair <= event.keys()}
    merged = {
        frozenset((one, other))
        for one, other in combinations(event, 2)
        if event[one] == event[other] and one[0] != other[0]
    }
    right = len(findable & merged)
    assert 2 * right / (len(findable) + len(merged)) >= LEAST, {
        "apart": findable - merged,
        "merged": merged - findable,
    }
    assert merged <= findable  # a false merge is worse than none
