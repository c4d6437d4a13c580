"""`{{ text|found:words }}`: the text with the words that a search found marked."""

import re
from collections.abc import Set as AbstractSet

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from timeline.search import plain

register = template.Library()
_WORD = re.compile(r"\w+")


@register.filter
def found(text: str, words: AbstractSet[str]) -> SafeString:
    """All of it escaped; each of `words` (see `search.forms`) within <mark class="found">."""
    if not words:
        return escape(text)
    pieces, end = [], 0
    for word in _WORD.finditer(text):
        if plain(word[0]).lower() in words:
            pieces += [escape(text[end : word.start()]), f'<mark class="found">{escape(word[0])}</mark>']
            end = word.end()
    return mark_safe("".join([*pieces, escape(text[end:])]))  # noqa: S308  (every piece is escaped)
