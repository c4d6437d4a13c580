"""What is stored of articles: sources, the events they tell of, the passages that say so, and who took part.

Offsets are code points into `Source.text`, half open. Every mention satisfies
`mention.source.text[mention.start:mention.end] == mention.quote`.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.urls import reverse
from django_countries.fields import CountryField

from timeline import edtf_dates, places

CONTEXT = 32  # characters on each side of a quote
LISTED = ("kind", "title", "date", "status", "disputed", "country", "review", "has_news", "imported")
LISTED_OF_MENTION = (
    *("event", "source", "start", "quote", "standing", "extractor"),
    *("source__headline", "source__publisher", "source__published"),
)
IMPORTED = "import "  # how `Mention.extractor` begins where a row of another program’s file was read


def validate_edtf(value: str) -> None:
    """Refuse a date that isn't EDTF of the years 1 to 9999."""
    try:
        edtf_dates.bounds(value)
    except edtf_dates.InvalidDate as error:
        raise ValidationError(str(error), code="invalid_date") from error


class Kind(models.TextChoices):
    REFERENDUM = "referendum", "Referendum"
    ELECTION = "election", "Election"
    CRACKDOWN = "crackdown", "Crackdown"
    PROTEST = "protest", "Protest"
    CONSTITUTIONAL_CHANGE = "constitutional_change", "Constitutional change"
    # Of imported and hand-made events; the machine reads none.
    OTHER = "other", "Other"


class Status(models.TextChoices):
    OCCURRED = "occurred", "Occurred"
    ONGOING = "ongoing", "Ongoing"
    PLANNED = "planned", "Planned"
    PROPOSED = "proposed", "Proposed"
    CANCELLED = "cancelled", "Cancelled"


class Review(models.TextChoices):
    UNREVIEWED = "unreviewed", "Unreviewed"
    CONFIRMED = "confirmed", "Confirmed"
    REJECTED = "rejected", "Rejected"


def public_reviews() -> tuple[Review, ...]:
    """What curators may have said of an event that readers see; TIMELINE_PUBLIC decides."""
    if settings.PUBLIC == "confirmed":
        return (Review.CONFIRMED,)
    return (Review.UNREVIEWED, Review.CONFIRMED)


def of_public_events() -> Q:
    """Chooses, of what has an `event`, what readers see.

    A join: with `event__in` SQLite would gather all public events first, a second's work if they are many.
    """
    return Q(event__review__in=public_reviews())


def only_confirmed() -> bool:
    """Whether readers see of the machine's readings only what a curator has confirmed."""
    return public_reviews() == (Review.CONFIRMED,)


class SourceQuerySet(models.QuerySet["Source"]):
    def current(self) -> Self:
        """Sources whose text is the newest that was loaded from their path."""
        return self.filter(replaced_by=None)

    def public(self) -> Self:
        """What readers see: all, or those that tell of a confirmed event where only such are shown."""
        if not only_confirmed():
            return self
        told = Mention.objects.standing_by().filter(of_public_events(), source=OuterRef("pk"))
        return self.filter(Exists(told))


