"""Files, folders and corpora as documents with a date.

Read are `.txt` and `.md` (first line `date YYYY-MM-DD HEADLINE`, or front matter), `.html` as saved from a
browser, and `.jsonl` and `.jsonl.gz` (one object a line). What can't be read comes back as a `Failure` that
names the thing, the reason and the mend; the rest is not held up by it.
"""

import errno
import gzip
import json
import logging
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, cast

import yaml

if TYPE_CHECKING:
    from trafilatura.settings import Document as Page

Opener: TypeAlias = Callable[[], BinaryIO]

MAXIMUM_BYTES = 5_000_000
SUFFIXES = (".txt", ".md", ".html", ".htm", ".jsonl", ".jsonl.gz")
MAXIMUM_PUBLISHER = 200
MAXIMUM_LOCATION = 1000

ADDRESS = re.compile(r"https?://[^\s<>\"]{1,1990}", re.IGNORECASE)
HEADER = re.compile(r"\s*date\s+(?P<date>[0-9]\S*)[^\S\n]*(?P<headline>[^\n]*)(?:\n|\Z)", re.IGNORECASE)
FRONT_MATTER = re.compile(r"\s*---[^\S\n]*\n(?P<fields>.*?\n)---[^\S\n]*(?:\n|\Z)", re.DOTALL)
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
GZIP = b"\x1f\x8b"  # what a packed file begins with
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAY_AND_TIME = re.compile(
    rf"(?P<day>{DAY.pattern})(?:[T ](?:[01][0-9]|2[0-4]):[0-5][0-9](?::[0-6][0-9](?:\.[0-9]+)?)?"
    r"(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
FIELDS = ("title", "date", "publisher", "url")  # of front matter; others are let be
MEND_HEADER = "Begin the file with a line such as “date 2021-09-28 Headline”, or pass --published."


@dataclass(frozen=True, slots=True)
class Document:
    """One article: `text` is headline, blank line, body, with line ends made `\\n`.

    `path` is the file, `record` the id of a record inside a corpus file ("" for a file of its own).
    """

    path: str
    headline: str
    published: date
    text: str
    publisher: str = ""
    url: str = ""
    record: str = ""

    @property
    def location(self) -> str:
        """Where it was loaded from: no two documents share it."""
        return f"{self.path}#{self.record}" if self.record else self.path


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that can't be read, why, and what would mend it."""

    location: str
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"{self.location}: {self.reason} {self.mend}"


class Unreadable(ValueError):
    """A document that can't be read; carries the reason and the mend."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason, self.mend = reason, mend


def read(
    paths: Iterable[Path], *, root: Path | None = None, published: date | None = None
) -> Iterator[Document | Failure]:
    """All documents under the paths, folders in sorted order, one at a time.

    `root` is what paths inside it are named from, so that a source keeps its name when the project moves;
    `published` is the date of documents that bear none. Raises nothing for bad documents: they are Failures.
    """
    walked: set[Path] = set()
    for path in paths:
        for file in _files(path, walked):
            if isinstance(file, Failure):
                yield file
                continue
            name = _name(file, root)
            if name == _printable(name):
                yield from _read_file(partial(_open, file), file.name, name, published)
            else:
                yield Failure(_printable(name), "Its name is not UTF-8.", "Rename the file.")


def read_bytes(
    content: bytes, name: str, *, published: date | None = None, most: int | None = None
) -> Iterator[Document | Failure]:
    """The documents of a file that is in memory and not on disk, by the same rules; the name says its kind.

    `most` is how many bytes a corpus may hold unpacked: a small file can be packed to become endless.
    """
    yield from _read_file(lambda: BytesIO(content), name, _printable(name), published, most)


def first_of(content: bytes, name: str, published: date, room: int, most: int) -> list[Document | Failure]:
    """What `read_bytes` gives, at most as many as there is room for, and then a word on the rest."""
    items = read_bytes(content, name, published=published, most=most)
    found = list(islice(items, max(room, 0)))
    if next(items, None):
        found.append(
            Failure(
                f"{name}, after article {len(found)}" if found else name,
                "There are more articles than one upload may hold.",
                "Hand in the rest by itself, or load the file with loadseeds.",
            )
        )
    return found


def _files(start: Path, walked: set[Path]) -> Iterator[Path | Failure]:
    """The files at and under a path, in sorted order; what should be one and isn't comes as a Failure.

    `walked` are the folders seen so far: links between folders may go round in circles.
    """
    left = [start]
    while left:
        path = left.pop()
        # In a folder, files of other kinds are none of ours; a path that was asked for is.
        wanted = path is start or path.name.lower().endswith(SUFFIXES)
        problem: Failure | None = None
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                left.extend(_children(path, walked))
                continue
            if not stat.S_ISREG(mode):
                # Opening a pipe would wait for ever.
                problem = Failure(
                    _printable(str(path)), "It is not a regular file.", "Name a file or a folder."
                )
        except OSError as error:
            # A closed one may well be a folder of articles, whatever its name.
            wanted = wanted or error.errno not in ABSENT
            problem = _absent(path, error) if error.errno in ABSENT else _closed(str(path), error)
        if wanted:
            yield problem or path


def _children(folder: Path, walked: set[Path]) -> list[Path]:
    """What is in a folder that hasn't been walked yet, the last first."""
    real = folder.resolve()
    if real in walked:
        return []
    walked.add(real)
    return sorted((child for child in folder.iterdir() if not child.name.startswith(".")), reverse=True)


def _open(file: Path) -> BinaryIO:
    return file.open("rb")


def _absent(path: Path, error: OSError) -> Failure:
    name = _printable(str(path))
    # Not the method of Path, which may raise.
    if os.path.islink(path):  # noqa: PTH114
        return Failure(name, "It is a broken link.", "Mend the link, or delete it.")
    if error.errno == errno.ELOOP:
        return _closed(name, error)
    return Failure(name, "There is nothing at this path.", "Check the path.")


def _closed(name: str, error: OSError) -> Failure:
    return Failure(
        _printable(name),
        f"It can't be opened: {error.strerror or error}.",
        "Check that it is there and that you may read it.",
    )


def _printable(name: str) -> str:
    """The name with what isn't text in it replaced, so that it can be written anywhere."""
    return name.encode("utf-8", "replace").decode()


def _name(file: Path, root: Path | None) -> str:
    full = file.resolve()
    if root and full.is_relative_to(root.resolve()):
        full = full.relative_to(root.resolve())
    return full.as_posix()


def _read_file(
    opened: Opener, called: str, name: str, published: date | None, most: int | None = None
) -> Iterator[Document | Failure]:
    lower = called.lower()
    try:
        if lower.endswith((".jsonl", ".jsonl.gz")):
            yield from _read_corpus(_lines(opened, packed=lower.endswith(".gz")), name, published, most)
        elif lower.endswith((".html", ".htm")):
            yield parse_html(_content(opened), name, published)
        elif lower.endswith((".txt", ".md")):
            yield parse_text(_decode(_content(opened)), name, published)
        else:
            yield Failure(name, "This kind of file is not read.", f"Read are {', '.join(SUFFIXES)}.")
    except Unreadable as error:
        yield Failure(name, error.reason, error.mend)
    except OSError as error:
        yield _closed(name, error)


def _content(opened: Opener) -> bytes:
    with opened() as file:
        content = file.read(MAXIMUM_BYTES + 1)
    if len(content) > MAXIMUM_BYTES:
        raise Unreadable("It is over 5 MB.", "Split it into one file an article.")
    return content


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"It is not UTF-8 text (byte {error.start}).", "Save it as plain text in UTF-8."
        ) from error


