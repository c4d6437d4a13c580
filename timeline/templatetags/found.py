"""`{{ text|found:words }}`: the text with the words that a search found marked."""

import re
from collections.abc import Set as AbstractSet

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from timeline.search import plain

register = template.Library()
_WORD = re.compile(r"(\w+)")


@register.filter
def found(text: str, words: AbstractSet[str]) -> SafeString:
    """All of it escaped; each of `words` (see `search.forms`) within <mark class="found">."""
    if not words:
        return escape(text)
    pieces = (
        f'<mark class="found">{escape(piece)}</mark>' if plain(piece).lower() in words else escape(piece)
        for piece in _WORD.split(text)
    )
    return mark_safe("".join(pieces))  # noqa: S308  (every piece is escaped)
