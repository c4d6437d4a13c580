"""What answers hold, for the schema. The values themselves are made by `exports.evidence`, and nowhere else.

A test holds every answer against the schema, so that neither can change without the other.
"""

from typing import Any

from rest_framework import serializers

from timeline import models
from timeline.models import Import, Kind, Mention, Participation, Review, Status

EDTF = "EDTF; empty where no date is known."
COUNTS = "How many people: `what`, `minimum` and `maximum`, which may be null."
COUNTRY = "ISO 3166-1 alpha-2; empty where none is known."


def _objects(help_text: str) -> serializers.ListField:
    return serializers.ListField(child=serializers.DictField(), help_text=help_text)


class Reading(serializers.Serializer[Any]):
    """What an event is, or is read to be in a passage."""

    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField()
    date = serializers.CharField(allow_blank=True, help_text=EDTF)
    status = serializers.ChoiceField(Status.choices)
    disputed = serializers.BooleanField()
    country = serializers.CharField(allow_blank=True, help_text=COUNTRY)
    counts = _objects(COUNTS)


class Passage(Reading):
    """Words of a source that tell of an event, and the machine's reading of them.

    `exact`, `prefix` and `suffix` are a W3C TextQuoteSelector, `start` and `end` a TextPositionSelector, in
    code points of the source's text.
    """

    id = serializers.IntegerField()
    source = serializers.IntegerField(help_text="The source's id.")  # type: ignore[assignment]
    address = serializers.CharField()
    exact = serializers.CharField()
    prefix = serializers.CharField(allow_blank=True)
    suffix = serializers.CharField(allow_blank=True)
    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)
    place = serializers.DictField(
        allow_null=True,
        child=serializers.IntegerField(min_value=1),
        help_text="The page or paragraph of its file that it stands in; null where there are none.",
    )
    says = serializers.CharField(allow_blank=True, help_text="Who the source cites as saying so.")
    taken_for_the_same = serializers.CharField(
        allow_blank=True, help_text="Why the machine took this for an event that it already had."
    )
    participants = _objects("Who is named: `name`, `role` and more.")
    spans = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="By field, where the words behind it begin and end.",
    )
    rules = serializers.DictField(help_text="By field, what decided it.")
    extractor = serializers.CharField(
        allow_blank=True, help_text="The machine's version; empty for passages that a curator added."
    )
    standing = serializers.ChoiceField(Mention.Standing.choices)
    placed_by_hand = serializers.BooleanField(help_text="Whether a curator put it with this event.")


class Participant(serializers.Serializer[Any]):
    """Who took part in an event."""

    actor = serializers.IntegerField(help_text="The actor's id.")
    name = serializers.CharField()
    role = serializers.ChoiceField(Participation.Role.choices)


class Origin(serializers.Serializer[Any]):
    """Where an imported event came from."""

    collection = serializers.CharField()
    identifier = serializers.CharField()
    format = serializers.ChoiceField(Import.Format.choices)
    file = serializers.CharField()
    imported_at = serializers.DateTimeField()
    row = serializers.JSONField(help_text="The row as it came.")


class Event(Reading):
    """An event with all that stands behind it."""

    id = serializers.IntegerField()
    address = serializers.CharField(help_text="The page about it.")
    earliest = serializers.DateField(allow_null=True)
    latest = serializers.DateField(allow_null=True)
    summary = serializers.CharField(allow_blank=True, help_text="A curator's own words.")
    review = serializers.ChoiceField([one for one in Review.choices if one[0] != Review.REJECTED])
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    set_by_hand = serializers.ListField(
        child=serializers.CharField(), help_text="Fields that a curator has set."
    )
    participants = Participant(many=True)
    passages = Passage(many=True)
    origin = Origin(allow_null=True)


class Source(serializers.Serializer[Any]):
    """An article as it was read, without its text."""

    id = serializers.IntegerField()
    address = serializers.CharField(help_text="The page about it.")
    headline = serializers.CharField()
    publisher = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    published = serializers.DateField()
    sha256 = serializers.CharField(help_text="Of the text in UTF-8.")
    extractor = serializers.CharField(allow_blank=True)
    loaded_at = serializers.DateTimeField()
    replaced_by = serializers.IntegerField(
        allow_null=True, help_text="The id of the source with the changed text."
    )


class WholeSource(Source):
    """An article as it was read. Its text never changes."""

    text = serializers.CharField(help_text="Headline, blank line, body: what offsets count in.")
    places = _objects("Where pages or paragraphs of the file begin.")


class Actor(serializers.Serializer[Any]):
    """Somebody, or some body, that takes part in events."""

    id = serializers.IntegerField()
    address = serializers.CharField(help_text="The page about it.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(models.Actor.Kind.choices, allow_blank=True)
    country = serializers.CharField(allow_blank=True, help_text=COUNTRY)
    aliases = serializers.ListField(child=serializers.CharField())
    wikidata = serializers.CharField(allow_blank=True, help_text="An item's id, such as Q42.")


class Error(serializers.Serializer[Any]):
    """What is wrong with a parameter."""

    parameter = serializers.CharField()
    message = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """Why there is no other answer, as RFC 9457 has it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = Error(many=True, required=False)  # type: ignore[assignment]


class Root(serializers.Serializer[Any]):
    """Where everything is."""

    events = serializers.URLField()
    sources = serializers.URLField()
    actors = serializers.URLField()
    schema = serializers.URLField()


class PageOf(serializers.Serializer[Any]):
    """A page of a list, and the addresses of those beside it."""

    count = serializers.IntegerField(min_value=0, help_text="How many there are on all pages.")
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class Events(PageOf):
    results = Event(many=True)


class Sources(PageOf):
    results = Source(many=True)


class Actors(PageOf):
    results = Actor(many=True)
