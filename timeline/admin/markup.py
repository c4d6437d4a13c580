"""Rows of the admin in the words and links of its pages."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from timeline.models import Actor, Event, Mention, Source


def page_link(row: Source | Event | Actor | Mention) -> SafeString:
    return format_html('<a href="{}">Open</a>', row.get_absolute_url())


def change_link(row: Event | Mention | Source, words: str) -> SafeString:
    address = reverse(f"admin:timeline_{type(row).__name__.lower()}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, words)


def in_context(mention: Mention) -> SafeString:
    """The passage marked in the words around it, as a link to its place in the article."""
    return format_html(
        '<a href="{}">{}{}<mark>{}</mark>{}{}</a>',
        mention.get_absolute_url(),
        "…" if mention.prefix else "",
        mention.prefix,
        mention.quote,
        mention.suffix,
        "…" if mention.suffix else "",
    )


def listed(passages: Iterable[tuple[Mention, SafeString]]) -> SafeString:
    """Passages in context, each with a link to what it belongs to and one to itself."""
    return format_html_join(
        "",
        "<p>{}<br>{} · {} · {}</p>",
        (
            (
                in_context(mention),
                owner,
                mention.standing_in_words,
                change_link(mention, "the passage itself"),
            )
            for mention, owner in passages
        ),
    )
