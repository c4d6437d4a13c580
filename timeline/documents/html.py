"""Web pages as saved from a browser: trafilatura finds the article."""

from collections.abc import Iterator
from datetime import date

import trafilatura
from trafilatura.settings import Document as Page

from timeline.documents.document import (
    ADDRESS,
    MAXIMUM_PUBLISHER,
    Document,
    Unreadable,
    clean,
    composed,
    day_of,
    printable,
)

MEND = "Save the text as .txt."


def parse(content: bytes, name: str, published: date | None = None) -> Iterator[Document]:
    """The document that a page is; raises Unreadable."""
    yield parse_html(content, name, published)


def parse_html(content: bytes, name: str, published: date | None = None) -> Document:
    """A saved web page as a document: trafilatura finds the article, its headline and its date."""
    page = _article(content)
    if not (page.text or "").strip():
        raise Unreadable("No article was found in the page.", MEND)
    # trafilatura gives a line a paragraph.
    body = "\n\n".join(line for line in clean(page.text or "").split("\n") if line.strip())
    headline = clean(page.title or "").strip()
    if not headline or body.startswith(headline):
        headline, _, body = body.partition("\n")
    return composed(
        name,
        headline,
        body,
        day_of(page.date or "", published, "Pass --published."),
        # What the page says of itself is a help, not a reason to refuse it.
        publisher=(page.sitename or "")[:MAXIMUM_PUBLISHER],
        url=page.url if page.url and ADDRESS.fullmatch(page.url) else "",
    )


def _article(content: bytes) -> Page:
    """What trafilatura makes of a page; raises Unreadable."""
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
            f"No article could be read out of the page ({type(error).__name__}: {printable(str(error))}).",
            MEND,
        ) from error
    if not isinstance(page, Page):
        raise Unreadable("No article was found in the page.", MEND)
    return page
