"""Who takes part: names found in the whole article, and who of them does what in one sentence.

A name is a run of capitalised words. Its fullest form in the article stands for its shorter ones ("Mr Sall",
"Sall" -> "Macky Sall"), initials for the name they follow in brackets ("CHP"), and "he" or "the president"
for the person last named.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from timeline.extraction import clock, lexicon, parsing, places, status
from timeline.extraction.records import ActorKind, Participant, Role, Span
from timeline.extraction.triggers import Trigger

if TYPE_CHECKING:  # spaCy takes a second to import, and much of the program does without
    from spacy.tokens import Doc, Token

_WORD = r"(?:(?:al|el|as|ash|an|ad|at)-)?[^\W\d_a-zß-öø-ÿ](?:[\w’'.-]*\w|\.)?"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATED = rf"(?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}})"  # "the February 20 Movement"
MOST = 6  # actors of one mention
_PRONOUN_REACH = 500  # code points
_ONE_SENTENCE = 120
_SUBJECTS = {"nsubj", "nsubjpass", "csubj"}
_ACTING = {"nsubj", "nsubjpass", "pobj", "conj"}
_OBJECTS = {"dobj", "iobj", "attr", "dative", "oprd"}


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    name: re.Pattern[str]
    titles: frozenset[str]
    title: re.Pattern[str]
    organisation_words: frozenset[str]
    never: frozenset[str]
    common: frozenset[str]
    adjectives: frozenset[str]
    bodies: frozenset[str]
    sites: frozenset[str]
    things: frozenset[str]
    parties: re.Pattern[str]
    offices: tuple[str, ...]
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
    """All names of one article in text order, and who holds which office; its state is the article's."""

    names: list[Name] = field(default_factory=list)
    offices: dict[str, Name] = field(default_factory=dict)

    def within(self, start: int, end: int) -> list[Name]:
        """Names that stand in `start:end` of the text."""
        first = bisect_right(self.names, start, key=attrgetter("end"))
        return self.names[first : bisect_left(self.names, end, first, key=attrgetter("start"))]

    def person_meant(self, sentence: int, offset: int) -> Name | None:
        """Whom "he" or "she" at the offset means: the sentence's first person, else the one before's.

        The first named is the subject as a rule, and the subject is whom a pronoun takes up.
        """
        reach = sentence - _PRONOUN_REACH - _ONE_SENTENCE
        persons = [name for name in self.within(reach, offset) if name.kind == "person"]
        here = [name for name in persons if name.start >= sentence]
        if here:
            return here[0]
        if not persons or sentence - persons[-1].start > _PRONOUN_REACH:
            return None
        last = persons[-1].start
        return next(name for name in persons if last - name.start <= _ONE_SENTENCE)


