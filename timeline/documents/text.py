"""Plain texts: `.txt` and `.md`."""

import re
from collections.abc import Iterator
from datetime import date

import yaml

from timeline.documents.document import Document, Unreadable, clean, composed, day_of

HEADER = re.compile(r"\s*date\s+(?P<date>[0-9]\S*)[^\S\n]*(?P<headline>[^\n]*)(?:\n|\Z)", re.IGNORECASE)
FRONT_MATTER = re.compile(r"\s*---[^\S\n]*\n(?P<fields>.*?\n)---[^\S\n]*(?:\n|\Z)", re.DOTALL)
FIELDS = ("title", "date", "publisher", "url")  # of front matter; others are let be
MEND_HEADER = "Begin the file with a line such as “date 2021-09-28 Headline”, or pass --published."


def parse(content: bytes, name: str, published: date | None = None) -> Iterator[Document]:
    """The document that a file is; raises Unreadable."""
    yield parse_text(_decode(content), name, published)


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"It is not UTF-8 text (byte {error.start}).", "Save it as plain text in UTF-8."
        ) from error


def parse_text(content: str, name: str, published: date | None = None) -> Document:
    """A `.txt` or `.md` file's content as a document; raises Unreadable."""
    content = clean(content)
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
    return composed(
        name,
        headline,
        body,
        day_of(day, published, MEND_HEADER),
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
