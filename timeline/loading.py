"""Extracted documents become rows: one transaction a document, idempotent, and never against a curator.

What a reload does to a passage that was stored before:

- read again at the same or another place: it keeps its row and its event, and takes the new reading;
- its words are gone from the text: it stays with the old text, marked “gone”; a passage that is like it in
  the new text tells of the same event, so that what a curator decided holds for the new wording too;
- a curator added it, and that was undone: it stays with its words, seen by no reader, until the machine reads
  it as well;
- its words stand, but the machine no longer reads an event in them: on an event that a curator has touched it
  stays, marked “withdrawn”; otherwise it goes, and an event left with no passage goes with it.

A source's text never changes. A file with another text makes a new source, which replaces the old one; the
old one stays, so that a citation by hash and offsets holds for ever.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import partial
from itertools import chain

from django.conf import settings
from django.db import IntegrityError, connection

from timeline import columns, edtf_dates, extraction, merging, places
from timeline.documents import Document, Failure
from timeline.extraction import records
from timeline.history import Recording, recording
from timeline.models import IMPORTED, Decision, Event, Mention, Source, digest, surroundings
from timeline.resolving import refresh_all
from timeline.transactions import Stretches, merge_in_turn, retried
from timeline.workers import Meanwhile, Pool, batches, read_all

IDENTITY = ("sha256", "extractor", "published", "publisher", "url")  # what makes two documents the same one
STATE = (*IDENTITY, "places")  # what makes a source up to date
LOOKAHEAD = 256  # documents whose stored hashes are looked up in one query
LOOKAHEAD_CHARACTERS = 2_000_000
OF_A_CURATOR = "a curator found the event in the same words"
ALIKE = 0.6  # ratio of difflib from which a passage counts as a new wording of an old one


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(slots=True)
class Result:
    """What became of one document."""

    outcome: Outcome
    location: str
    failure: Failure | None = None
    events_created: int = 0
    events_updated: int = 0
    events_withdrawn: int = 0
    passages_gone: int = 0


def load(
    items: Iterable[Document | Failure], workers: int | Pool = 1, *, meanwhile: Meanwhile | None = None
) -> Iterator[Result]:
    """Store the documents one after the other, in order; a result each, as it is done.

    Documents that are stored already cost a hash and a share of one query, and nothing is written for them.
    What the database breaks off is tried again; errors that stay are raised, and what was stored before
    stays. `workers` and `meanwhile` are those of `read_all`.
    """
    stretches, stored = Stretches(), False
    for item, reading in read_all(_sift(items), workers, meanwhile=meanwhile):
        if isinstance(item, Result):
            yield item
        elif isinstance(reading, extraction.Extraction):
            with stretches.one():
                result = _store(item, reading)
            stored = True
            yield result
        else:
            yield Result(Outcome.FAILED, item.location, reading)
    if stored:
        columns.shorten()


def foretell(document: Document, reading: extraction.Extraction) -> list[merging.Match | None]:
    """For each event that was read, the stored one that it would go to and why; None where it is new.

    Nothing is written. Events of documents that are loaded before it can still change the answer.
    """
    return _Loader(document, reading, Recording()).foretell()


def _store(document: Document, reading: extraction.Extraction) -> Result:
    try:
        return retried(partial(_store_once, document, reading))
    except IntegrityError as error:
        failure = Failure(
            document.location, f"It can’t be stored ({error}).", "Run again; if it stays, please report it."
        )
        return Result(Outcome.FAILED, document.location, failure)


def _store_once(document: Document, reading: extraction.Extraction) -> Result:
    reason = f"{document.location}, read by {extraction.VERSION}"
    with recording(Decision.Action.LOADED, reason=reason) as kept:
        merge_in_turn()
        return _Loader(document, reading, kept).store()


def _sift(items: Iterable[Document | Failure]) -> Iterator[Document | Result]:
    """Pass on the documents that need work; the others come out as results at once."""
    for batch in batches(items, LOOKAHEAD, LOOKAHEAD_CHARACTERS):
        for item, is_unchanged in zip(batch, retried(partial(_unchanged, batch)), strict=True):
            if isinstance(item, Failure):
                yield Result(Outcome.FAILED, item.location, item)
            elif is_unchanged:
                yield Result(Outcome.UNCHANGED, item.location)
            else:
                yield item


def _unchanged(batch: Sequence[Document | Failure]) -> list[bool]:
    """Whether each is a document that is stored already as it is."""
    # Plain rows: an archive that has not changed is looked through at every load.
    stored = {
        path: state
        for path, *state in Source.objects.current()
        .filter(path__in=[item.location for item in batch])
        .values_list("path", *STATE)
    }
    unknown = {
        digest(item.text): item.location
        for item in batch
        if isinstance(item, Document) and item.location not in stored
    }
    twins = Source.objects.current().filter(sha256__in=unknown) if unknown else Source.objects.none()
    elsewhere = {unknown[sha256] for sha256 in twins.values_list("sha256", flat=True)}
    return [
        isinstance(item, Document)
        and (
            stored.get(item.location) == _state(item)
            or (item.location in elsewhere and _is_stored_elsewhere(item))
        )
        for item in batch
    ]


def _state(document: Document) -> list[object]:
    """What the columns of STATE hold once the document is stored."""
    return [
        digest(document.text),
        extraction.VERSION,
        document.published,
        document.publisher,
        document.url,
        places.stored(document.places),
    ]


def _is_stored_elsewhere(document: Document) -> bool:
    """Whether the same article is stored under another path, from which it may have been moved here.

    A copy is no second witness: it is not stored again. Where the old file is gone, the source takes the
    new path, so that it is known when the text changes.
    """
    twin = Source.objects.current().filter(**dict(zip(IDENTITY, _state(document), strict=False))).first()
    if twin is None:
        return False
    if not (settings.BASE_DIR / twin.path.partition("#")[0]).exists():
        Source.objects.filter(pk=twin.pk).update(path=document.location)
    return True


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where what was read goes: the path's passages as they are stored, and for each event that was read
    the rows that already stand for its passages and the stored event that it is, None where it is new.
    """

    old: list[Mention]
    anchored: list[list[Mention | None]]
    matches: list[merging.Match | None]

    def events(self) -> set[int]:
        """The keys of all that may be written."""
        matched = [event for match in self.matches if match for event in (match.event, match.via) if event]
        return {*(mention.event_id for mention in self.old), *(event.pk for event in matched)}


