"""Tags that write a list of events, and what is to know of one at a glance.

Written out here and not in templates, as in `reading.py`: for fifty events those took a third of the time of
the whole page. Whatever comes out of an article or a curator's hand is escaped where it is put in.
"""

import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from html import escape

from django import template
from django.http import QueryDict
from django.utils.dateformat import format as formatted
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from timeline.models import Event, Kind, Mention, Review, Status
from timeline.templatetags.found import found

register = template.Library()

KINDS, STATUSES, STANDINGS = (
    {value: escape(str(label)) for value, label in choices}
    for choices in (Kind.choices, Status.choices, Mention.Standing.choices)
)
QUOTED, SHOWN = 2, 320  # passages of an event, and characters of each


@register.simple_tag
def badges(event: Event) -> SafeString:
    """What kind of event it is, and how sure: a list of a few words each."""
    return mark_safe(_badges(event))  # noqa: S308  (all words in it are escaped)


@register.simple_tag
def listed(
    events: Iterable[Event], words: AbstractSet[str], parameters: QueryDict | None = None, page: int = 1
) -> SafeString:
    """A list item for each event, with `words` marked (see `search.forms`).

    With the `parameters` of the timeline and the number of its page, each leads to itself beside that.
    """
    beside = "" if parameters is None else _beside(parameters, page)
    return mark_safe("".join(_item(event, words, beside) for event in events))  # noqa: S308


def _beside(parameters: QueryDict, page: int) -> str:
    """The address of this page of the timeline with an event beside it, but for the event's id."""
    query = parameters.copy()
    if page > 1:
        query["page"] = str(page)
    return escape(f"?{query.urlencode()}{'&' if query else ''}event=")


def _item(event: Event, words: AbstractSet[str], beside: str) -> str:
    address, title = escape(event.get_absolute_url()), escape(event.title)
    mentions = event.mentions.all()
    quotes = "".join(_quote(mention, words) for mention in mentions[:QUOTED])
    more = ""
    if beside:
        look = f'Look at it here<span class="unseen">: {title}</span>'
        more = f'<a class="beside" id="beside-{event.pk}" href="{beside}{event.pk}">{look}</a> '
    if len(mentions) > QUOTED:
        of_what = f'<span class="unseen"> tell of {title}</span>'
        more += f'<a href="{address}#sources">{len(mentions)} passages in all{of_what}</a>'
    return (
        f'<li class="event">\n  <p class="when">{escape(event.date_in_words)}</p>\n  <div class="what">\n'
        f'    <h3><a href="{address}">{found(event.title, words)}</a></h3>\n    {_badges(event)}\n'
        f"    {quotes or NONE}\n"
        f'    <p class="more">{more}</p>\n  </div>\n</li>\n'
    )


NONE = '<p class="quiet">No passage of a source stands behind this event.</p>\n    '


def _quote(mention: Mention, words: AbstractSet[str]) -> str:
    source = mention.source
    gone = badge = ""
    if mention.standing != Mention.Standing.CURRENT:
        gone = ' class="gone"'
        badge = f' <span class="badge gone">{STANDINGS[mention.standing]}</span>'
    publisher = f", <cite>{escape(source.publisher)}</cite>" if source.publisher else ""
    return (
        f'\n    <blockquote{gone}>\n      <p><a href="{escape(mention.get_absolute_url())}">'
        f"{found(_shortened(mention.quote), words)}</a></p>\n      <footer>{found(source.headline, words)}"
        f"{publisher}, {formatted(source.published, 'j F Y')}{badge}</footer>\n    </blockquote>\n    "
    )


def _shortened(quote: str) -> str:
    whole = unicodedata.normalize("NFC", quote)
    return whole if len(whole) <= SHOWN else Truncator(quote).chars(SHOWN)


def _badges(event: Event) -> str:
    kind = f"{mark(event.kind)} {KINDS[event.kind]}"
    status = disputed = country = gone = ""
    if event.status != Status.OCCURRED:
        status = f'<li class="badge status status-{event.status}">{STATUSES[event.status]}</li>'
    if event.disputed:
        disputed = '<li class="badge disputed">Disputed</li>'
    if event.country:
        country = f'<li class="badge">{escape(event.country.name)}</li>'
    if event.evidence_is_gone:
        gone = '<li class="badge gone">Evidence gone</li>'
    return (
        f'<ul class="badges">\n  <li class="badge kind kind-{event.kind}">{kind}</li>\n  {status}\n'
        f"  {disputed}\n  {country}\n  {_looked_at(event)}\n  {gone}\n</ul>\n"
    )


@register.simple_tag
def mark(kind: str) -> SafeString:
    """The mark of a kind of event, whose shape is told elsewhere on the page."""
    kind = escape(kind)
    return mark_safe(  # noqa: S308
        f'<svg class="mark kind-{kind}" width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true"'
        f' focusable="false"><use href="#mark-{kind}" x="-8" y="-8" width="16" height="16"/></svg>\n'
    )


def _looked_at(event: Event) -> str:
    if event.review == Review.UNREVIEWED:
        title, how = "No curator has looked at this yet", event.how_it_came
        return f'<li class="badge machine" title="{title}">{how[0].upper()}{how[1:]}</li>\n  '
    if event.review == Review.REJECTED:
        return '<li class="badge rejected">Rejected by a curator</li>'
    title = "Its passages say something else by now, which no curator has looked at yet"
    news = f'\n  <li class="badge news" title="{title}">Newer evidence</li>' if event.has_news else ""
    return f'<li class="badge confirmed">Confirmed by a curator</li>{news}\n  '
