"""The vocabulary's data files, read once and compiled.

Words live in `vocabulary/*.toml`; this module knows their form and nothing of what they mean. A pattern in a
data file is a regular expression in which `{NAME}` stands for a macro of `macros.toml`, a blank for
any white space and ’ for either apostrophe; letters match in either case unless the pattern says otherwise.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

from timeline.extraction.prefilter import Prefilter

KIND_FILES = ("referendum", "election", "protest", "vote", "crackdown", "toll", "constitutional_change")
_VOCABULARY = files("timeline.extraction") / "vocabulary"
_MACRO = re.compile(r"\{([A-Z_]+)\}")
_CLASS_OR_BLANK = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]| [?*]?|[’']")


class VocabularyError(ValueError):
    """A data file that can't be used; the message names the file and the entry."""


# How far before a sentence what it speaks of may have been named, in code points.
NEAR_BEFORE = 1500


class Expression:
    """A regular expression of a data file, compiled when it is first looked for: most articles meet few."""

    flags = re.IGNORECASE

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """VocabularyError if it isn't one."""
        try:
            return re.compile(self.pattern, self.flags)
        except re.error as error:
            raise VocabularyError(f"not a regular expression ({error}): {self.pattern[:80]}") from error


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """One way of telling of an event, as its data file has it.

    `kind` may be "vote": a referendum or an election, whichever the article turns out to be about.
    `needs` names contexts or macros of which one has to be in the sentence; `near` one that will
    do in their stead if it is not far before (`within` so many letters); `political` asks for an article
    about politics. `soft` marks words that point at an event told elsewhere rather than tell of one.
    `head` = "last" makes the match's last verb its head in the parse, where else its root is; "verb" asks
    that its last word be a verb. `step` tells apart what can't be one event: steps in making a
    constitution, ways of repression.
    `default` is the kind of a "vote" that the article says nothing more of. `repressive` asks for an article
    about repression. `broad` rules give way to the others of their kind. `subject` names a macro that has to
    stand not far before the match, which is cheaper than a longer pattern.
    """

    id: str
    kind: str
    pattern: Expression
    head: str = ""
    subject: str = ""
    broad: bool = False
    soft: bool = False
    political: bool = False
    repressive: bool = False
    step: str = ""
    default: str = ""
    status: str = ""
    near: str = ""
    within: int = NEAR_BEFORE
    needs: tuple[str, ...] = ()
    unless_before: Expression | None = None
    unless_after: Expression | None = None
    unless_sentence: Expression | None = None


@dataclass(frozen=True, slots=True)
class KindVocabulary:
    """Triggers of one kind: none in a sentence with `unless`."""

    kind: str
    triggers: tuple[TriggerRule, ...]
    unless: Expression | None = None


@dataclass(frozen=True, slots=True)
class ArticleTest:
    """How many different words of a pattern make an article one of its class, and how many a short one.

    `least_playful` of them make it one where politics may stand beside play.
    """

    pattern: re.Pattern[str]
    least: int
    least_short: int
    least_playful: int


