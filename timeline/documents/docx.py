"""Word documents, `.docx`: the paragraphs of the body in their order, those of tables among them."""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from io import BytesIO

import docx
from docx.document import Document as Word
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement as Element
from docx.text.paragraph import Paragraph

from timeline.documents import titles
from timeline.documents.datelines import day_of_file
from timeline.documents.document import MAXIMUM_BYTES, Document, Place, Unreadable, clean, composed

UNPACKED = 200_000_000  # bytes that the parts may have together
PARTS = 10_000
OLE = b"\xd0\xcf\x11\xe0"  # what older Word files and encrypted ones begin with
HEADINGS = ("Title", "Heading 1")

# What a reader of the finished text doesn't see, and the second form of a picture with words in it.
_UNSEEN = (
    qn("w:del"),
    qn("w:moveFrom"),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
)
_PARAGRAPH, _TEXT = qn("w:p"), qn("w:t")
_SPACES = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}


def parse(content: bytes, name: str, published: date | None = None) -> Iterator[Document]:
    """The document that a Word file is; raises Unreadable."""
    _check(content)
    word = docx.Document(BytesIO(content))
    paragraphs = list(_paragraphs(word))
    if not paragraphs:
        raise Unreadable("It holds no text.", "If its pages are pictures, run OCR over them.")
    properties = word.core_properties
    first = _headline(word, paragraphs, titles.sensible(properties.title))
    headline = paragraphs[first][1]
    rest = [text for number, (_, text) in enumerate(paragraphs) if number != first]
    body = "\n\n".join(rest)
    made = properties.created.date().isoformat() if properties.created else ""
    day = day_of_file(name, f"{headline}\n\n{body}", published, made)
    yield composed(name, clean(headline), clean(body), day, places=_places(headline, first, rest))


def _check(content: bytes) -> None:
    """Refuse what is no package, or would unpack to become endless."""
    if content.startswith(OLE):
        raise Unreadable(
            "It is locked with a password, or of an older Word.", "Save it as .docx, without a password."
        )
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            parts = package.infolist()
    except zipfile.BadZipFile as error:
        raise Unreadable("It is no Word file, or a broken one.", "Save it as .docx again.") from error
    # No more is read of a part than is told here, whatever it would unpack to.
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise Unreadable(
            f"It unpacks to over {UNPACKED // 1_000_000} MB or {PARTS:,} parts.", "Save its text as .txt."
        )


def _paragraphs(word: Word) -> Iterator[tuple[Element, str]]:
    """Every paragraph that isn't empty, with its words as they stand once changes are accepted."""
    length = 0
    for paragraph in word.element.body.iter(_PARAGRAPH):
        text = "\n".join(line for part in _words(paragraph).split("\n") if (line := " ".join(part.split())))
        length += len(text)
        if length > MAXIMUM_BYTES:
            raise Unreadable("Its text is over 5 MB.", "Split it.")
        if text:
            yield paragraph, text


def _words(paragraph: Element) -> str:
    return "".join(_parts(paragraph)).replace("\u00ad", "")


def _parts(element: Element) -> Iterator[str]:
    """Words of a paragraph; those of one inside it, as in a box of text, are that one's own."""
    for child in element:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag in _SPACES:
            yield _SPACES[child.tag]
        elif child.tag != _PARAGRAPH and child.tag not in _UNSEEN:
            yield from _parts(child)


def _headline(word: Word, paragraphs: list[tuple[Element, str]], title: str) -> int:
    """Which paragraph is the headline: that of the title told, else the first heading, else the first."""
    opening = paragraphs[:20]
    for number, (_, text) in enumerate(opening):
        if title and titles.same(text, title):
            return number
    for number, (element, text) in enumerate(opening):
        style = Paragraph(element, word).style
        if style and style.name in HEADINGS and len(text) <= titles.MAXIMUM_HEADLINE:
            return number
    return 0


def _places(headline: str, first: int, rest: Iterable[str]) -> Iterator[Place]:
    """Where paragraphs begin in the body, by their number in the file."""
    yield Place(-len(headline) - 2, "paragraph", first + 1)
    start = 0
    for number, text in enumerate(rest, 1):
        yield Place(start, "paragraph", number if number <= first else number + 1)
        start += len(text) + 2