def _clean(text: str) -> str:
    """Line ends made `\\n`; what no database or citation could hold is refused."""
    if "\0" in text:
        raise Unreadable("It holds null characters, so it is not text.", "Save it as plain text in UTF-8.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("It holds half characters (lone surrogates).", "Save it again as UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_text(content: str, name: str, published: date | None = None) -> Document:
    """A `.txt` or `.md` file's content as a document; raises Unreadable."""
    content = _clean(content)
    if not content.strip():
        raise Unreadable("It is empty.", "Put the article's text into it, or delete it.")
    fields: dict[str, str] = {}
    if match := FRONT_MATTER.match(content):
        fields = _front_matter(match["fields"])
        day, headline = fields.get("date", ""), fields.get("title", "")
        body = content[match.end() :]
    elif match := HEADER.match(content):
        day, headline, body = match["date"], match["headline"], content[match.end() :]
    else:
        day, (headline, _, body) = "", content.strip().partition("\n")
    if not headline.strip():
        headline, _, body = body.strip().partition("\n")
    return _document(
        name,
        headline,
        body,
        _day(day, published, MEND_HEADER),
        publisher=fields.get("publisher", ""),
        url=fields.get("url", ""),
    )


def _front_matter(block: str) -> dict[str, str]:
    try:
        fields = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 (it makes strings and nothing else)
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable("Its front matter is not YAML.", "Mend the lines between the two “---”.") from error
    if not isinstance(fields, dict):
        raise Unreadable("Its front matter has no fields.", "Write lines such as “date: 2021-09-28”.")
    known = {str(key).lower(): value for key, value in fields.items() if str(key).lower() in FIELDS}
    for key, value in known.items():
        if not isinstance(value, str):
            raise Unreadable(f"Its “{key}” is not a plain value.", "Put it in quotation marks.")
    return known


def parse_html(content: bytes, name: str, published: date | None = None) -> Document:
    """A saved web page as a document: trafilatura finds the article, its headline and its date."""
    if not content.strip():
        raise Unreadable("It is empty.", "Save the page again.")
    page = _article(content)
    if not (page.text or "").strip():
        raise Unreadable("No article was found in the page.", "Save the text as .txt.")
    # trafilatura gives a line a paragraph.
    body = "\n\n".join(line for line in _clean(page.text or "").split("\n") if line.strip())
    headline = _clean(page.title or "").strip()
    if not headline or body.startswith(headline):
        headline, _, body = body.partition("\n")
    return _document(
        name,
        headline,
        body,
        _day(page.date or "", published, "Pass --published."),
        # What the page says of itself is a help, not a reason to refuse it.
        publisher=(page.sitename or "")[:MAXIMUM_PUBLISHER],
        url=page.url if page.url and ADDRESS.fullmatch(page.url) else "",
    )


def _article(content: bytes) -> "Page":
    """What trafilatura makes of a page; raises Unreadable."""
    # Half a second that few loads need.
    import trafilatura  # noqa: PLC0415
    from trafilatura.settings import Document as Page  # noqa: PLC0415

    # They log what is said here with the page's name and the mend.
    for library in ("trafilatura", "htmldate"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        page = trafilatura.bare_extraction(
            content,
            with_metadata=True,
            include_comments=False,
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception as error:
        # Three libraries on foreign input: anything may come out.
        raise Unreadable(
            f"No article could be read out of the page ({type(error).__name__}: {_printable(str(error))}).",
            "Save the text as .txt.",
        ) from error
    if not isinstance(page, Page):
        raise Unreadable("No article was found in the page.", "Save the text as .txt.")
    return page


def _read_corpus(
    corpus: AbstractContextManager[BinaryIO], name: str, published: date | None, most: int | None
) -> Iterator[Document | Failure]:
    seen: set[str] = set()
    number = 0
    empty = True
    try:
        with corpus as lines:
            while line := lines.readline(MAXIMUM_BYTES + 1):
                number += 1
                place = f"{name}, line {number}"
                if most is not None and lines.tell() > most:
                    yield Failure(
                        f"{name}, from line {number}",
                        f"It holds more text than the {most // 1_000_000} MB that are left for it.",
                        "Hand it in by itself, or split it.",
                    )
                    return
                if len(line) > MAXIMUM_BYTES:
                    _skip_line(lines, line, most)
                    yield Failure(place, "The record is over 5 MB.", "Split it.")
                elif line.strip():
                    yield _read_record(line, name, place, number, seen, published)
                else:
                    continue
                empty = False
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Failure(f"{name}, after line {number}", f"The file is broken off: {error}.", "Fetch it again.")
    else:
        if empty:
            yield Failure(name, "It is empty.", "Put one JSON object a line into it, or delete it.")


@contextmanager
def _lines(opened: Opener, *, packed: bool) -> Iterator[BinaryIO]:
    with opened() as file:
        if not packed:
            yield file
            return
        if not GZIP.startswith(file.read(len(GZIP))):
            raise Unreadable("It is not packed with gzip.", "Name it .jsonl, or pack it.")
        file.seek(0)
        with gzip.open(file) as lines:
            yield cast("BinaryIO", lines)


def _skip_line(lines: BinaryIO, part: bytes, most: int | None) -> None:
    while part and not part.endswith(b"\n") and (most is None or lines.tell() <= most):
        part = lines.readline(MAXIMUM_BYTES)


def _read_record(
    line: bytes, name: str, place: str, number: int, seen: set[str], published: date | None
) -> Document | Failure:
    try:
        record = _json_object(line)
        identity = record.get("id")
        # A 0 is an id like any other.
        identity = f"line-{number}" if identity is None or identity == "" else str(identity)
        if identity in seen:
            raise Unreadable(
                f"The id “{identity}” stands twice in this file.", "Give each record its own id."
            )
        document = parse_record(record, name, identity, published)
    except Unreadable as error:
        return Failure(place, error.reason, error.mend)
    seen.add(identity)
    return document


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The line is not JSON: {error}.", "Write one JSON object a line.") from error
    if not isinstance(record, dict):
        raise Unreadable("The line is not a JSON object.", "Write one JSON object a line.")
    return record


def parse_record(record: dict[str, Any], name: str, identity: str, published: date | None = None) -> Document:
    """One record of a corpus as a document; raises Unreadable.

    A record without a title keeps its text as it is, so that offsets into it stay what they were.
    """
    fields = {}
    for key in ("text", "published", "title", "publisher", "url"):
        value = record.get(key)
        if value is not None and not isinstance(value, str):
            raise Unreadable(f"Its “{key}” is not a string.", "Put it in quotation marks.")
        fields[key] = _clean(value or "")
    text, title = fields["text"], fields["title"].strip()
    if not text.strip():
        raise Unreadable("It has no “text”.", "Give each record a “text” and a “published”.")
    day = _day(fields["published"], published, "Give the record a “published”: YYYY-MM-DD.")
    first_line = text.strip().partition("\n")[0].strip()
    if title and title != first_line:
        return _document(
            name, title, text, day, publisher=fields["publisher"], url=fields["url"], record=_clean(identity)
        )
    return checked(name, first_line, day, text, fields["publisher"], fields["url"], _clean(identity))


def _document(
    name: str, headline: str, body: str, day: date, *, publisher: str, url: str, record: str = ""
) -> Document:
    headline, body = " ".join(headline.split()), body.strip()
    if not headline:
        raise Unreadable("It has no headline and no text.", "Put the article's text into it.")
    text = f"{headline}\n\n{body}" if body else headline
    return checked(name, headline, day, text, _clean(publisher), _clean(url), record)


def checked(
    name: str, headline: str, day: date, text: str, publisher: str, url: str, record: str
) -> Document:
    """The document made of these, if they can be stored; raises Unreadable."""
    publisher, url = " ".join(publisher.split()), url.strip()
    if len(publisher) > MAXIMUM_PUBLISHER:
        raise Unreadable(f"Its publisher has over {MAXIMUM_PUBLISHER} characters.", "Shorten it.")
    if url and not ADDRESS.fullmatch(url):
        raise Unreadable(
            f"Its address “{url[:40]}” is no web address.", "Write one that begins with https://."
        )
    if len(name) + len(record) >= MAXIMUM_LOCATION:
        raise Unreadable(f"Its path and id have over {MAXIMUM_LOCATION} characters.", "Shorten them.")
    return Document(name, headline, day, text, publisher, url, record)


def _day(value: str, published: date | None, mend: str) -> date:
    value = value.strip()
    if not value:
        if published is None:
            raise Unreadable("It has no date.", mend)
        return published
    try:
        match = DAY_AND_TIME.fullmatch(value)
        if not match:
            raise ValueError(value)
        # The day as it is written, wherever on earth that was.
        return date.fromisoformat(match["day"])
    except ValueError as error:
        raise Unreadable(
            f"Its date “{value[:40]}” is not a day of the calendar.", "Write it as YYYY-MM-DD."
        ) from error
