"""Where the paragraphs and sentences of an article are, by rule.

Everything is one pass over the text with patterns that never backtrack, so that a megabyte without a
full stop costs what any other megabyte costs. No sentence is longer than LONGEST, so that what is done
sentence by sentence costs no more either. Offsets are code points into the text, as everywhere.
"""

import re

from timeline.extraction.records import Span

# What goes on for longer than this is no sentence: it is cut, between two words if it has any.
LONGEST = 2_000


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# Never the last word of a sentence: something that they introduce has to follow.
OPENERS = _words(
    "mr mrs ms mx dr prof gen col maj lt sgt cpl capt cmdr adm brig sen rep gov pres hon rev fr st ste",
    "messrs mmes supt det insp vs v cf viz eg ie approx ca c al fig figs art arts sec sect ch vol ed eds",
)
# Abbreviations only if a number follows: "No. 5", "Feb. 28"; else "no." and "Feb." may well end a sentence.
BEFORE_NUMBERS = _words(
    "no nos pp p para jan feb febr mar apr jun jul aug sep sept oct nov dec",
    "mon tue tues wed thu thur thurs fri sat sun",
)
# May stand at the end of a sentence or in the middle of one: what follows tells.
EITHER = _words("inc ltd co corp plc jr sr etc bros dept univ est gmbh")
# Words that, with a capital, nearly always begin a sentence rather than a name.
STARTERS = _words(
    "the a an in on at by for from to of with and but or so yet if as when while since until after before",
    "during he she it they we you i his her its their our this that these those there here what who where",
    "why how all many most some several few one two three no not now then today yesterday meanwhile",
    "however also both although despite under over last according",
)

_BREAK = re.compile(r"\n(?:[^\S\n]*+\n)++|\n")
_BULLET = re.compile(r"[^\S\n]*+(?:[-–—*•·▪‣]|\(?\d{1,2}[.)]|#{1,6})[^\S\n]")
# A line of a chronology: "16 January – …", "March 5: …", "1979: …".
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_ENTRY = re.compile(
    rf"[^\S\n]*+(?:{_MONTH}(?:[^\S\n]\d{{1,2}}(?:[-–]\d{{1,2}})?)?|\d{{1,2}}(?:[-–]\d{{1,2}})?[^\S\n]{_MONTH}|(?=\d{{4}}))"
    r"(?:,?[^\S\n]?\d{4})?(?::|[^\S\n][-–—])[^\S\n]"
)
# A run of stops, the quotes and brackets that close with it, and footnote marks.
_STOP = re.compile(r"[.!?…]++[\"'”’»)\]]*+(?:\[\d{1,3}\])*+")
_LOOK_BACK = 24  # code points: longer than any abbreviation
_LONGEST_WRAPPED_LINE = 120
_SHORTEST_WRAPPED_LINE = 40


def paragraphs(text: str) -> list[Span]:
    """Blocks of text between blank lines, headings, bullets and unwrapped lines, trimmed and in order.

    A line end inside hard-wrapped prose doesn't end a paragraph; one after a line that still had room for
    the next word does, as does one before a bullet or an entry of a chronology.

    >>> [(span.start, span.end) for span in paragraphs("Headline\\n\\nOne.\\n- two")]
    [(0, 8), (10, 14), (15, 20)]
    """
    spans: list[Span] = []
    for block in _blocks(text):
        start, end = block[0]
        widest = max(end - start for start, end in block)
        for line_start, line_end in block[1:]:
            if _wrapped(text, start, end, line_start, line_end, widest):
                end = line_end
            else:
                _add(spans, text, start, end)
                start, end = line_start, line_end
                continue
        _add(spans, text, start, end)
    return spans


def sentences(text: str) -> list[Span]:
    """Sentences, trimmed, in order, apart, of at most LONGEST, and holding all that is not white space.

    >>> text = "Mr. K. P. Oli spoke on Feb. 28. He won."
    >>> [text[span.start:span.end] for span in sentences(text)]
    ['Mr. K. P. Oli spoke on Feb. 28.', 'He won.']
    """
    spans: list[Span] = []
    for paragraph in paragraphs(text):
        start = paragraph.start
        for stop in _STOP.finditer(text, paragraph.start, paragraph.end):
            end = stop.end()
            if end < paragraph.end and _ends(text, stop, start, paragraph.end):
                _add_cut(spans, text, start, end)
                start = end
        _add_cut(spans, text, start, paragraph.end)
    return spans


