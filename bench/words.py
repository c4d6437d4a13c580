"""The words that made-up events are written in: those of the test corpus, commonest first."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus"
SIZE = 2000
SEARCHABLE = 5  # letters; shorter words are mostly those that a full-text search passes over


@cache
def vocabulary() -> tuple[str, ...]:
    """The corpus's commonest words in the order of their use, those used alike by the alphabet."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.txt")))
    used = Counter(word for text in texts for word in re.findall(r"\b[a-z]{2,14}\b", text.lower()))
    return tuple(sorted(used, key=lambda word: (-used[word], word))[:SIZE])


def to_search(count: int) -> tuple[list[str], list[str]]:
    """So many common and so many rare words that a reader could look for."""
    words = [word for word in vocabulary() if len(word) >= SEARCHABLE]
    return words[:count], words[-count:]
