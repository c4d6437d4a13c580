"""Tags that write the text of a source and the notes on it.

Written out here and not in a template because there can be ten thousand passages in one source: with
some thirty variables for each, a template made the whole page three times as slow.
Whatever comes out of an article or a curator's hand is escaped where it is put in.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from timeline.models import Mention, Review, Source, Status
from timeline.passages import Piece

register = template.Library()

SIGNS = {
    Status.ONGOING: '<circle class="solid" r="1.5"/>',
    Status.CANCELLED: '<path d="M-6.5-6.5 6.5 6.5M6.5-6.5-6.5 6.5"/>',
}


@register.simple_tag
def marked_text(source: Source, pieces: Iterable[Piece[Any]]) -> SafeString:
    """The text with its passages marked, each with the number of its note after its last word."""
    return mark_safe("".join(part for piece in pieces for part in _piece(source, piece)))  # noqa: S308


def _piece(source: Source, piece: Piece[Any]) -> Iterable[str]:
    """One stretch of text. An address of a passage that another covers at once leads to an empty place."""
    for mention in piece.begins:
        if mention is not piece.top:
            yield f'<span class="at" id="m{mention.pk}"></span>'
    if piece.top is None:
        yield escape(piece.text)
    else:
        gone = " gone" if piece.top.standing != Mention.Standing.CURRENT else ""
        shared = " shared" if piece.depth > 1 else ""
        anchor = f' id="m{piece.top.pk}"' if piece.top in piece.begins else ""
        yield f'<mark class="passage kind-{piece.top.kind}{shared}{gone}"{anchor}>{escape(piece.text)}</mark>'
    for mention in piece.ends:
        number = mention.number
        if mention.source_id == source.pk:
            leads = f'href="{mention.leads_to}" aria-label="Event {number}: {escape(mention.event.title)}"'
            yield _number(str(number), mention, leads)
        else:
            label = f"Passage {number}, now in the newer text"
            leads = f'href="{mention.get_absolute_url()}" title="Now in the newer text" aria-label="{label}"'
            yield _number(f"{number}→", mention, leads)


def _number(number: str, mention: Mention, leads: str) -> str:
    """The number of a note. The style sheet shows it, so that the page's text stays that of the source."""
    return f'<a class="note" data-number="{number}" data-mention="{mention.pk}" {leads}></a>'


@register.simple_tag
def margin_notes(source: Source, mentions: Iterable[Mention]) -> SafeString:
    """A list item for each passage: its event, where it stands, and its address."""
    return mark_safe("".join(_note(source, mention) for mention in mentions))  # noqa: S308


def _note(source: Source, mention: Any) -> str:
    event, number, kind = mention.event, mention.number, mention.kind
    start, end, pk = mention.start, mention.end, mention.pk
    place = source.place(start, end)
    placed = f' data-place="{place}"' if place else ""
    shown = f' <span class="quiet">{place}</span>' if place else ""
    status = "" if event.status == Status.OCCURRED else " open"
    told = (
        f"{mention.get_kind_display()}, {escape(event.date_in_words)}, {event.get_status_display().lower()}"
    )
    badges = ""
    if mention.source_id != source.pk:
        there = f'in the newer text<span class="unseen">, passage {number}</span>'
        badges = (
            '<p><span class="badge gone">Now in the newer text</span> '
            f'<a href="{mention.get_absolute_url()}">{there}</a></p>'
        )
    if mention.standing != Mention.Standing.CURRENT:
        badges += f'<p><span class="badge gone">{mention.get_standing_display()}</span></p>'
    return (
        f'<li class="kind-{kind}" data-mention="{pk}" data-start="{start}" data-end="{end}"'
        f' data-name="passage {number}"{placed}>'
        f'<p><span class="number">{number}</span> <a href="{mention.leads_to}">{escape(event.title)}</a></p>'
        f'<p class="quiet"><svg class="mark kind-{kind}{status}" width="16" height="16" viewBox="-8 -8 16 16"'
        f' aria-hidden="true"><use href="#mark-{kind}" x="-8" y="-8" width="16" height="16"/>'
        f"{SIGNS.get(event.status, '')}</svg> {told}{', disputed' if event.disputed else ''}"
        f"{f', {event.how_it_came}' if event.review == Review.UNREVIEWED else ''}</p>{badges}"
        f'<p class="tools"><a href="#m{pk}">to the words<span class="unseen"> of passage {number}</span></a>'
        f' <a href="#char={start},{end}">characters {start}–{end}</a>'
        f"{shown}</p></li>\n"
    )