class _Loader:
    """Stores one document; use within a transaction."""

    def __init__(
        self,
        document: Document,
        reading: extraction.Extraction,
        kept: Recording,
        version: str = "",
    ) -> None:
        self.document = document
        self.reading = reading
        self.kept = kept
        self.version = version or extraction.VERSION
        self.touched: dict[int, Event] = {}
        self.created: set[int] = set()
        self.result = Result(Outcome.NEW, document.location)

    def store(self) -> Result:
        if not self.write():
            return self.result
        self.kept.watch(*(event for pk, event in self.touched.items() if pk not in self.created))
        self.result.events_updated = len(refresh_all(self.touched) - self.created)
        self.result.events_created = len(self.created)
        return self.result

    def write(self) -> bool:
        """Store the source and its passages; the events that are touched are not resolved yet.

        False where it was stored already, and nothing is written.
        """
        previous = (
            Source.objects.current()
            .filter(path=self.document.location)
            .select_for_update(no_key=True)
            .first()
        )
        if self._is_stored(previous):
            self.result.outcome = Outcome.UNCHANGED
            return False
        if previous:
            self.result.outcome = Outcome.CHANGED
        source = self._store_source(previous)
        plan = self._plan(source, known=previous is not None, hold=True)
        self.kept.watch(*plan.old)
        again = self._store_events(source, plan)
        self._settle([mention for mention in plan.old if mention.pk not in again], source)
        return True

    def _is_stored(self, previous: Source | None) -> bool:
        if previous:
            # The same document twice in one run, or another loader was faster.
            return [getattr(previous, name) for name in STATE] == _state(self.document)
        return _is_stored_elsewhere(self.document)

    def foretell(self) -> list[merging.Match | None]:
        previous = Source.objects.current().filter(path=self.document.location).first()
        # A new text is a new source, which tells of nothing yet.
        source = previous if previous and previous.text == self.document.text else None
        return self._plan(source, known=previous is not None).matches

    def _plan(self, source: Source | None, *, known: bool, hold: bool = False) -> _Plan:
        """Where what was read will go; `known` is whether anything was loaded from the path before.

        With `hold` the events are locked, in the order of their keys as curators lock them, and it is planned
        again with what they are then: a curator decides before or after, never in between.
        """
        held: set[int] = set()
        while True:
            # Passages that were gone from an earlier text may be back.
            plan = self._planned(source, list(self._mentions_of_path()) if known else [])
            wanted = plan.events() - held
            if not (hold and wanted and connection.features.has_select_for_update):
                return plan
            rows = Event.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
            held |= {*rows.values_list("pk", flat=True), *wanted}

    def _planned(self, source: Source | None, old: list[Mention]) -> _Plan:
        """The rows that already stood for what was read, and the events that it goes to."""
        anchors = self._anchors([mention for mention in old if not mention.is_taken_back])
        anchored = [[anchors.take(mention) for mention in event.mentions] for event in self.reading.events]
        taken = {row.event_id for row in chain.from_iterable(anchored) if row}
        matches: list[merging.Match | None] = []
        for told, rows in zip(self.reading.events, anchored, strict=True):
            match = self._known_event(told, rows, anchors, source, taken)
            if match:
                taken.add(match.event.pk)
            matches.append(match)
        return _Plan(old, anchored, matches)

    def _anchors(self, old: Sequence[Mention]) -> "_Anchors":
        return _Anchors(old, self.document.text)

    def _mentions_of_path(self) -> Iterable[Mention]:
        mentions = Mention.objects.filter(source__path=self.document.location)
        return mentions.select_related("event", "source").order_by("pk")

    def _store_source(self, previous: Source | None) -> Source:
        document = self.document
        fields = {
            "published": document.published,
            "publisher": document.publisher,
            "url": document.url,
            "extractor": self.version,
            "places": places.stored(document.places),
        }
        if previous and previous.text == document.text:
            for name, value in fields.items():
                setattr(previous, name, value)
            previous.save()
            return previous
        source = _source(document, self.version)
        if not previous:
            source.save()
            return source
        # Only one source a path is current: the new one comes in as replaced, and then the two change places.
        source.replaced_by = previous
        source.save()
        Source.objects.filter(pk=previous.pk).update(replaced_by=source)
        source.replaced_by = None
        source.save(update_fields=["replaced_by"])
        return source

    def _store_events(self, source: Source, plan: _Plan) -> set[int]:
        """Store what was read; return the keys of the old mentions that were read again."""
        taken_back = {(row.event_id, row.quote): row for row in plan.old if row.is_taken_back}
        new: list[Mention] = []
        again: set[int] = set()
        places: set[tuple[int, int, int]] = set()
        for told, rows, known in zip(self.reading.events, plan.anchored, plan.matches, strict=True):
            match = known or merging.Match(self._made(told), "")
            event, via = match.event, match.via
            self.touched.setdefault(event.pk, event)
            for mention, anchored_row in zip(told.mentions, rows, strict=True):
                quote = source.text[mention.start : mention.end]
                stored = anchored_row or taken_back.pop((event.pk, quote), None)
                row = stored or Mention(event=event, merge_reason=match.reason, merged_from=via)
                if anchored_row and not anchored_row.extractor:
                    _move(row, source, mention.start)  # a curator's own: only its place is the text's
                    row.standing = Mention.Standing.CURRENT
                else:
                    _fill(row, mention, source, self.version)
                if via and not stored and (event.pk, row.start, row.end) in places:
                    # What was merged had this passage too, and an event has a passage once.
                    row.event, row.merged_from = via, None
                place = row.event_id, row.start, row.end
                if place in places:
                    continue
                places.add(place)
                if stored:
                    again.add(row.pk)
                    self.touched.setdefault(row.event_id, row.event)
                    row.save()
                else:
                    new.append(row)
        Mention.objects.bulk_create(new)
        return again

    def _made(self, told: records.Event) -> Event:
        event = _event(told, self.version)
        event.save()
        self.created.add(event.pk)
        return event

    def _known_event(
        self,
        told: records.Event,
        rows: Sequence[Mention | None],
        anchors: "_Anchors",
        source: Source | None,
        taken: set[int],
    ) -> merging.Match | None:
        """The stored row for an event that was read, and why; None where there is none yet."""
        stored = [row for row in rows if row]
        # What a curator moved says nothing of the passages that were left where they stood.
        deciding = [row for row in stored if not row.placed_by_hand]
        if not deciding:
            kin = (anchors.kin(mention) for mention, row in zip(told.mentions, rows, strict=True) if not row)
            deciding = [row for row in kin if row] or (stored if len(stored) == len(rows) else [])
        if deciding:
            event = deciding[0].event
            via = event if event.merged_into_id else deciding[0].merged_from
            return merging.Match(event.root, deciding[0].merge_reason, via)
        if own := next((row for mention in told.mentions if (row := anchors.around(mention))), None):
            return merging.Match(own.event.root, OF_A_CURATOR, own.merged_from)
        return self._like(told, source, taken)

    def _like(self, told: records.Event, source: Source | None, taken: set[int]) -> merging.Match | None:
        """The stored event that one which no stored passage tells of is taken for."""
        return merging.find(told, source, taken)

    def _settle(self, left: Sequence[Mention], source: Source) -> None:
        """Deal with the old mentions that were not read again."""
        for mention in left:
            event = Event.objects.filter(pk=mention.event_id).first()
            if event is None:
                continue  # it was taken back, and went with the last passage that told of its event
            self.touched.setdefault(event.pk, event)
            by_hand = not mention.extractor
            places = _places(mention, source.text)
            if not places:
                if mention.standing != Mention.Standing.GONE and not mention.is_taken_back:
                    self.result.passages_gone += 1
                    mention.standing = Mention.Standing.GONE
                    mention.save(update_fields=["standing"])
                continue
            others = set(
                event.mentions.filter(source=source).exclude(pk=mention.pk).values_list("start", "end")
            )
            free = [place for place in places if (place, place + len(mention.quote)) not in others]
            if free and (by_hand or mention.placed_by_hand or event.is_curated):
                _move(mention, source, free[0])
                taken_back = mention.standing == Mention.Standing.WITHDRAWN
                keeps = by_hand and not taken_back  # the machine has no say in what it didn't read
                mention.standing = Mention.Standing.CURRENT if keeps else Mention.Standing.WITHDRAWN
                mention.save()
                continue
            # The machine has thought better of it, or the event has the passage already.
            mention.delete()
            if not event.is_curated and not event.mentions.standing_by().exists():
                self.touched.pop(event.pk)
                self.kept.watch(event)
                event.delete()
                self.result.events_withdrawn += 1


