"""PDF files with a text layer: pdfminer says where each line stands, and here lines become paragraphs.

A PDF knows no paragraphs, only where letters are printed. Lines go on in one paragraph where they follow
each other at the distance usual in the file, in one size of type; one that a column or a page breaks goes on
where its words do. What stands at the head or foot of page after page is no part of the text.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import accumulate, groupby, pairwise
from statistics import median
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTChar, LTContainer, LTTextLine
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser, PDFSyntaxError
from pdfminer.pdftypes import resolve1
from pdfminer.utils import decode_text

from timeline.documents import titles
from timeline.documents.datelines import day_of_file
from timeline.documents.document import MAXIMUM_BYTES, Document, Place, Unreadable, clean, composed

MAXIMUM_PAGES = 2000
MARGIN = 0.12  # of a page's height, at its head and foot, in which running lines are looked for
RUNNING = 0.4  # of all pages, and at least two, on which a line must stand: left and right ones may differ
LARGER = 1.15  # times the usual size of type, from which a line can be a headline
COLUMN = 0.2  # of the width of what is printed: the least usual width of a line that makes a column
GUTTER = 8  # points, the least between two columns
LEADING = 1.3  # times the usual distance of lines, beyond which a paragraph begins
LONGEST_WORD = 60  # characters of a line that are looked at for a word that goes on in the next
UNMAPPED = 0.1  # share of letters without a meaning from which a text is none
OCR = "Run OCR over it, such as ocrmypdf, and load what that makes."

LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xa0": " "}
)
_UNMAPPED = re.compile(r"\(cid:\d+\)")
_DIGITS = re.compile(r"\d+|\b[ivxl]+\b")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"(?P<head>[^\W\d_]+)(?P<hyphen>[-\u00ad\u2010])\Z")
_TAIL = re.compile(r"[^\W\d_]+")
_MADE = re.compile(r"D:(\d{4})(\d{2})(\d{2})")

# Words that are more often written with a hyphen after them than in one.
_PREFIXES = frozenset(
    ("all", "anti", "co", "counter", "cross", "ex", "far", "half", "high", "left", "long", "low", "mid",
     "multi", "near", "non", "post", "pre", "pro", "quasi", "right", "self", "semi", "short", "vice", "well")
)  # fmt: skip


@dataclass(slots=True)
class Line:
    """A line as it is printed; lengths in points from the lower left corner of its page.

    `height` is that of the page, `edge` how far the lines of its column go to the right.
    """

    text: str
    page: int
    left: float
    right: float
    top: float
    bottom: float
    size: float
    height: float
    edge: float = 0


def parse(content: bytes, name: str, published: date | None = None) -> Iterator[Document]:
    """The document that a PDF file is; raises Unreadable."""
    try:
        pdf = PDFDocument(PDFParser(BytesIO(content)))
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise Unreadable("It is locked with a password.", "Save a copy that is not.") from error
    except PDFSyntaxError as error:
        raise Unreadable(
            "It is no PDF file, or a broken one.", "Fetch it again, or save it as PDF again."
        ) from error
    lines = [line for line in _without_running(list(_lines(pdf))) if line.text]
    _check(lines)
    information = _information(pdf)
    title, rest = _headline(lines, titles.sensible(information.get("Title", "")))
    body, places = _flow(rest)
    if rest:
        # The headline is printed on the first page.
        places[0] = Place(-len(title) - 2, "page", lines[0].page)
    made = _MADE.match(information.get("CreationDate", ""))
    day = day_of_file(name, f"{title}\n\n{body}", published, "-".join(made.groups()) if made else "")
    yield composed(name, title, clean(body), day, places=places)


def _information(pdf: PDFDocument) -> dict[str, str]:
    """What the file says of itself, as far as that is text."""
    found = {}
    for information in pdf.info:
        for key in ("Title", "CreationDate"):
            value = resolve1(information.get(key))
            if isinstance(value, bytes):
                found[key] = decode_text(value)
    return found


def _check(lines: Sequence[Line]) -> None:
    text = "".join(line.text for line in lines)
    if not any(letter.isalpha() for letter in text):
        raise Unreadable("It has no text layer: its pages are pictures.", OCR)
    unmapped = sum(len(found) for found in _UNMAPPED.findall(text))
    if unmapped > UNMAPPED * len(text):
        raise Unreadable("Its text layer doesn’t say which letters they are.", OCR)


def _lines(pdf: PDFDocument) -> Iterator[Line]:
    """All lines in the order in which they are read."""
    manager = PDFResourceManager()
    # Which lines stand together is seen below; pdfminer's own view of it is dear, and takes columns amiss.
    device = PDFPageAggregator(manager, laparams=LAParams(boxes_flow=None, all_texts=True))
    interpreter = PDFPageInterpreter(manager, device)
    length = 0
    for number, page in enumerate(PDFPage.create_pages(pdf), 1):
        if number > MAXIMUM_PAGES:
            raise Unreadable(f"It has over {MAXIMUM_PAGES} pages.", "Split it.")
        interpreter.process_page(page)
        layout = device.get_result()
        lines = [_line(line, number, layout.height or 1) for line in _text_lines(layout)]
        length += sum(len(line.text) for line in lines)
        if length > MAXIMUM_BYTES:
            raise Unreadable("Its text is over 5 MB.", "Split it.")
        yield from _in_order([line for line in lines if line.text])


def _text_lines(container: LTContainer[Any]) -> Iterator[LTTextLine]:
    left: list[object] = [container]
    while left:
        item = left.pop()
        if isinstance(item, LTTextLine):
            yield item
        elif isinstance(item, LTContainer):
            left.extend(reversed(list(item)))


def _line(line: LTTextLine, page: int, height: float) -> Line:
    text = " ".join(line.get_text().translate(LIGATURES).replace("\0", " ").split())
    first = next(
        (letter for letter in line if isinstance(letter, LTChar) and letter.get_text().strip()), line
    )
    size = first.size if isinstance(first, LTChar) else line.height
    return Line(text, page, first.x0, line.x1, line.y1, line.y0, size or 1, height)


def _in_order(lines: list[Line]) -> list[Line]:
    """The lines of a page as they are read: from the top, and in columns the left one first."""
    gutter = _gutter(lines)
    edge = max((line.right for line in lines), default=0)
    for line in lines:
        line.edge = edge
    if gutter is None:
        return sorted(lines, key=lambda line: (-round(line.bottom / 3), line.left))
    ordered: list[Line] = []
    columns: list[Line] = []
    for line in sorted(lines, key=lambda line: -line.bottom):
        if line.left < gutter < line.right:
            # It stands across the columns: what is above it comes first.
            ordered += [*_side_by_side(columns, gutter), line]
            columns = []
        else:
            columns.append(line)
    return ordered + _side_by_side(columns, gutter)


def _side_by_side(lines: list[Line], gutter: float) -> list[Line]:
    left = [line for line in lines if line.right <= gutter]
    right = [line for line in lines if line.right > gutter]
    return _in_order(left) + _in_order(right)


def _gutter(lines: list[Line]) -> float | None:
    """Where a page parts into columns: a gap from top to bottom that few lines cross."""
    if len(lines) < 6:
        return None
    least, most = min(line.left for line in lines), max(line.right for line in lines)
    width = min(int(most - least), 10_000)
    change = [0] * (width + 2)
    for line in lines:
        change[min(max(int(line.left - least), 0), width)] += 1
        change[min(max(int(line.right - least) + 1, 0), width + 1)] -= 1
    covered = list(accumulate(change))
    best: tuple[int, int, float] | None = None
    for crossing, gap in groupby(range(width + 1), key=lambda x: covered[x]):
        stretch = list(gap)
        middle = least + (stretch[0] + stretch[-1]) / 2
        if crossing <= len(lines) / 2 and len(stretch) >= GUTTER and _parts(lines, middle, COLUMN * width):
            best = min(filter(None, [best, (crossing, -len(stretch), middle)]))
    return best[2] if best else None


def _parts(lines: list[Line], middle: float, least: float) -> bool:
    """Whether there are columns of text to the left and right of it; those of tables are narrower."""
    left = [line for line in lines if line.right <= middle]
    right = [line for line in lines if line.left >= middle]
    return (
        min(len(left), len(right)) >= 3
        and min(median(line.right - line.left for line in side) for side in (left, right)) >= least
        and max(line.top for line in left) > min(line.bottom for line in right)
        and max(line.top for line in right) > min(line.bottom for line in left)
    )


def _without_running(lines: list[Line]) -> list[Line]:
    """The lines but for heads, feet and numbers of pages: what stands in one place on page after page."""
    pages: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for line in lines:
        if key := _running_key(line):
            pages[key].add(line.page)
    count = len({line.page for line in lines})
    running = {key for key, on in pages.items() if len(on) >= max(2, count * RUNNING)}
    return [line for line in lines if _running_key(line) not in running]


def _running_key(line: Line) -> tuple[str, int] | None:
    """What a line at the head or foot of a page has in common with that of other pages: words and height."""
    if MARGIN * line.height < line.bottom < (1 - MARGIN) * line.height:
        return None
    return _DIGITS.sub("#", line.text.casefold()), round(line.bottom / 10)


def _headline(lines: list[Line], title: str) -> tuple[str, list[Line]]:
    """The headline, and the lines without it.

    It is the title of the file's properties if that is printed on the first page; else what is printed
    largest there; else that title, or the first line.
    """
    first = [line for line in lines if line.page == lines[0].page]
    if title and (found := _printed(first, title)):
        return title, [line for line in lines if line not in found]
    usual = median(line.size for line in lines for _ in line.text)
    largest = max(first, key=lambda line: line.size)
    if largest.size >= LARGER * usual:
        start = first.index(largest)
        end = start
        while end < len(first) and abs(first[end].size - largest.size) < 0.5:
            end += 1
        headline = _joined([line.text for line in first[start:end]], _words(lines))
        if len(headline) <= titles.MAXIMUM_HEADLINE:
            taken = set(range(start, end))
            return headline, [line for number, line in enumerate(lines) if number not in taken]
    if " " in title:
        return title, lines
    return lines[0].text, lines[1:]


def _printed(lines: list[Line], title: str) -> list[Line]:
    """The lines that together are the title."""
    for start in range(len(lines)):
        words = ""
        for end in range(start, min(start + 8, len(lines))):
            words = f"{words} {lines[end].text}"
            if titles.same(words, title):
                return lines[start : end + 1]
    return []


def _flow(lines: list[Line]) -> tuple[str, list[Place]]:
    """The lines as paragraphs with a blank line between, and where each page begins in that."""
    if not lines:
        return "", []
    leading, known = _leading(lines), _words(lines)
    text = lines[0].text
    places = [Place(0, "page", lines[0].page)]
    for one, other in pairwise(lines):
        if _goes_on(one, other, leading):
            text_before, space = _hyphen(text, other.text, known)
            text = text_before + space
        else:
            text += "\n\n"
        if other.page != one.page:
            places.append(Place(len(text), "page", other.page))
        text += other.text
    return text, places


def _leading(lines: Iterable[Line]) -> float:
    """The usual distance of lines in a paragraph, in sizes of their type."""
    distances = sorted(
        (one.bottom - other.bottom) / one.size for one, other in pairwise(lines) if _follows(one, other)
    )
    return distances[len(distances) // 4] if distances else 1.2


def _follows(one: Line, other: Line) -> bool:
    """Whether a line stands below another in the same column, in the same size of type."""
    return (
        one.page == other.page
        and one.bottom > other.bottom
        and abs(one.size - other.size) < 0.1 * one.size
        and min(one.right, other.right) > max(one.left, other.left)
        and one.bottom - other.bottom < 4 * one.size
    )


def _goes_on(one: Line, other: Line, leading: float) -> bool:
    """Whether a line goes on with the paragraph of the one before it."""
    ended = one.text.endswith((".", "!", "?", ":", "”", '"', "’", ")"))
    if not _follows(one, other):
        # Another column or page, or another size of type: it goes on only where a sentence does.
        return (
            abs(one.size - other.size) < 0.1 * one.size
            and not ended
            and (other.text[0].islower() or bool(_BROKEN.search(one.text[-LONGEST_WORD:])))
        )
    if one.bottom - other.bottom > LEADING * leading * one.size:
        return False
    if other.left - one.left > 0.8 * one.size and (ended or one.right < one.edge - 3 * one.size):
        return False  # the first line of a paragraph is set in
    if other.text[0].islower() and not ended:
        return True
    # A short line ends a paragraph.
    return one.right > one.edge - 0.25 * (one.edge - one.left)


def _words(lines: Iterable[Line]) -> Counter[str]:
    """The words of the file that no line breaks, with and without hyphens."""
    found: Counter[str] = Counter()
    for line in lines:
        words = [word.casefold() for word in _WORD.findall(line.text)]
        found.update(words[1:-1] if len(words) > 2 else [])
    return found


def _joined(texts: Iterable[str], known: Counter[str]) -> str:
    text = ""
    for other in texts:
        before, space = _hyphen(text, other, known) if text else ("", "")
        text = before + space + other
    return text


def _hyphen(text: str, following: str, known: Counter[str]) -> tuple[str, str]:
    """The text and what goes between it and the next line, which its last word may go on in.

    The hyphen goes where the file has the word in one, or has neither form and the parts are no words of it
    that a hyphen joins; it stays where the file has it so elsewhere.
    """
    broken, tail = _BROKEN.search(text[-LONGEST_WORD:]), _TAIL.match(following)
    if not broken or not tail:
        return text, " "
    if broken["hyphen"] == "\u00ad":
        return text[:-1], ""
    head, end = broken["head"].casefold(), tail[0].casefold()
    sure_whole = known[head + end] > 0
    sure_hyphen = known[f"{head}-{end}"] > 0 or not tail[0].islower() or head in _PREFIXES
    both_words = known[head] > 0 and known[end] > 0
    if sure_whole or not (sure_hyphen or both_words):
        return text[:-1], ""
    return text, ""
