"""The extractor's score on the annotated corpus never falls below the last kept result."""

import json

import pytest

from tests import evaluate
from tests.evaluate import Row
from timeline import edtf_dates
from timeline.documents import Document, read

# A change may cost a row here and there if it gains elsewhere; the figures may not fall by more than this.
TOLERANCE = 0.002


@pytest.fixture(scope="module")
def score() -> evaluate.Score:
    return evaluate.run()


def test_no_figure_falls(score: evaluate.Score) -> None:
    kept = evaluate.Score(evaluate.load(evaluate.RESULTS)).figures()
    fallen = {
        name: (kept[name], value)
        for name, value in score.figures().items()
        if name in ("detection", "whole") and value < kept[name] - TOLERANCE
    }
    assert not fallen, "see `make eval`; if the loss is meant, keep it with `make eval KEEP=1`"


def test_the_corpus_is_sound() -> None:
    """Every cue stands in its article once; every value is one that the guidelines know."""
    articles = {
        item.path.rpartition("/")[2]: item
        for item in read(sorted(evaluate.CORPUS.glob("*.txt")))
        if isinstance(item, Document)
    }
    lines = (evaluate.CORPUS / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [json.loads(line) for line in lines]
    assert {row["path"] for row in gold} == set(articles)
    for document in gold:
        article = articles[document["path"]]
        assert article.publisher == "Written for this project"
        assert document["published"] == article.published.isoformat()
        text = evaluate.plain(article.text)
        for row in document["events"]:
            for date in (row["date"], *row.get("also", ())):
                edtf_dates.bounds(date)
            assert [cue for cue in row["cues"] if text.count(evaluate.plain(cue)) != 1] == []


ROWS = [
    # before, after, gains, losses
    (Row("a", "protest", "w", "missed"), Row("a", "protest", "w", "found"), 1, 0),
    (Row("a", "protest", "w", "found"), Row("a", "protest", "w", "missed"), 0, 1),
    (Row("a", "protest", "w", "found", ("date",)), Row("a", "protest", "w", "found"), 1, 0),
    (Row("a", "protest", "w", "found"), Row("a", "protest", "w", "found", ("country",)), 0, 1),
    (Row("a", "protest", "w", "false alarm"), None, 1, 0),
    (None, Row("a", "protest", "w", "false alarm"), 0, 1),
    (Row("a", "protest", "w", "found"), Row("a", "protest", "w", "found"), 0, 0),
]


@pytest.mark.parametrize(("before", "after", "gains", "losses"), ROWS)
def test_gains_and_losses(before: Row | None, after: Row | None, gains: int, losses: int) -> None:
    changed = evaluate.changes([before] if before else [], [after] if after else [])
    assert tuple(map(len, changed)) == (gains, losses)


def test_figures() -> None:
    score = evaluate.Score(
        [
            Row("a", "protest", "1", "found", actors=(1, 2, 1)),
            Row("a", "protest", "2", "found", ("date",)),
            Row("a", "protest", "3", "missed"),
            Row("a", "protest", "4", "missed"),
            Row("a", "protest", "5", "false alarm"),
        ]
    )
    figures = score.figures()
    assert figures["precision"] == pytest.approx(0.667)
    assert (figures["recall"], figures["date"], figures["whole"]) == (0.5, 0.5, 0.25)
    assert figures["actors"] == pytest.approx(0.667)


def test_a_run_is_kept_and_read_again(tmp_path, capsys, monkeypatch, score: evaluate.Score) -> None:
    monkeypatch.setattr(evaluate, "RESULTS", tmp_path / "results.jsonl")
    monkeypatch.setattr(evaluate, "run", lambda: score)
    assert evaluate.main(["--keep"]) == 0
    assert "detection" in capsys.readouterr().out
    assert evaluate.load(tmp_path / "results.jsonl") == score.rows
    evaluate.main(["--misses"])
    assert "missed" in capsys.readouterr().out