class _RowLoader(_Loader):
    """Stores one row of a file of events: one event, by one passage, known by its path whatever it says.

    It is never taken for an event that is stored already, but for the one that it was before.
    """

    def __init__(
        self, document: Document, told: records.Event, kept: Recording, version: str, known: Event | None
    ) -> None:
        super().__init__(document, extraction.Extraction((told,), ()), kept, version)
        self.known = known

    def _is_stored(self, previous: Source | None) -> bool:  # noqa: ARG002
        return False  # the same words may say something else in other columns

    def _anchors(self, old: Sequence[Mention]) -> "_Anchors":
        return _RowAnchors([mention for mention in old if mention.is_imported], self.document.text)

    def _like(
        self,
        told: records.Event,  # noqa: ARG002
        source: Source | None,  # noqa: ARG002
        taken: set[int],  # noqa: ARG002
    ) -> merging.Match | None:
        if self.known is None:
            return None
        return merging.Match(self.known.root, "", self.known if self.known.merged_into_id else None)


def store_row(
    document: Document, told: records.Event, *, version: str, known: Event | None, kept: Recording
) -> set[int]:
    """Store a row of a file of events; the keys of the events to be resolved by `refresh_all` after that.

    `told` has one mention, `version` begins with IMPORTED, `known` is the event that the row became when it
    came before. Use within a transaction; what `kept` watches has to be resolved within its recording.
    """
    loader = _RowLoader(document, told, kept, version, known)
    loader.write()
    kept.watch(*(event for pk, event in loader.touched.items() if pk not in loader.created))
    return set(loader.touched)


