"""The kinds of file that hold one article or a few, and who reads each."""

from dataclasses import dataclass
from datetime import date
from importlib import import_module

from timeline.documents.document import MAXIMUM_BYTES, Document, Failure, Unreadable, printable

MAXIMUM_FILE = 50_000_000  # bytes of a file that is mostly pictures, fonts and layout


@dataclass(frozen=True, slots=True)
class Format:
    """`reader` is the module that reads it; `shielded` if its library may be led astray by a file.

    The module is imported where files are read, and nowhere else: the libraries are large.
    """

    reader: str
    shielded: bool = True
    most: int = MAXIMUM_FILE
    too_large: str = "Split it, or save its text as .txt."


TEXT = Format("text", shielded=False, most=MAXIMUM_BYTES, too_large="Split it into one file an article.")
HTML = Format("html", most=MAXIMUM_BYTES, too_large="Split it into one file an article.")
FORMATS = {
    ".txt": TEXT,
    ".md": TEXT,
    ".html": HTML,
    ".htm": HTML,
    ".pdf": Format("pdf"),
    ".docx": Format("docx"),
    ".eml": Format("eml"),
}


def format_of(called: str) -> Format | None:
    """The format of a file of this name; None if it is none of these."""
    lower = called.lower()
    return next((kind for suffix, kind in FORMATS.items() if lower.endswith(suffix)), None)


def parse(kind: Format, content: bytes, name: str, published: date | None) -> list[Document | Failure]:
    """All that a file holds; what can't be read of it is a Failure. Raises MemoryError."""
    try:
        if len(content) > kind.most:
            raise Unreadable(f"It is over {kind.most // 1_000_000} MB.", kind.too_large)
        if kind.shielded and not content.strip():
            raise Unreadable("It is empty.", "Save it again.")
        return list(import_module(f"timeline.documents.{kind.reader}").parse(content, name, published))
    except Unreadable as error:
        return [Failure(name, error.reason, error.mend)]
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (libraries on foreign input: anything may come out)
        words = f"{type(error).__name__}: {printable(str(error))[:200]}".replace("\0", "")
        return [
            Failure(
                name, f"It can’t be read: it may be broken ({words}).", "Save it again, or its text as .txt."
            )
        ]