class Source(models.Model):
    """One article as it was read on one day. Its text never changes: a changed file makes a new source."""

    headline = models.CharField(max_length=500)
    publisher = models.CharField(max_length=200, blank=True)
    url = models.URLField("address", max_length=2000, blank=True)
    published = models.DateField(
        help_text="The day that relative words such as “last month” are read against."
    )
    text = models.TextField(
        help_text="Headline, blank line, body. Every passage is cited by its place in here."
    )
    sha256 = models.CharField("SHA-256 of the text", max_length=64, editable=False)
    path = models.CharField(
        max_length=1000, help_text="The file, or the record of a corpus, that it was loaded from."
    )
    loaded_at = models.DateTimeField(auto_now_add=True)
    places = models.JSONField(
        default=list,
        blank=True,
        editable=False,
        help_text="Where pages or paragraphs of the file begin: a JSON list such as "
        '[{"start": 0, "page": 1}, {"start": 2510, "page": 2}], in order.',
    )
    extractor = models.CharField(
        max_length=100, blank=True, help_text="Version of the machine that read the text."
    )
    replaced_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="replaces",
        db_index=False,  # most are null: an index of all of them misleads SQLite's planner
        help_text="The source made when the file at this path was loaded with another text.",
    )

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["-published", "pk"]
        indexes = [
            models.Index(fields=["-published", "id"], name="source_by_published"),
            models.Index(fields=["sha256"], name="source_by_sha256"),
            models.Index(
                fields=["replaced_by"], condition=Q(replaced_by__isnull=False), name="source_by_replacement"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["path"], condition=Q(replaced_by=None), name="source_one_current_a_path"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="source_has_text"),
            models.CheckConstraint(condition=~Q(headline=""), name="source_has_headline"),
            models.CheckConstraint(condition=~Q(replaced_by=F("id")), name="source_not_replaced_by_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.headline} ({self.published})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sha256 = digest(self.text)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("source", args=[self.pk])

    def address_of(self, start: int, end: int) -> str:
        """Address of any words of the text, as RFC 5147 has it for plain texts."""
        return f"{self.get_absolute_url()}#char={start},{end}"

    def place(self, start: int, end: int) -> str:
        """The page or paragraph of the file that words of the text stand in, such as `page 3`; mostly ""."""
        return places.in_words(self, start, end)


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, 64 hexadecimal digits: what a citation names the text by."""
    return hashlib.sha256(text.encode()).hexdigest()


def surroundings(text: str, start: int, end: int) -> tuple[str, str]:
    """The words before and after a passage that are kept with its quote, to tell it from its like."""
    return text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]


class ActorQuerySet(models.QuerySet["Actor"]):
    def public(self) -> Self:
        """What readers see: all, or those with a part in a confirmed event where only such are shown."""
        if not only_confirmed():
            return self
        parts = Participation.objects.filter(of_public_events(), actor=OuterRef("pk"))
        return self.filter(Exists(parts))


class Actor(models.Model):
    """Somebody, or some body, that takes part in events."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        ORGANISATION = "organisation", "Organisation"
        STATE = "state", "State body"
        GROUP = "group", "Group"

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind, blank=True)
    country = CountryField(
        blank=True, help_text="Where the name alone doesn’t say who is meant, as with “police”."
    )
    aliases = models.JSONField(
        default=list, blank=True, help_text="Other names that articles use, a JSON list."
    )
    wikidata = models.CharField(
        "Wikidata id",
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"\AQ[1-9][0-9]*\Z", "Write an item’s id, such as Q42.")],
        help_text="The item that is about the same, such as Q42.",
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        db_index=False,
        help_text="The actor that this name and country mean by a curator’s decision.",
    )

    objects = ActorQuerySet.as_manager()

    class Meta:
        ordering = ["name", "country"]
        indexes = [
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="actor_by_merge"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["name", "country"], name="actor_one_a_name_and_country"),
            models.CheckConstraint(condition=~Q(name=""), name="actor_has_name"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="actor_not_merged_into_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country.name})" if self.country else self.name

    def get_absolute_url(self) -> str:
        return reverse("actor", args=[self.pk])

    @property
    def root(self) -> "Actor":
        """The actor that stands for it: itself, unless it was merged into another."""
        return self.merged_into.root if self.merged_into else self

    def clean(self) -> None:
        if not isinstance(self.aliases, list) or not all(isinstance(name, str) for name in self.aliases):
            raise ValidationError({"aliases": 'Write a JSON list of names, such as ["A. Person"].'})


_AMONG = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT value::bigint FROM jsonb_array_elements_text(%s::jsonb)",
}


def among(ids: str) -> RawSQL:
    """Any number of ids, a JSON list, as one parameter: Django would look at each of them several times."""
    return RawSQL(_AMONG[connection.vendor], [ids])  # noqa: S611  (the text is one of the two)


