"""Files, folders and what is in memory as documents, one at a time."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from timeline.documents.corpus import Opener, lines_of, read_corpus
from timeline.documents.document import Document, Failure, Unreadable, printable
from timeline.documents.formats import FORMATS, Format, format_of, parse
from timeline.documents.shield import Shield

CORPORA = (".jsonl", ".jsonl.gz")
SUFFIXES = (*FORMATS, *CORPORA)
ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)

_shield = Shield()  # one for all: its process is begun when a file first needs it, and kept


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
            if name == printable(name):
                yield from _read_file(partial(_open, file), file.name, name, published)
            else:
                yield Failure(printable(name), "Its name is not UTF-8.", "Rename the file.")


def read_bytes(
    content: bytes, name: str, *, published: date | None = None, most: int | None = None
) -> Iterator[Document | Failure]:
    """The documents of a file that is in memory and not on disk, by the same rules; the name says its kind.

    `most` is how many bytes a corpus may hold unpacked: a small file can be packed to become endless.
    """
    yield from _read_file(lambda: BytesIO(content), name, printable(name), published, most)


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
                    printable(str(path)), "It is not a regular file.", "Name a file or a folder."
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
    name = printable(str(path))
    # Not the method of Path, which may raise.
    if os.path.islink(path):  # noqa: PTH114
        return Failure(name, "It is a broken link.", "Mend the link, or delete it.")
    if error.errno == errno.ELOOP:
        return _closed(name, error)
    return Failure(name, "There is nothing at this path.", "Check the path.")


def _closed(name: str, error: OSError) -> Failure:
    return Failure(
        printable(name),
        f"It can't be opened: {error.strerror or error}.",
        "Check that it is there and that you may read it.",
    )


def _name(file: Path, root: Path | None) -> str:
    full = file.resolve()
    if root and full.is_relative_to(root.resolve()):
        full = full.relative_to(root.resolve())
    return full.as_posix()


def _read_file(
    opened: Opener, called: str, name: str, published: date | None, most: int | None = None
) -> Iterator[Document | Failure]:
    lower = called.lower()
    kind = format_of(called)
    try:
        if kind:
            items = _read_one(kind, _content(opened, kind), name, published)
            yield from items if most is None else _within(items, name, most)
        elif lower.endswith(CORPORA):
            corpus = lines_of(opened, packed=lower.endswith(".gz"))
            yield from read_corpus(corpus, name, published, most)
        else:
            yield Failure(name, "This kind of file is not read.", f"Read are {', '.join(SUFFIXES)}.")
    except Unreadable as error:
        yield Failure(name, error.reason, error.mend)
    except OSError as error:
        yield _closed(name, error)


def _read_one(kind: Format, content: bytes, name: str, published: date | None) -> list[Document | Failure]:
    if kind.shielded and content:
        return _shield.call(parse, kind, content, name, published)
    return parse(kind, content, name, published)


def _within(items: Iterable[Document | Failure], name: str, most: int) -> Iterator[Document | Failure]:
    """The documents as long as their texts have room for them, in bytes."""
    for item in items:
        most -= len(item.text.encode()) if isinstance(item, Document) else 0
        if most < 0:
            yield Failure(
                name, "It holds more text than is left for it.", "Hand it in by itself, or split it."
            )
            return
        yield item


def _content(opened: Opener, kind: Format) -> bytes:
    """The file's content, and no more of it than it takes to see that it is too large."""
    with opened() as file:
        return file.read(kind.most + 1)
