"""Regular expressions pumped: every one that the project compiles, on texts made to send it back and forth.

As a program it prints those patterns: `python -m tests.patterns`.
"""

import gc
import json
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from pkgutil import walk_packages
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

CHARACTERS = "a 1A.-'\n,“(é/:_\t\u0301"
# What is in most texts, for patterns that begin with anything at all.
COMMON = ("a", "A", "1", " ", "a ", "Aa ", "A.", "\n", "- ", ",")
MOST_PUMPS = 400  # of one pattern, spread over it
ALTERNATIVES = 4  # of a branch that are tried
LENGTHY = 12  # repeated up to so often, a part can be pumped
SKIPPED = ("timeline.wsgi", "timeline.urls", "timeline.migrations", "timeline.cluster", "timeline.settings")


class Pump(NamedTuple):
    """A text of `before` and then `again` and again."""

    before: str
    again: str

    def text(self, length: int) -> str:
        return f"{self.before}{self.again * (length // len(self.again) + 1)}"[:length] + "\x01"


def pumps(pattern: str, flags: int) -> list[Pump]:
    """For each part that may be repeated, what leads to it and what is repeated."""
    found = dict.fromkeys(_pumps(list(parser.parse(pattern, flags)), ""))
    return [*found][:: len(found) // MOST_PUMPS + 1] + [Pump("", words) for words in COMMON]


def _pumps(tree: list[Any], before: str) -> Iterator[Pump]:
    for number, (op, argument) in enumerate(tree):
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            _, most, body = argument
            if most > LENGTHY:
                rest = _sample(tree[number + 1 :])
                for again in _samples(list(body)):
                    yield from (Pump(before, words) for words in (again, again + rest) if words)
        for part in _parts(op, argument):
            yield from _pumps(part, before)
        before = (before + _sample([(op, argument)]))[:200]


def _parts(op: Any, argument: Any) -> list[list[Any]]:
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return [list(argument[2])]
    if op is sre.SUBPATTERN:
        return [list(argument[3])]
    if op is sre.BRANCH:
        return [list(part) for part in argument[1][:ALTERNATIVES]]
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return [list(argument[1])]
    return [list(argument)] if op is sre.ATOMIC_GROUP else []


def _samples(tree: list[Any]) -> list[str]:
    """Texts that the parts in a row match, one for each of the first alternatives of a branch."""
    if len(tree) == 1 and tree[0][0] in (sre.SUBPATTERN, sre.BRANCH):
        return [text for part in _parts(*tree[0]) for text in _samples(part)]
    if len(tree) == 1 and tree[0][0] is sre.IN:
        return _characters(tree[0][1])[:3]
    return [_sample(tree)]


def _sample(tree: list[Any]) -> str:
    return "".join(_one(op, argument) for op, argument in tree)


def _one(op: Any, argument: Any) -> str:
    if op is sre.LITERAL:
        return chr(argument)
    if op is sre.NOT_LITERAL:
        return next(one for one in CHARACTERS if ord(one) != argument)
    if op is sre.ANY:
        return "a"
    if op is sre.IN:
        return _characters(argument)[0]
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return _sample(list(argument[2])) * min(max(argument[0], 1), 3)
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return ""
    parts = _parts(op, argument)
    return _sample(parts[0]) if parts else ""


def _characters(members: list[Any]) -> list[str]:
    """Some that the class holds."""
    plain = (sre.LITERAL, sre.RANGE)
    named = [chr(value if op is sre.LITERAL else value[0]) for op, value in members if op in plain]
    negated = members[0][0] is sre.NEGATE
    classes = {sre.CATEGORY_DIGIT: str.isdigit, sre.CATEGORY_SPACE: str.isspace, sre.CATEGORY_WORD: _is_word}
    others = {
        sre.CATEGORY_NOT_DIGIT: str.isdigit,
        sre.CATEGORY_NOT_SPACE: str.isspace,
        sre.CATEGORY_NOT_WORD: _is_word,
    }

    def holds(one: str) -> bool:
        for op, value in members:
            if op is sre.LITERAL and ord(one) == value:
                return True
            if op is sre.RANGE and value[0] <= ord(one) <= value[1]:
                return True
            if op is sre.CATEGORY and value in classes and classes[value](one):
                return True
            if op is sre.CATEGORY and value in others and not others[value](one):
                return True
        return False

    candidates = [*CHARACTERS, *("" if negated else named)]
    return [one for one in candidates if holds(one) is not negated] or ["a"]


def _is_word(one: str) -> bool:
    return one.isalnum() or one == "_"


def seconds(compiled: re.Pattern[str], text: str, most: float) -> float:
    """Processor time of a search, or `most` where it would take longer."""
    begun = time.process_time()
    try:
        with _stopped_after(most):
            for _ in compiled.finditer(text):
                pass
    except _Stopped:
        return most
    return time.process_time() - begun


class _Stopped(Exception):
    pass


@contextmanager
def _stopped_after(most: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _Stopped

    old = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, old)


def main() -> None:
    """Print each pattern that a file of the project compiles, as JSON: pattern, flags, file."""
    known: dict[tuple[str, int], str] = {}
    compile_ = re._compile  # type: ignore[attr-defined]

    def watched(pattern: Any, flags: Any) -> Any:
        compiled = compile_(pattern, flags)
        frame = sys._getframe(1)
        while frame.f_back and frame.f_code.co_filename.startswith((sys.base_prefix, "<frozen")):
            frame = frame.f_back
        where = frame.f_code.co_filename
        if "/timeline/" in where and "site-packages" not in where and isinstance(compiled.pattern, str):
            known.setdefault((compiled.pattern, compiled.flags), where.rsplit("/timeline/", 1)[1])
        return compiled

    re._compile = watched  # type: ignore[attr-defined]
    import django  # noqa: PLC0415

    django.setup()
    import timeline  # noqa: PLC0415

    for module in walk_packages(timeline.__path__, "timeline."):
        if not module.name.startswith(SKIPPED):
            import_module(module.name)
    from timeline import extraction  # noqa: PLC0415
    from timeline.extraction.lexicon import Expression  # noqa: PLC0415

    extraction.extract(
        "Kenya\n\nPolice arrested 30 people in Minsk on 9 May, President Joe Bloggs said.", date(2020, 8, 6)
    )
    for one in gc.get_objects():
        if isinstance(one, Expression):
            _ = one.compiled
    json.dump([[*pattern, where] for pattern, where in known.items()], sys.stdout)


if __name__ == "__main__":
    main()