class EventQuerySet(models.QuerySet["Event"]):
    def public(self) -> Self:
        """What readers see: everything that a curator has not rejected, or only what one has confirmed."""
        if only_confirmed():
            return self.filter(review=Review.CONFIRMED)
        return self.exclude(review=Review.REJECTED)

    def in_window(self, first: date | None, last: date | None) -> Self:
        """Events that can have happened between two days, both included; None leaves that side open.

        An event with no date at all is in no bounded window.
        """
        events = self
        if first:
            events = events.filter(Q(latest__gte=first) | Q(latest=None, earliest__isnull=False))
        if last:
            events = events.filter(Q(earliest__lte=last) | Q(earliest=None, latest__isnull=False))
        return events

    def chronological(self, *, newest_first: bool = False) -> Self:
        """Oldest or newest first, undated last."""
        if newest_first:
            return self.order_by(F("sort_date").desc(nulls_last=True), "-pk")
        return self.order_by(F("sort_date").asc(nulls_last=True), "pk")

    def by_change(self, before: tuple[datetime, int] | None = None) -> Self:
        """The newest change first: all, or those before a change, which is its moment and its event's id."""
        events = self.order_by("-updated_at", "-pk")
        if before:
            moment, key = before
            events = events.filter(updated_at__lte=moment).exclude(updated_at=moment, pk__gte=key)
        return events

    # Two queries rather than one with everything in an `OR`, for which PostgreSQL would walk the whole index.

    def before(self, event: "Event") -> "Event | None":
        """The nearest event before this one in time; undated ones come after all dated."""
        day, key = event.sort_date, event.pk
        dated = self.exclude(sort_date=None).order_by("-sort_date", "-pk")
        if day is None:
            return self.filter(sort_date=None, pk__lt=key).order_by("-pk").first() or dated.first()
        return dated.filter(Q(sort_date__lt=day) | Q(pk__lt=key), sort_date__lte=day).first()

    def after(self, event: "Event") -> "Event | None":
        """The nearest event after this one in time; undated ones come after all dated."""
        day, key = event.sort_date, event.pk
        undated = self.filter(sort_date=None).order_by("pk")
        if day is None:
            return undated.filter(pk__gt=key).first()
        dated = self.filter(Q(sort_date__gt=day) | Q(pk__gt=key), sort_date__gte=day)
        return dated.order_by("sort_date", "pk").first() or undated.first()

    def as_listed(self) -> Self:
        """Load of each event and its passages only what a list shows, in a fixed number of queries."""
        mentions = Mention.objects.standing_by().select_related("source").only(*LISTED_OF_MENTION)
        return self.only(*LISTED).prefetch_related(models.Prefetch("mentions", mentions))

    def with_evidence(self) -> Self:
        """Load with each event its passages, their sources and its actors, in a fixed number of queries."""
        mentions = Mention.objects.standing_by().select_related("source").defer("source__text")
        participations = Participation.objects.select_related("actor")
        return self.prefetch_related(
            models.Prefetch("mentions", mentions), models.Prefetch("participations", participations)
        )