@lru_cache(maxsize=1)
def _vocabulary() -> _Vocabulary:
    data = lexicon.table("participants")
    particles = "|".join(map(re.escape, data["particles"]))
    titles = sorted(data["titles"], key=len, reverse=True)
    return _Vocabulary(
        re.compile(
            rf"(?<![\w-])(?:{_DATED} (?:{_WORD} )?(?:Movement|Coalition|Alliance|Front|Committee|Group)\b"
            rf"|{_WORD} (?:{_WORD} )?and {_WORD} (?:{_WORD} )?"
            rf"(?:Council|Party|Union|Commission|Movement|Front)\b"
            rf"|{_WORD}(?: (?:(?:{particles}) ){{0,2}}{_WORD}){{0,6}})"
        ),
        frozenset(title.rstrip(".") for title in titles),
        re.compile(rf"(?:(?:{'|'.join(map(re.escape, titles))})(?![\w-]) )+"),
        frozenset(data["organisation_words"]),
        frozenset(data["never"]),
        frozenset(data["common"]) | frozenset(data["adjectives"]),
        frozenset(data["adjectives"]),
        frozenset(data["bodies"]),
        frozenset(data["sites"]),
        frozenset(data["things"]),
        re.compile(data["parties"]),
        tuple(sorted(data["offices"], key=len, reverse=True)),
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
    kinds: dict[str, ActorKind] = {n.full: n.kind for n in reversed(found) if n.kind != "group"}
    kinds |= {name.full: "person" for name in found if name.kind == "person"}
    # A single word that nothing says is a name has to keep its capital inside a sentence too.
    inside = {name.full for name in found if not _opens_sentence(text, name.start)}
    sites = _sites(text, found)
    names = []
    for name in found:
        full = full_of[name.full]
        several = len(full.split()) > 1 and not full.isupper()
        kind = kinds.get(full) or kinds.get(name.full) or ("person" if several else "group")
        if kind == "group" and (name.full not in inside or "-" in full):
            continue
        if kind != "organisation" and full in sites:
            continue
        if _names_somebody(full):
            names.append(Name(name.start, name.end, full, kind))
    return Registry(names, _offices(text, names))


def _names_somebody(full: str) -> bool:
    """Whether a name is of a person or a body: no agency, thing or place, nor a bare "Commission"."""
    vocabulary = _vocabulary()
    words = full.split()
    if full in vocabulary.never or full in vocabulary.bodies:
        return False
    return words[-1] not in vocabulary.things and words[0] not in vocabulary.sites


def _sites(text: str, found: list[Name]) -> set[str]:
    """Names that stand as a place does, "in Andijan" or "the town of Qorasuv", half of the time or more."""
    stands: dict[str, list[bool]] = {}
    for name in found:
        before = text[max(0, name.start - 24) : name.start]
        stands.setdefault(name.full, []).append(name.kind != "person" and bool(_AT.search(before)))
    return {full for full, where in stands.items() if 2 * sum(where) >= len(where)}


_AT = re.compile(
    r"\b(?:(?:in|at|near|outside|around|inside|along)|"
    r"(?:town|city|village|suburb|district|province|region|port|island|state) of)(?: the)? $",
    re.IGNORECASE,
)


def _offices(text: str, names: list[Name]) -> dict[str, Name]:
    """Who is called president, mayor and so on: the person named most often right after the title."""
    held: dict[str, list[Name]] = {}
    for name in names:
        if name.kind == "person":
            before = text[max(0, name.start - 20) : name.start].lower().rstrip(" ,")
            for office in _vocabulary().offices:
                if before.endswith(office):
                    held.setdefault(office, []).append(name)
                    break
    return {office: _commonest(holders) for office, holders in held.items()}


def _commonest(names: list[Name]) -> Name:
    fulls = Counter(name.full for name in names)
    return max(names, key=lambda name: fulls[name.full])


def _trim(text: str, start: int, end: int) -> Iterable[Name]:
    """The names in a run of capitalised words; the kind "group" stands for "nothing says what"."""
    start, kind = _past_openers(text, start, end)
    possessive = re.search(r"[’']s?(?= |$)", text[start:end])
    rest, last = end, end
    if possessive and not _one_name(text[start:end], possessive.start()):
        rest, end = start + possessive.end() + 1, start + possessive.start()
    if start < end:
        start, kind = _past_inner_title(text, start, end, kind)
        start, kind = _past_place(text, start, end, kind)
        name = text[start:end].rstrip(".,")
        inside = places.find(name)
        if len(name) > 2 and not (inside and inside[0].end == len(name)):
            if kind != "person" and set(re.findall(r"[\w’'-]+", name)) & _vocabulary().organisation_words:
                kind = "organisation"
            yield Name(start, start + len(name), name, kind)
    if rest < last:
        yield from _trim(text, rest, last)


def _past_openers(text: str, start: int, end: int) -> tuple[int, ActorKind]:
    """Where a name begins after titles and words that only open a sentence, and what the titles say it is."""
    vocabulary = _vocabulary()
    kind: ActorKind = "group"
    while start < end:
        title = vocabulary.title.match(text, start, end)
        if title and title.end() < end:
            start, kind = title.end(), "person"
            continue
        word = re.compile(r"[\w’'.-]+").match(text, start, end)
        if word is None:
            return end, kind
        bare = re.sub(r"[’']s?$", "", word[0])
        opens = bare not in _MAY_BEGIN_NAMES or _opens_sentence(text, start)
        if not (opens and bare in vocabulary.common | {"and"}) or _names_organisation(text, word, end):
            break
        gap = re.compile(r"\W+").match(text, word.end(), end)
        start = gap.end() if gap else end
    return start, kind


def _names_organisation(text: str, word: re.Match[str], end: int) -> bool:
    """Whether a common word belongs to a name: "[Conservative] Party", "[February] 20 Movement"."""
    vocabulary = _vocabulary()
    rest = re.findall(r"[^\W\d_][\w-]*", re.split(r"[’']s?(?= |$)", text[word.end() : end])[0])
    if word[0] in vocabulary.organisation_words:
        return bool(rest)
    if re.match(_DATED, text[word.start() : end]):
        return True
    adjective = word[0] in vocabulary.adjectives
    return adjective and bool(rest) and rest[-1] in vocabulary.organisation_words


def _past_inner_title(text: str, start: int, end: int, kind: ActorKind) -> tuple[int, ActorKind]:
    """After a title inside the run: in "Suspended Romanian President Traian Băsescu" that is the name."""
    words = f"{text[start:end]} "
    if words.split()[-1:] and words.rsplit(maxsplit=1)[-1] in _vocabulary().organisation_words:
        return start, kind
    for title in _vocabulary().title.finditer(words):
        if title.start() == 0 or words[title.start() - 1] == " ":
            after = min(start + title.end(), end)
            return after, "person" if after < end else kind
    return start, kind


def _past_place(text: str, start: int, end: int, kind: ActorKind) -> tuple[int, ActorKind]:
    """After the country of an office: "President [of Bulgaria] Georgi Parvanov", "[Kenyan] John Githongo"."""
    of = re.compile(r"(?:of|for) (?:the )?").match(text, start, end)
    if of is None or kind != "person":
        first = next(iter(places.find(text, start, end)), None)
        names = text[first.end : end].split() if first and first.start == start else []
        if (
            first
            and first.sort != "city"
            and len(names) > 1
            and names[-1] not in _vocabulary().organisation_words
        ):
            return first.end + 1, "person"
        return start, kind
    where = places.find(text, of.end(), end)
    named = where and where[0].start == of.end()
    return min(where[0].end + 1, end) if named else end, kind


_MAY_BEGIN_NAMES = {"My", "Our", "We", "New", "One", "First", "People", "National", "Rights", "Human"}


def _opens_sentence(text: str, start: int) -> bool:
    """Whether a capital at `start` is due to a sentence or quotation beginning there."""
    before = text[max(0, start - 3) : start].rstrip(" ")
    return not before or before[-1] in ".!?:;\n“\"‘'([-–—•*"


def _one_name(words: str, apostrophe: int) -> bool:
    """Whether a possessive is part of the name: "Republican People’s Party", but "Spain’s Party"."""
    owner, rest = words[:apostrophe], words[apostrophe:].split()[1:]
    organisations = _vocabulary().organisation_words
    return bool(rest) and rest[-1] in organisations and owner.split()[-1:][0] in _OWNERS


_OWNERS = {
    "People",
    "Peoples",
    "Women",
    "Workers",
    "Farmers",
    "Citizens",
    "Writers",
    "Teachers",
    "Nations",
    "Men",
}


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
    clock.check()
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
    """Who takes part in the trigger's event: arguments of its verb and noun, then others that are named.

    `offset` is where the sentence starts in the text; spans are offsets into the text.
    """
    sources = _sources(doc, head, trigger)
    found: list[Participant] = []
    for token, role in _arguments(head, trigger):
        if token.i in sources:
            continue
        for participant in _named(doc, offset, token, role, country, registry):
            if _fits(participant, trigger) and all(participant.name != other.name for other in found):
                found.append(participant)
    for participant in _bystanders(doc, offset, trigger, sources, country, registry):
        if all(participant.name != other.name for other in found):
            found.append(participant)
    return found[:MOST]


def _sources(doc: Doc, head: Token, trigger: Trigger) -> set[int]:
    """Tokens of those who only say so: subjects of verbs of saying, and what follows "according to"."""
    own = parsing.governor(head)
    deciding = status.verbs("decision") if trigger.kind in status.VOTES else frozenset()
    sources: set[int] = set()
    for token in _speaking(doc):
        if token.lower_ == "according":
            sources |= {part.i for part in token.subtree}
        elif token.lower_ not in deciding and token.i != own.i and not _acts(token):
            for child in token.children:
                if child.dep_ in _SUBJECTS:
                    sources |= {part.i for part in child.subtree}
    return sources


@lru_cache(maxsize=1)
def _speaking(doc: Doc) -> list[Token]:
    """Verbs of saying, and "according", of the sentence that is read."""
    words = status.verbs("speech") | {"according"}
    return [token for token in doc if token.lower_ in words]


def _acts(verb: Token) -> bool:
    """Whether a verb of saying acts here: it has an object and no clause ("called an election")."""
    relations = {child.dep_ for child in verb.children}
    return "dobj" in relations and "ccomp" not in relations


_IN_EVERY_PROTEST = {"protesters", "parliament", "government"}
_IN_EVERY_CRACKDOWN = {
    "protesters",
    "activists",
    "parliament",
    "opposition",
    "campaigners",
    "democracy campaigners",
    "journalists",
}


def _fits(participant: Participant, trigger: Trigger) -> bool:
    """Whether such an actor belongs to such an event: police don't protest; protesters go without saying."""
    collective = participant.name[:1].islower()
    if trigger.kind == "protest":
        return participant.kind != "state" and participant.name.lower() not in _IN_EVERY_PROTEST
    if trigger.kind == "crackdown":
        return participant.name.lower() not in _IN_EVERY_CRACKDOWN
    if trigger.kind == "constitutional_change":
        return participant.kind != "group" or not collective
    return not collective


def _bystanders(
    doc: Doc, offset: int, trigger: Trigger, sources: set[int], country: str, registry: Registry
) -> list[Participant]:
    """Those named beside the arguments: whoever a vote or a protest is about, forces that act."""
    found = []
    for name in registry.within(offset, offset + len(parsing.words(doc))):
        token = parsing.token_at(doc, name.start - offset, name.end - offset)
        if token is None or token.i in sources:
            continue
        about = name.kind == "person" and trigger.kind in ("referendum", "election", "protest")
        if about or (trigger.kind == "election" and _vocabulary().parties.search(name.full)):
            found.append(Participant(name.full, "participant", name.kind, "", Span(name.start, name.end)))
    if trigger.kind == "crackdown":
        match = _vocabulary().collectives["state"].search(parsing.words(doc))
        token = parsing.token_at(doc, match.start(), match.end()) if match else None
        if match and token is not None and token.i not in sources and token.dep_ in _ACTING:
            span = Span(offset + match.start(), offset + match.end())
            found.append(Participant(_bare(match[0]), "initiator", "state", country, span))
    return found


def _bare(collective: str) -> str:
    return re.sub(r"^the ", "", collective, flags=re.IGNORECASE)


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
        person = None
        if token.lower_ in ("he", "she", "him", "her", "his"):
            person = registry.person_meant(offset, offset + token.idx)
        return [_as_participant(person, role, token, offset)] if person else []
    own = _without_clauses(token)
    subtree = [part for part in token.subtree if part.i in own]
    start, end = offset + subtree[0].idx, offset + subtree[-1].idx + len(subtree[-1])
    names = [
        Participant(name.full, role, name.kind, "", Span(name.start, name.end))
        for name in registry.within(start, end)
    ]
    if names:
        return names
    office = " ".join(part.lower_ for part in subtree if part.dep_ not in ("det", "poss"))
    if holder := registry.offices.get(office):
        return [_as_participant(holder, role, token, offset)]
    core = [
        part
        for part in subtree
        if part.i == token.i or (part.head.i == token.i and part.dep_ in ("compound", "amod", "nmod", "det"))
    ]
    first, last = core[0].idx, core[-1].idx + len(core[-1])
    for kind, pattern in _vocabulary().collectives.items():
        match = pattern.search(parsing.words(doc), first, last)
        if match:
            span = Span(offset + match.start(), offset + match.end())
            return [Participant(_bare(match[0]), role, kind, country, span)]
    return []


def _as_participant(name: Name, role: Role, token: Token, offset: int) -> Participant:
    """Somebody who is only pointed at here: the name is from elsewhere, the words are these."""
    words = Span(offset + token.idx, offset + token.idx + len(token))
    return Participant(name.full, role, name.kind, "", words)


def _without_clauses(top: Token) -> set[int]:
    """The indexes of the token and of what hangs on it, but for clauses."""
    own, open_ = set(), [top]
    while open_:
        token = open_.pop()
        own.add(token.i)
        open_ += [child for child in token.children if child.dep_ not in ("relcl", "acl", "advcl")]
    return own


def cited(doc: Doc, head: Token, offset: int) -> Span | None:
    """Who says so: the subject of a verb of saying above the trigger, or the words after "according to"."""

    match = re.search(r"[Aa]ccording to ((?:[^,.;]){3,60})", parsing.words(doc))
    if match:
        return Span(offset + match.start(1), offset + match.end(1))
    for verb in parsing.chain(head)[1:]:
        if verb.lower_ in status.verbs("speech"):
            for child in verb.children:
                if child.dep_ == "nsubj" and child.tag_ != "PRP":
                    subtree = list(child.subtree)
                    start = offset + subtree[0].idx
                    end = offset + subtree[-1].idx + len(subtree[-1])
                    return (
                        Span(start, end)
                        if end - start <= 80
                        else Span(offset + child.idx, offset + child.idx + len(child))
                    )
    return None