def store_new_rows(rows: Sequence[tuple[Document, records.Event]], version: str) -> list[int]:
    """Store many rows of which nothing is stored yet; the keys of their events, in order, to be resolved.

    As `store_row`, in a few statements. Raises IntegrityError where something is.
    """
    sources = Source.objects.bulk_create([_source(document, version) for document, _ in rows])
    events = Event.objects.bulk_create([_event(told, version) for _, told in rows])
    passages = []
    for source, event, (_, told) in zip(sources, events, rows, strict=True):
        for mention in told.mentions:
            passage = Mention(event=event)
            _fill(passage, mention, source, version)
            passages.append(passage)
    Mention.objects.bulk_create(passages)
    return [event.pk for event in events]


def _source(document: Document, version: str) -> Source:
    return Source(
        headline=_shortened(document.headline, 500),
        text=document.text,
        sha256=digest(document.text),
        path=document.location,
        published=document.published,
        publisher=document.publisher,
        url=document.url,
        extractor=version,
        places=places.stored(document.places),
    )


def _event(told: records.Event, version: str) -> Event:
    earliest, latest = edtf_dates.bounds(told.date)
    return Event(
        kind=told.kind,
        title=_shortened(told.title, 300),
        date=told.date,
        earliest=earliest,
        latest=latest,
        status=told.status,
        disputed=told.disputed,
        country=told.country,
        counts=[
            {"what": count.what, "minimum": count.minimum, "maximum": count.maximum} for count in told.counts
        ],
        imported=version.startswith(IMPORTED),
    )