class Event(models.Model):
    """Something that happened, or is said to be coming. Its fields are resolved from its mentions."""

    # The fields that are read out of texts, and that a curator's hand locks against reloads.
    READ_FIELDS = ("kind", "title", "date", "status", "disputed", "country", "counts", "participants")

    kind = models.CharField(max_length=30, choices=Kind)
    title = models.CharField(max_length=300)
    date = models.CharField(
        max_length=50,
        blank=True,
        validators=[validate_edtf],
        help_text="EDTF: 2020-08-09, 2020-08, 2020, 2020-08/2020-11, ../2022-02 (by then), "
        "2020-08/.. (since then). Empty where no text gives a date.",
    )
    earliest = models.DateField(null=True, editable=False)
    latest = models.DateField(null=True, editable=False)
    sort_date = models.GeneratedField(
        expression=Coalesce("earliest", "latest"), output_field=models.DateField(null=True), db_persist=True
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.OCCURRED)
    disputed = models.BooleanField(
        default=False, help_text="A source reports that its fairness, legality or truth is contested."
    )
    country = CountryField(blank=True, help_text="Where it takes place.")
    counts = models.JSONField(
        default=list,
        blank=True,
        help_text="How many people: a JSON list such as "
        '[{"what": "detained", "minimum": 800, "maximum": null}].',
    )
    summary = models.TextField(blank=True, help_text="A curator’s own words; the machine never writes here.")
    review = models.CharField(max_length=20, choices=Review, default=Review.UNREVIEWED)
    locked_fields = models.JSONField(
        default=list, blank=True, help_text="Fields set by hand. Reloads leave them alone.", editable=False
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        db_index=False,  # most are null, as with Source.replaced_by
        help_text="The event that a curator says this one is. Its passages are there.",
    )
    has_news = models.BooleanField(
        "newer evidence",
        default=False,
        editable=False,
        help_text="Confirmed, and its passages now say something else in a field that isn’t set by hand.",
    )
    imported = models.BooleanField(
        default=False,
        editable=False,
        help_text="Came in with another program’s file instead of being read in an article.",
    )
    certainty = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How little speaks against the machine’s reading, 0 to 100."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    actors: "models.ManyToManyField[Actor, Participation]" = models.ManyToManyField(
        Actor, through="Participation", related_name="events"
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = [F("sort_date").asc(nulls_last=True), "pk"]
        indexes = [
            models.Index(fields=["sort_date", "id"], name="event_by_date"),
            models.Index(fields=["kind", "country", "sort_date", "latest"], name="event_by_kind_and_time"),
            models.Index(fields=["country", "sort_date"], name="event_by_country"),
            models.Index(fields=["review", "sort_date"], name="event_by_review"),
            models.Index(fields=["review", "certainty", "id"], name="event_by_certainty"),
            models.Index(fields=["updated_at", "id"], name="event_by_change"),
            models.Index(fields=["id"], condition=Q(has_news=True), name="event_with_news"),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="event_by_merge"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="event_kind_known"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="event_status_known"),
            models.CheckConstraint(condition=Q(review__in=Review.values), name="event_review_known"),
            models.CheckConstraint(
                condition=Q(earliest=None) | Q(latest=None) | Q(earliest__lte=F("latest")),
                name="event_begins_before_it_ends",
            ),
            models.CheckConstraint(
                condition=Q(date="", earliest=None, latest=None)
                | (~Q(date="") & (Q(earliest__isnull=False) | Q(latest__isnull=False))),
                name="event_bounds_come_from_date",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="event_has_title"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="event_not_merged_into_itself"),
            # So that readers see a merged event nowhere: it is there to be led on from, and to be undone.
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(review=Review.REJECTED), name="event_merged_is_rejected"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.date_in_words}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.earliest, self.latest = edtf_dates.bounds(self.date)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("event", args=[self.pk])

    def clean(self) -> None:
        if self.title and not any(sign.isprintable() and not sign.isspace() for sign in self.title):
            raise ValidationError({"title": "Nothing of it can be seen. Write a title that can be read."})
        with suppress(edtf_dates.InvalidDate):  # which is an error of its field
            self.earliest, self.latest = edtf_dates.bounds(self.date)
        unknown = set(self.locked_fields) - set(self.READ_FIELDS)
        if unknown:
            raise ValidationError(f"These can't be locked: {', '.join(sorted(unknown))}.")

    def lock(self, fields: Iterable[str]) -> None:
        """Keep reloads from the named fields for ever; names that no reload writes are passed over."""
        self.locked_fields = sorted({*self.locked_fields, *fields} & set(self.READ_FIELDS))

    @property
    def date_in_words(self) -> str:
        """The date as a reader would say it; as it stands where a form has let in what is none."""
        try:
            return edtf_dates.in_words(self.date)
        except edtf_dates.InvalidDate:
            return self.date

    @property
    def evidence_is_gone(self) -> bool:
        """Whether it was read from passages none of which stands any more."""
        standings = {mention.standing for mention in self.mentions.all() if not mention.is_taken_back}
        return bool(standings) and Mention.Standing.CURRENT not in standings

    @property
    def is_public(self) -> bool:
        """Whether readers see it, as `EventQuerySet.public()` has it."""
        return self.review in public_reviews()

    @property
    def how_it_came(self) -> str:
        """What readers are told of an event that no curator has looked at: where it comes from."""
        return "imported" if self.imported else "machine-read"

    @property
    def is_curated(self) -> bool:
        """Whether a person has decided something about it, so that no reload may take it away."""
        decided = self.review != Review.UNREVIEWED or bool(self.locked_fields) or bool(self.summary)
        return decided or self.merged.exists()

    @property
    def root(self) -> "Event":
        """The event that stands for it: itself, unless it was merged into another."""
        return self.merged_into.root if self.merged_into else self


class MentionQuerySet(models.QuerySet["Mention"]):
    def standing_by(self) -> Self:
        """All but those that a curator added and that were taken back: they never were evidence."""
        return self.exclude(standing=Mention.Standing.WITHDRAWN, extractor="")

    def read_by_machine(self) -> Self:
        """Those that the machine found in articles: none that a curator added or that a row brought."""
        return self.exclude(extractor="").exclude(extractor__startswith=IMPORTED)