@cache
def table(name: str) -> Mapping[str, Any]:
    """The data file `vocabulary/NAME.toml` as it stands; read once, so not to be changed."""
    return tomllib.loads((_VOCABULARY / f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def macros() -> Mapping[str, str]:
    """Word classes, each with the classes inside it written out."""
    return {name: _expand(pattern) for name, pattern in _raw_macros().items()}


@lru_cache(maxsize=1)
def _raw_macros() -> dict[str, str]:
    return {name: "".join(pattern.splitlines()) for name, pattern in table("macros")["macros"].items()}


def _expand(pattern: str, depth: int = 0) -> str:
    if depth > 6:
        raise VocabularyError(f"macros.toml: a macro contains itself: {pattern[:60]}")

    def replace(match: re.Match[str]) -> str:
        if match[1] not in _raw_macros():
            raise VocabularyError(f"unknown macro {{{match[1]}}} in: {pattern[:60]}")
        return _expand(_raw_macros()[match[1]], depth + 1)

    return _MACRO.sub(replace, pattern)


def compiled(pattern: str) -> re.Pattern[str]:
    """A data file's pattern as a regular expression; VocabularyError if it isn't one."""
    return expression(pattern).compiled


def expression(pattern: str) -> Expression:
    """The same, to be compiled later."""
    written = _unname_repeats(_expand("".join(pattern.splitlines())))
    return Expression(_CLASS_OR_BLANK.sub(_blank, written))


def _blank(match: re.Match[str]) -> str:
    found = match[0]
    if found[0] == " ":
        # Possessive: a rule has dozens, and a long run of white space could be shared out among them.
        return {" ": r"\s++", " ?": r"\s?", " *": r"\s*"}[found]
    if found in "’'":
        return "[’']"
    return found.replace(" ", r"\s").replace("’", "’'") if found.startswith("[") else found


def _unname_repeats(pattern: str) -> str:
    """A group name may stand once in a pattern; a macro used twice keeps it in its first place."""
    seen: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        if match[1] in seen:
            return "(?:"
        seen.add(match[1])
        return match[0]

    return re.sub(r"\(\?P<(\w+)>", replace, pattern)


@lru_cache(maxsize=1)
def contexts() -> Mapping[str, Expression]:
    """Patterns that a trigger's `needs` and `near` name: those of contexts.toml, then the macros."""
    named = {name: expression(pattern) for name, pattern in table("contexts")["contexts"].items()}
    for name, pattern in _raw_macros().items():
        named.setdefault(name, expression(rf"\b{pattern}\b"))
    return named


@lru_cache(maxsize=1)
def article_tests() -> Mapping[str, ArticleTest]:
    """What makes an article political, or one on repression, and its political words figures of speech."""
    data = table("contexts")
    return {
        name: ArticleTest(
            compiled(data[name]["pattern"]),
            data[name]["least"],
            data[name].get("least_short", data[name]["least"]),
            data[name].get("least_playful", data[name]["least"]),
        )
        for name in ("political", "repressive", "seizures", "figurative")
    }


@lru_cache(maxsize=1)
def kinds() -> tuple[KindVocabulary, ...]:
    """All kinds with their triggers, in the order of KIND_FILES."""
    return tuple(_kind(name) for name in KIND_FILES)


def _kind(name: str) -> KindVocabulary:
    data = table(name)
    entries = data["trigger"] + [entry | {"broad": True} for entry in data.get("broad", [])]
    rules = tuple(_rule(name, data["kind"], entry) for entry in entries)
    unless = expression(data["unless"]) if "unless" in data else None
    return KindVocabulary(data["kind"], rules, unless)


@lru_cache(maxsize=1)
def context_prefilter() -> Prefilter[Expression]:
    """The same for what triggers need beside them, or must not have."""
    rules = [rule for vocabulary in kinds() for rule in vocabulary.triggers]
    patterns = {contexts()[name] for rule in rules for name in rule.needs}
    patterns |= {rule.unless_sentence for rule in rules if rule.unless_sentence}
    patterns |= {vocabulary.unless for vocabulary in kinds() if vocabulary.unless}
    return Prefilter((pattern, pattern) for pattern in patterns)


@lru_cache(maxsize=1)
def prefilter() -> Prefilter[tuple[KindVocabulary, TriggerRule]]:
    """Which triggers' patterns a sentence can match: far cheaper than trying them."""
    return Prefilter(
        (rule.pattern, (vocabulary, rule)) for vocabulary in kinds() for rule in vocabulary.triggers
    )


def _rule(name: str, kind: str, entry: Mapping[str, Any]) -> TriggerRule:
    options = dict(entry)
    try:
        rule_id, pattern = options.pop("id"), options.pop("pattern")
        before, after = options.pop("unless_before", ""), options.pop("unless_after", "")
        sentence = options.pop("unless_sentence", "")
        needs = tuple(options.pop("needs", ()))
        for context in (*needs, *filter(None, [options.get("near"), options.get("subject")])):
            if context not in contexts():
                raise VocabularyError(f"{name}.toml: {rule_id}: no context {context}")
        return TriggerRule(
            id=rule_id,
            kind=kind,
            # Ends at the end of a word, if in one.
            pattern=expression(rf"\b(?:{pattern})(?:(?<!\w)|(?!\w))"),
            needs=needs,
            unless_before=expression(before) if before else None,
            unless_after=expression(after) if after else None,
            unless_sentence=expression(sentence) if sentence else None,
            **options,
        )
    except (KeyError, TypeError) as error:
        raise VocabularyError(f"{name}.toml: {entry.get('id', 'an entry without id')}: {error}") from error