class _Anchors:
    """Finds, for a passage just read, the row that already stood for it."""

    def __init__(self, mentions: Sequence[Mention], text: str) -> None:
        self.mentions = mentions
        self.text = text
        self.taken: set[int] = set()
        self.by_quote: dict[tuple[str, str], list[Mention]] = defaultdict(list)
        for mention in mentions:
            self.by_quote[mention.kind, mention.quote].append(mention)

    def take(self, mention: records.Mention) -> Mention | None:
        """The row of the same words, which no other passage then gets."""
        rows = self.by_quote[mention.kind, self.text[mention.start : mention.end]]
        if not rows:
            return None
        # Two events of one kind in one passage are told apart by what was read there.
        row = max(
            rows,
            key=lambda row: (
                row.standing != Mention.Standing.GONE,
                row.date == mention.date,
                row.title == mention.title,
                row.start == mention.start,
                -row.pk,
            ),
        )
        rows.remove(row)
        self.taken.add(row.pk)
        return row

    def around(self, mention: records.Mention) -> Mention | None:
        """A curator's own row of which the machine has now read more, or less, of the same words."""
        for row in self.mentions:
            if row.extractor or row.kind != mention.kind or row.pk in self.taken:
                continue
            at = next(iter(_places(row, self.text)), None)
            if at is None or at >= mention.end or at + len(row.quote) <= mention.start:
                continue
            if not row.date or not mention.date or edtf_dates.overlap(row.date, mention.date):
                return row
        return None

    def kin(self, mention: records.Mention) -> Mention | None:
        """A row whose words are no longer there, and of which the passage is another wording."""
        quote = self.text[mention.start : mention.end]
        likeness = SequenceMatcher(b=quote, autojunk=False)
        best: tuple[float, Mention] | None = None
        for row in self.mentions:
            if row.kind != mention.kind or row.pk in self.taken or row.quote in self.text:
                continue
            likeness.set_seq1(row.quote)
            if likeness.real_quick_ratio() >= ALIKE and likeness.quick_ratio() >= ALIKE:
                ratio = likeness.ratio()
                if ratio >= ALIKE and (best is None or ratio > best[0]):
                    best = ratio, row
        return best[1] if best else None