class Mention(models.Model):
    """One passage of one source that tells of one event, with the machine's reading of it.

    `quote`, `prefix` and `suffix` are a W3C TextQuoteSelector, `start` and `end` a TextPositionSelector.
    `spans` holds `{field: [start, end]}`, the words behind each field; `rules` holds what decided it.
    """

    class Standing(models.TextChoices):
        CURRENT = "current", "Read in the current text"
        GONE = "gone", "Words no longer in the current text"
        WITHDRAWN = "withdrawn", "No longer read this way by the machine"

    source = models.ForeignKey(Source, models.PROTECT, related_name="mentions")
    event = models.ForeignKey(Event, models.CASCADE, related_name="mentions")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    prefix = models.CharField(max_length=64, blank=True)
    suffix = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=30, choices=Kind)
    title = models.CharField(max_length=300)
    date = models.CharField(max_length=50, blank=True, validators=[validate_edtf])
    status = models.CharField(max_length=20, choices=Status)
    disputed = models.BooleanField(default=False)
    country = CountryField(blank=True)
    participants = models.JSONField(default=list, blank=True)
    counts = models.JSONField(default=list, blank=True)
    cited = models.CharField(
        "says", max_length=200, blank=True, help_text="Who the source cites as saying so."
    )
    spans = models.JSONField(default=dict, blank=True)
    rules = models.JSONField(default=dict, blank=True)
    extractor = models.CharField(max_length=100, blank=True)
    standing = models.CharField(max_length=20, choices=Standing, default=Standing.CURRENT)
    placed_by_hand = models.BooleanField(
        default=False, help_text="A curator put this passage with this event; reloads leave it there."
    )
    merge_reason = models.CharField(
        max_length=300, blank=True, help_text="Why the machine took this for an event that it already had."
    )
    merged_from = models.ForeignKey(
        Event,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text="The event that it told of before a curator merged that into this one.",
    )

    objects = MentionQuerySet.as_manager()

    class Meta:
        verbose_name = "passage"
        ordering = ["source_id", "start", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "event", "start", "end"], name="mention_once_a_passage_and_event"
            ),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="mention_has_words"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="mention_kind_known"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="mention_status_known"),
        ]
        indexes = [
            models.Index(fields=["source", "start"], name="mention_by_place"),
            models.Index(
                fields=["merged_from"], condition=Q(merged_from__isnull=False), name="mention_by_merge"
            ),
        ]

    def __str__(self) -> str:
        return self.quote if len(self.quote) <= 80 else f"{self.quote[:79]}…"

    def get_absolute_url(self) -> str:
        return f"{reverse('source', args=[self.source_id])}#m{self.pk}"

    @property
    def is_imported(self) -> bool:
        """Whether it is a row of another program’s file."""
        return self.extractor.startswith(IMPORTED)

    @property
    def place(self) -> str:
        """The page or paragraph of the file that it stands in; it comes with its source."""
        return self.source.place(self.start, self.end)

    @property
    def is_taken_back(self) -> bool:
        """Whether a curator added it and that was undone: see `MentionQuerySet.standing_by`."""
        return self.standing == self.Standing.WITHDRAWN and not self.extractor

    @property
    def standing_in_words(self) -> str:
        return "Taken back by a curator" if self.is_taken_back else self.get_standing_display()

    def clean(self) -> None:
        if self.source_id and self.source.text[self.start : self.end] != self.quote:
            raise ValidationError({"quote": "These are not the words at that place of the source's text."})


class Participation(models.Model):
    """An actor's part in an event."""

    class Role(models.TextChoices):
        INITIATOR = "initiator", "Initiator"
        TARGET = "target", "Target"
        PARTICIPANT = "participant", "Participant"

    event = models.ForeignKey(Event, models.CASCADE, related_name="participations")
    actor = models.ForeignKey(Actor, models.CASCADE, related_name="participations")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "actor", "role"], name="participation_once_a_role"),
            models.CheckConstraint(
                condition=Q(role__in=["initiator", "target", "participant"]), name="participation_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} ({self.get_role_display().lower()})"
