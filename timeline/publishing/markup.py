"""A page of the site made into one of a copy: every link leads to a file of the copy, or is none."""

# lxml comes without types.
# mypy: allow-untyped-calls

from collections.abc import Callable
from html import escape
from typing import Any

from lxml import html

Lead = Callable[[str], str | None]

DOCTYPE = "<!doctype html>"
NAME = "Political event timeline"
KEPT_LINKS = {"stylesheet", "icon"}
# What only a server can answer, and what speaks of the page's own address on the site.
GONE = (
    "//form | //base | //script[@type='application/ld+json']"
    " | //meta[@property or @name='robots' or starts-with(@name, 'twitter:')]"
)

_parser = html.HTMLParser(encoding="utf-8", huge_tree=True)


def rewritten(page: str, lead: Lead, *, cite: Lead, title: str = NAME) -> bytes:
    """The page with its links as `lead` has them; one that it gives no place becomes plain text.

    `cite` says what an address is where it is told to be copied. `title` takes the place of the site's name.
    """
    document = html.document_fromstring(_named(page, title).encode(), parser=_parser)
    for gone in document.xpath(GONE):
        gone.drop_tree()
    for element in document.iter("a"):
        _link(element, lead, cite)
    for element in document.xpath("//link"):
        _resource(element, "href", lead, kept=element.get("rel") in KEPT_LINKS)
    for element in document.xpath("//script[@src] | //img[@src]"):
        _resource(element, "src", lead)
    for element in document.xpath("//*[@data-address]"):
        element.set("data-address", cite(element.get("data-address")) or "")
    return bytes(html.tostring(document, encoding="utf-8", doctype=DOCTYPE)) + b"\n"


def _named(page: str, title: str) -> str:
    before, end, after = page.partition("</title>")
    return before.removesuffix(NAME) + escape(title) + end + after if before.endswith(NAME) else page


def _link(element: Any, lead: Lead, cite: Lead) -> None:
    address = element.get("href")
    if address is None:
        return
    if element.get("download") is not None:
        return  # a file of the copy, named as such
    place = lead(address)
    if place is None:
        _unlink(element)
        return
    _set(element, "href", place)
    if element.text == address != cite(address):  # told to be copied
        element.text = cite(address)


def _unlink(element: Any) -> None:
    """Plain text, or a plain group of a drawing, which keeps what it is called."""
    for name in ("href", "rel", "tabindex"):
        element.attrib.pop(name, None)
    is_drawn = any(parent.tag == "svg" for parent in element.iterancestors())
    element.tag = "g" if is_drawn else "span"


def _resource(element: Any, attribute: str, lead: Lead, *, kept: bool = True) -> None:
    place = lead(element.get(attribute, "")) if kept else None
    if place is None:
        element.drop_tree()
    else:
        _set(element, attribute, place)


def _set(element: Any, name: str, value: str) -> None:
    """Change an attribute; one that stays may hold what lxml reads but doesn't let be written."""
    if element.get(name) != value:
        element.set(name, value)