class _RowAnchors(_Anchors):
    """As a row is one passage, the one that stands for it is found whatever it says by now."""

    def take(self, mention: records.Mention) -> Mention | None:  # noqa: ARG002
        """The row's passage, as long as its words are still there."""
        latest = self._latest()
        if latest is None or latest.quote not in self.text:
            return None
        self.taken.add(latest.pk)
        return latest

    def around(self, mention: records.Mention) -> None:  # noqa: ARG002
        """A curator's own passages are not the row's."""
        return

    def kin(self, mention: records.Mention) -> Mention | None:  # noqa: ARG002
        return self._latest()

    def _latest(self) -> Mention | None:
        return max(
            self.mentions,
            key=lambda row: (row.standing == Mention.Standing.CURRENT, row.pk),
            default=None,
        )


def _move(row: Mention, source: Source, start: int) -> None:
    """Take a passage and the words behind its fields to their place in another text of the same article."""
    old, offset = row.source.text, start - row.start

    def moved(span: Sequence[int]) -> list[int] | None:
        first, last = span[0] + offset, span[1] + offset
        same = first >= 0 and old[span[0] : span[1]] == source.text[first:last] != ""
        return [first, last] if same else None

    row.spans = {field: place for field, span in row.spans.items() if (place := moved(span))}
    for said in (*row.participants, *row.counts):
        # The passage itself is where the name or number was read, if nothing closer can be told.
        said["span"] = moved(said["span"]) or [start, start + len(row.quote)]
    row.source, row.start, row.end = source, start, start + len(row.quote)
    row.prefix, row.suffix = surroundings(source.text, row.start, row.end)


def _fill(row: Mention, mention: records.Mention, source: Source, version: str) -> None:
    """Put a passage and what `version` reads in it into its row."""
    row.source = source
    row.start, row.end = mention.start, mention.end
    row.quote = source.text[mention.start : mention.end]
    row.prefix, row.suffix = surroundings(source.text, mention.start, mention.end)
    row.kind, row.title, row.date = mention.kind, _shortened(mention.title, 300), mention.date
    row.status, row.disputed, row.country = mention.status, mention.disputed, mention.country
    row.participants = [_as_json(participant) for participant in mention.participants]
    row.counts = [_as_json(count) for count in mention.counts]
    row.cited = _shortened(mention.cited, 200)
    row.spans = {field: [span.start, span.end] for field, span in mention.spans.items()}
    row.rules = dict(mention.rules)
    row.extractor = version
    row.standing = Mention.Standing.CURRENT


def _as_json(record: records.Participant | records.Count) -> dict[str, object]:
    return {**asdict(record), "span": [record.span.start, record.span.end]}


def _places(mention: Mention, text: str) -> list[int]:
    """Where the mention's words stand in another text, the places whose surroundings fit best first."""
    places: list[tuple[bool, bool, int, int]] = []
    place = text.find(mention.quote)
    while place >= 0 and len(places) < 50:
        before, after = surroundings(text, place, place + len(mention.quote))
        places.append((before != mention.prefix, after != mention.suffix, abs(place - mention.start), place))
        place = text.find(mention.quote, place + 1)
    return [place for *_, place in sorted(places)]


def _shortened(words: str, length: int) -> str:
    return words if len(words) <= length else f"{words[: length - 1]}…"
