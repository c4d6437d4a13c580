"""Titles that the properties of a file name: many are those of a template, or the name of a file."""

import re

MAXIMUM_HEADLINE = 300
_NO_TITLE = re.compile(
    r"\W*(?:untitled|title|document|microsoft word\b.*|powerpoint presentation|.*\.[a-z]{3,4})?[\W\d]*",
    re.IGNORECASE,
)


def sensible(title: str) -> str:
    """The title on one line, "" where it can't be one."""
    title = " ".join(title.replace("\0", " ").split())
    return "" if len(title) > MAXIMUM_HEADLINE or _NO_TITLE.fullmatch(title) else title


def same(one: str, other: str) -> bool:
    """Whether the words are the same, whatever their case and the space between them."""
    return one.casefold().split() == other.casefold().split()