def _add_cut(spans: list[Span], text: str, start: int, end: int) -> None:
    while end - start > LONGEST:
        most = start + LONGEST
        blank = text.rfind(" ", start + LONGEST // 2, most)
        cut = blank if blank >= 0 else most
        _add(spans, text, start, cut)
        start = cut
    _add(spans, text, start, end)


def _blocks(text: str) -> list[list[tuple[int, int]]]:
    """The lines of the text as (start, end), grouped by the blank lines between them."""
    blocks: list[list[tuple[int, int]]] = []
    block: list[tuple[int, int]] = []
    start = 0
    for match in _BREAK.finditer(text):
        if text[start : match.start()].strip():
            block.append((start, match.start()))
        start = match.end()
        if match.end() - match.start() > 1 and block:
            blocks.append(block)
            block = []
    if text[start:].strip():
        block.append((start, len(text)))
    if block:
        blocks.append(block)
    return blocks


def _wrapped(text: str, start: int, end: int, next_start: int, next_end: int, widest: int) -> bool:
    """Whether the line end between two lines of a block was only put there to keep lines short.

    `start` is where the paragraph so far begins; `widest` is the length of the block's longest line.
    """
    opens = _BULLET.match(text, next_start, next_end) or _ENTRY.match(text, next_start, next_end)
    if opens or widest > _LONGEST_WRAPPED_LINE:
        return False
    upcoming = text[next_start : next_start + _LONGEST_WRAPPED_LINE].split(maxsplit=1)[:1]
    if not upcoming:
        return False
    if upcoming[0][0].islower() and text[max(start, end - 8) : end].rstrip()[-1:] not in ".!?:":
        return True
    last_line = end - max(text.rfind("\n", start, end) + 1, start)
    return last_line + 1 + len(upcoming[0]) > max(widest, _SHORTEST_WRAPPED_LINE)


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    words = piece.strip()
    if words:
        start += len(piece) - len(piece.lstrip())
        spans.append(Span(start, start + len(words)))


def _ends(text: str, stop: re.Match[str], start: int, paragraph_end: int) -> bool:
    """Whether a stop inside a paragraph, the sentence having begun at `start`, ends the sentence."""
    end = stop.end()
    following = text[end : min(end + _LOOK_BACK, paragraph_end)]
    if not following[0].isspace():
        # A missing space ("victims.The Nigerian"), not a name or number ("Znak.com", "3.5", "U.S.").
        return (
            following[0].isupper()
            and following[1:2].islower()
            and text[stop.start() - 1].islower()
            and stop[0] == "."
        )
    upcoming = following.split(maxsplit=1)
    first = upcoming[0] if upcoming else ""
    bare = first.lstrip("\"'“‘«([")
    if bare[:1].islower():
        return False
    if stop[0][0] != "." or len(stop[0]) > 1:
        return True
    word = text[max(start, stop.start() - _LOOK_BACK) : stop.start()].rsplit(maxsplit=1)[-1:]
    return not word or not _abbreviated(word[0].lstrip("\"'“‘«(["), bare)


def _abbreviated(word: str, upcoming: str) -> bool:
    """Whether the stop after `word` belongs to the word, given the next word without its quotes."""
    lower = word.lower()
    starts = upcoming.rstrip(",.;:'’").lower() in STARTERS
    if len(word) == 1 and word.isalpha() and word.isupper():
        return not (starts and word == "I")  # "K. P. Oli", "World War I. The"
    if lower in BEFORE_NUMBERS:
        return upcoming[:1].isdigit()
    if lower in OPENERS:
        return True
    if "." in word:  # "U.S.", "a.m."
        return word.replace(".", "").isalpha() and len(word) < 8 and not starts
    return lower in EITHER and not starts
