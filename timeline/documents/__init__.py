"""Files, folders and corpora as documents with a date.

Read are `.txt` and `.md` (first line `date YYYY-MM-DD HEADLINE`, or front matter), `.html` as saved from a
browser, `.pdf` with a text layer, `.docx`, `.eml`, and `.jsonl` and `.jsonl.gz` (one object a line). What
can't be read comes back as a `Failure` that names the thing, the reason and the mend; the rest is not held
up by it.
"""

from timeline.documents.corpus import parse_record
from timeline.documents.datelines import dateline
from timeline.documents.document import (
    ADDRESS,
    DAY,
    DAY_AND_TIME,
    MAXIMUM_BYTES,
    MAXIMUM_LOCATION,
    MAXIMUM_PUBLISHER,
    Document,
    Failure,
    Place,
    Unreadable,
    checked,
)
from timeline.documents.formats import MAXIMUM_FILE
from timeline.documents.reading import SUFFIXES, first_of, read, read_bytes
from timeline.documents.text import parse_text

__all__ = [
    "ADDRESS",
    "DAY",
    "DAY_AND_TIME",
    "MAXIMUM_BYTES",
    "MAXIMUM_FILE",
    "MAXIMUM_LOCATION",
    "MAXIMUM_PUBLISHER",
    "SUFFIXES",
    "Document",
    "Failure",
    "Place",
    "Unreadable",
    "checked",
    "dateline",
    "first_of",
    "parse_record",
    "parse_text",
    "read",
    "read_bytes",
]
