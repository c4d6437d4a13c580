"""Who takes part: names found in the whole article, and who of them does what in one sentence.

A name is a run of capitalised words. Its fullest form in the article stands for its shorter ones ("Mr Sall",
"Sall" -> "Macky Sall"), initials for the name they follow in brackets ("CHP"), and "he" or "the president" for
the person last named.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from spacy.tokens import Doc, Token

from timeline.extraction import lexicon, parsing, places
from timeline.extraction.records import ActorKind, Participant, Role, Span
from timeline.extraction.triggers import Trigger

_WORD = r"[^\W\d_a-zß-öø-ÿ](?:[\w’'.-]*\w|\.)?"
MOST = 5  # actors of one mention
_SUBJECTS = {"nsubj", "nsubjpass", "csubj"}
_OBJECTS = {"dobj", "iobj", "attr", "dative", "oprd"}


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    name: re.Pattern[str]
    titles: frozenset[str]
    title: re.Pattern[str]
    organisation_words: frozenset[str]
    never: frozenset[str]
    common: frozenset[str]
    collectives: dict[ActorKind, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the text: `full` is its fullest form in the article."""

    start: int
    end: int
    full: str
    kind: ActorKind


@dataclass(slots=True)
class Registry:
    """All names of one article in text order; its state is the article's and ends with it."""

    names: list[Name] = field(default_factory=list)

    def within(self, start: int, end: int) -> list[Name]:
        """Names that stand in `start:end` of the text."""
        return [name for name in self.names if name.start < end and name.end > start]

    def person_before(self, offset: int) -> Name | None:
        """The person last named before the offset, the same sentence or the one before it as a rule."""
        last = None
        for name in self.names:
            if name.start >= offset:
                break
            if name.kind == "person":
                last = name
        return last if last and offset - last.start < 700 else None


@lru_cache(maxsize=1)
def _vocabulary() -> _Vocabulary:
    data = lexicon.table("participants")
    particles = "|".join(map(re.escape, data["particles"]))
    titles = sorted(data["titles"], key=len, reverse=True)
    return _Vocabulary(
        re.compile(rf"(?<![\w]){_WORD}(?: (?:(?:{particles}) ){{0,2}}{_WORD}){{0,6}}"),
        frozenset(title.rstrip(".") for title in titles),
        re.compile(rf"(?:(?:{'|'.join(map(re.escape, titles))})(?![\w-]) )+"),
        frozenset(data["organisation_words"]),
        frozenset(data["never"]),
        frozenset(data["common"]),
        {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in data["collectives"].items()},
    )


def register(text: str) -> Registry:
    """Every name of the article, each with its fullest form; linear but for the number of different names."""
    found = [
        raw for match in _vocabulary().name.finditer(text) for raw in _trim(text, match.start(), match.end())
    ]
    initials = _initials(text, found)
    counted: dict[str, int] = {}
    for name in found:
        counted[name.full] = counted.get(name.full, 0) + 1
    forms = sorted(counted, key=lambda form: (-len(form.split()), -counted[form]))
    full_of = {form: initials.get(form) or _fullest(form, forms) for form in counted}
    kinds = {name.full: name.kind for name in reversed(found) if name.kind != "group"}
    kinds |= {name.full: "person" for name in found if name.kind == "person"}
    names = []
    for name in found:
        full = full_of[name.full]
        kind = kinds.get(full) or kinds.get(name.full)
        if kind is None and len(full.split()) > 1:
            kind = "person"
        if kind is not None and full not in _vocabulary().never:
            names.append(Name(name.start, name.end, full, kind))
    return Registry(names)


def _trim(text: str, start: int, end: int) -> Iterable[Name]:
    """A run of capitalised words without its titles, places and first common word; kind "group" is "unknown"."""
    vocabulary = _vocabulary()
    kind: ActorKind = "group"
    while True:
        title = vocabulary.title.match(text, start, end)
        if title and title.end() < end:
            start, kind = title.end(), "person"
            continue
        word = re.match(r"[\w’'.-]+", text[start:end])
        if word is None:
            return
        bare = re.sub(r"[’']s?$", "", word[0])
        if bare in vocabulary.common and not (
            bare in vocabulary.organisation_words and word.end() < end - start
        ):
            gap = re.match(r"\W+", text[start + word.end() : end])
            if gap is None:
                return
            start += word.end() + gap.end()
            continue
        break
    possessive = re.search(r"[’']s?(?= |$)", text[start:end])
    rest = None
    if possessive:
        rest = (start + possessive.end() + 1, end)
        end = start + possessive.start()
    name = text[start:end].rstrip(".,")
    if name.split(" ", 1)[0].rstrip(".") in vocabulary.titles and len(name.split()) == 1:
        name = ""
    inside = places.find(name)
    if name and len(name) > 2 and not (inside and inside[0].end == len(name)):
        skip = 0
        if inside and inside[0].start == 0 and inside[0].sort in ("people", "country") and kind != "person":
            title = vocabulary.title.match(name, inside[0].end + 1)
            if title and title.end() < len(name):
                skip, kind = title.end(), "person"
        words = re.findall(r"[\w’'-]+", name)
        if kind != "person" and any(word in vocabulary.organisation_words for word in words):
            kind = "organisation"
        yield Name(start + skip, start + len(name), name[skip:], kind)
    if rest and rest[0] < rest[1]:
        yield from _trim(text, *rest)


def _initials(text: str, found: list[Name]) -> dict[str, str]:
    """Initials in brackets after a name, as "the Movement for Democratic Change (MDC)" has them."""
    short: dict[str, str] = {}
    for name in found:
        match = re.match(r" ?\(([A-Z][A-Za-z]{1,7})\)", text[name.end : name.end + 12])
        if match and match[1] != name.full:
            short[match[1]] = name.full
    return short


