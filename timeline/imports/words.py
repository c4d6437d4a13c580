"""What a cell says, in plain words that any database, page or sheet can hold."""

import re
from decimal import Decimal
from math import isfinite
from typing import Any

from lxml import etree

LONGEST_TITLE = 300
DEEPEST = 20  # levels of a row that are kept as they came
LARGEST = 2**63  # whole numbers that every JSON reader knows are smaller

_BLANKS = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_BETWEEN_PARAGRAPHS = re.compile(r"\s*\n\s*\n\s*")
# Control characters, halves of characters, what is no character, and what turns the direction of all that
# follows. The marks that only say which way a letter beside them runs are part of the text.
_UNWANTED = re.compile("[\0-\b\x0e-\x1b\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_MARKUP = re.compile(r"[<&]")
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption", "figure",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre",
    "section", "table", "tr", "ul",
))  # fmt: skip
_UNSAID = frozenset(["script", "style", "template", "head"])


class _Words:
    """Gathers the words of a page as the parser goes: no tree is built, so none can be too deep."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._unsaid = 0

    def start(self, tag: str, _attributes: object) -> None:
        self._unsaid += tag in _UNSAID
        self._break(tag)
        if tag == "br":
            self._parts.append("\n")

    def end(self, tag: str) -> None:
        self._unsaid -= tag in _UNSAID
        self._break(tag)

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._parts.append("\n\n")
        elif tag in ("td", "th"):
            self._parts.append(" ")

    def data(self, words: str) -> None:
        if not self._unsaid:
            self._parts.append(words)

    def close(self) -> str:
        return "".join(self._parts)


def plain(html: str) -> str:
    """The words of a piece of HTML, a blank line between its blocks; scripts and styles are none."""
    if not _MARKUP.search(html):
        return tidy(html)
    parser = etree.HTMLParser(target=_Words(), encoding="utf-8", huge_tree=True)
    try:
        return tidy(str(etree.fromstring(tidy(html).encode(), parser)))
    except etree.LxmlError:
        return tidy(html)  # no markup that anything could read, so it is words


def tidy(text: str) -> str:
    """The text without stray blanks and without characters that have no place in it."""
    if text.isprintable():  # most are, and hold neither
        return " ".join(text.split())
    text = _UNWANTED.sub("", _BLANKS.sub(" ", _LINE_ENDS.sub("\n", text)))
    lines = "\n".join(line.strip() for line in text.split("\n"))
    return _BETWEEN_PARAGRAPHS.sub("\n\n", lines).strip()


def line(text: str) -> str:
    """The text on one line."""
    return " ".join(tidy(text).split())


def shortened(text: str, most: int = LONGEST_TITLE) -> str:
    """The text on one line of at most so many characters, with “…” where some are left out."""
    text = line(text)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    return f"“{shortened(str(storable(value)), 40)}”"


def storable(value: Any, depth: int = DEEPEST) -> Any:
    """A row as it came, in values that JSON and every database take."""
    if isinstance(value, str):
        return value if value.isprintable() else _UNSTORABLE.sub("\ufffd", value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -LARGEST < value < LARGEST else hex(value)
    if isinstance(value, (float, Decimal)):
        number = float(value)
        return number if isfinite(number) else str(value)
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {storable(str(key)): storable(item, depth - 1) for key, item in value.items()}
    return [storable(item, depth - 1) for item in value]