def _fullest(form: str, forms: list[str]) -> str:
    """The longest name in the article whose last words, or first, are this one; itself if there is none."""
    words = form.split()
    for other in forms:
        parts = other.split()
        if len(parts) > len(words) and (
            parts[-len(words) :] == words or (len(words) == 1 and words[0] in parts and len(parts) <= 4)
        ):
            return other
    return form


def read(
    doc: Doc, offset: int, head: Token, trigger: Trigger, country: str, registry: Registry
) -> list[Participant]:
    """Who takes part in the trigger's event: arguments of its verb, and of the noun itself.

    `offset` is where the sentence starts in the text; spans are offsets into the text.
    """
    found: list[Participant] = []
    for token, role in _arguments(head, trigger):
        for participant in _named(doc, offset, token, role, country, registry):
            if all(participant.name != other.name for other in found):
                found.append(participant)
    return found[:MOST]


def _arguments(head: Token, trigger: Trigger) -> list[tuple[Token, Role]]:
    verb = parsing.governor(head)
    arguments: list[tuple[Token, Role]] = []
    for current in (verb, *[above for above in parsing.chain(head, 2)[1:] if verb.dep_ in ("xcomp", "conj")]):
        passive = any(child.dep_ in ("auxpass", "nsubjpass") for child in current.children)
        for child in current.children:
            if child.i == head.i:
                continue
            if child.dep_ in _SUBJECTS:
                arguments.append((child, _role(trigger, subject=not passive)))
            elif child.dep_ in _OBJECTS:
                arguments.append((child, _role(trigger, subject=False)))
            elif child.dep_ == "agent":
                arguments += [
                    (inner, _role(trigger, subject=True)) for inner in child.children if inner.dep_ == "pobj"
                ]
    arguments += _noun_arguments(head, trigger)
    return arguments


def _noun_arguments(head: Token, trigger: Trigger) -> list[tuple[Token, Role]]:
    arguments: list[tuple[Token, Role]] = []
    for child in head.children:
        if child.dep_ == "poss":
            arguments.append((child, _role(trigger, subject=True)))
        elif child.dep_ in ("prep", "agent") and child.lower_ in ("by", "of", "against", "between", "led"):
            role = _role(trigger, subject=child.lower_ == "by")
            arguments += [(inner, role) for inner in child.children if inner.dep_ == "pobj"]
        elif child.dep_ in ("acl", "relcl"):
            for inner in child.subtree:
                if inner.dep_ == "pobj" and inner.head.lower_ in ("by", "against"):
                    arguments.append((inner, _role(trigger, subject=inner.head.lower_ == "by")))
    if head.dep_ in ("nsubj", "nsubjpass"):
        return arguments
    if parsing.is_verb(head) and head.dep_ in ("relcl", "acl"):
        arguments.append((head.head, _role(trigger, subject=head.tag_ != "VBN")))
    return arguments


def _role(trigger: Trigger, *, subject: bool) -> Role:
    if trigger.kind in ("crackdown", "protest"):
        return ("initiator" if trigger.kind == "crackdown" else "participant") if subject else "target"
    return "participant" if trigger.kind in ("election", "vote") else "initiator"


def _named(
    doc: Doc, offset: int, token: Token, role: Role, country: str, registry: Registry
) -> list[Participant]:
    """The actors that an argument and what is joined to it by "and" name."""
    if token.tag_ in ("PRP", "PRP$"):
        person = (
            registry.person_before(offset + token.idx)
            if token.lower_ in ("he", "she", "him", "her", "his")
            else None
        )
        if person is None:
            return []
        span = Span(offset + token.idx, offset + token.idx + len(token))
        return [Participant(person.full, role, person.kind, "", span)]
    subtree = [
        part
        for part in token.subtree
        if not any(up.dep_ in ("relcl", "acl", "advcl") for up in _between(part, token))
    ]
    start, end = offset + subtree[0].idx, offset + subtree[-1].idx + len(subtree[-1])
    names = [
        Participant(name.full, role, name.kind, "", Span(name.start, name.end))
        for name in registry.within(start, end)
    ]
    if names:
        return names
    core = [
        part
        for part in subtree
        if part.i == token.i or (part.head.i == token.i and part.dep_ in ("compound", "amod", "nmod", "det"))
    ]
    first, last = core[0].idx, core[-1].idx + len(core[-1])
    for kind, pattern in _vocabulary().collectives.items():
        match = pattern.search(doc.text, first, last)
        if match:
            name = re.sub(r"^the ", "", match[0], flags=re.IGNORECASE)
            return [
                Participant(name, role, kind, country, Span(offset + match.start(), offset + match.end()))
            ]
    return []


def _between(part: Token, top: Token) -> list[Token]:
    steps = []
    while part.i != top.i and part.head.i != part.i:
        steps.append(part)
        part = part.head
    return steps


def cited(doc: Doc, head: Token, offset: int) -> Span | None:
    """Who says so: the subject of a verb of saying above the trigger, or the words after "according to"."""
    from timeline.extraction.status import verbs

    match = re.search(r"[Aa]ccording to ((?:[^,.;]){3,60})", doc.text)
    if match:
        return Span(offset + match.start(1), offset + match.end(1))
    for verb in parsing.chain(head)[1:]:
        if verb.lower_ in verbs("speech"):
            for child in verb.children:
                if child.dep_ == "nsubj" and child.tag_ != "PRP":
                    subtree = [token for token in child.subtree]
                    start = offset + subtree[0].idx
                    end = offset + subtree[-1].idx + len(subtree[-1])
                    return (
                        Span(start, end)
                        if end - start <= 80
                        else Span(offset + child.idx, offset + child.idx + len(child))
                    )
    return None
