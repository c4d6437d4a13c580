"""The timeline's own JSON becomes what it was: sources with their texts, events with all that stands behind.

Into an empty database everything comes back under its own number, so that addresses that were cited lead
where they led. Into another it comes beside what is there, known by the site that it is from: an event that
comes again is brought up to date, unless a curator has decided about it here, and is never taken for
another. A source that is there already, text and all, isn't stored twice.

A restored event is what it was where it comes from: read by the machine, imported there from another file,
or made by hand. So `Event.imported` and what readers are told are taken over, and the origin that is stored
of one that no file brought serves only to know it again.

Nothing is believed: a text has to have its SHA-256, and each passage has to be the words of its place.
"""

from collections import ChainMap, Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from tempfile import TemporaryFile
from typing import Any, TypeAlias, TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from timeline import edtf_dates
from timeline.exports import evidence
from timeline.history import Recording, recording
from timeline.imports import trees
from timeline.imports.opening import Source as File
from timeline.imports.opening import things_of
from timeline.imports.storing import Outcome, Verdict
from timeline.imports.trees import ITEM, Place
from timeline.imports.words import storable
from timeline.models import (
    Actor,
    Decision,
    Event,
    Import,
    Mention,
    Origin,
    Participation,
    Source,
    Version,
    digest,
    surroundings,
)  # fmt: skip
from timeline.resolving import weigh
from timeline.transactions import Stretches, merge_in_turn, retried

T = TypeVar("T")
Told: TypeAlias = dict[str, Any]
ACTORS, SOURCES, EVENTS = ("actors", ITEM), ("sources", ITEM), ("events", ITEM)
SITE, VERSION = ("site",), ("version",)
AT_A_TIME = 200
CHARACTERS = 2_000_000
READABLE = 1  # the version of the format that is read
DECIDED = "A curator has decided about it here: only its passages are brought up to date."
KEPT = "kept"  # of numbers, in the verdicts of an import
ALL = (*evidence.EVENT, "set_by_hand")
FIELDS = ("kind", "title", "date", "status", "disputed", "country", "counts", "summary", "review")
PASSAGE = (*evidence.READ, "spans", "rules", "extractor", "standing", "placed_by_hand")
RENAMED = {"cited": "says", "merge_reason": "taken_for_the_same"}
PARTICIPANT = {"name": str, "role": str, "kind": str, "country": str}
COUNT = {"what": str, "minimum": int | None, "maximum": int | None}


class _Bad(ValueError):
    """Something of the file that can't be as it says; what is wrong, and the mend."""

    def __init__(self, problem: str, mend: str = "Export it again, and leave the file as it is.") -> None:
        super().__init__(problem)
        self.problem, self.mend = problem, mend


def site_of(file: File) -> str:
    """The site that a file is from, without what every address begins with; "" if it doesn't say."""
    try:
        site = next((thing for place, thing in things_of(file, {SITE, EVENTS}) if place == SITE), "")
    except trees.Broken:
        return ""
    return str(site).partition("//")[2].rstrip("/") or str(site)


def look(file: File, site: str) -> Iterator[Verdict]:
    """What would become of each event, in order; nothing is written."""
    with _Texts() as texts:
        for place, some in _batches(file):
            if place == SOURCES:
                yield from texts.take(some)[1]
            elif place == EVENTS:
                yield from _foretold(some, site, texts)
            elif place != ACTORS:
                yield from _unreadable(some)


def restore(file: File, imported: Import, *, by: User | None = None) -> Iterator[Verdict]:
    """Store what the file holds, some at a time; the verdict on each event, in order, once it is stored.

    With an `imported` that was begun before, it is gone on with. Sources that can't be stored have a verdict
    too; what they say of events then lacks its words, and these are refused.
    """
    restorer = _Restorer(imported, by)
    with restorer.texts:
        for place, some in _batches(file):
            yield from restorer.take(place, some)
    restorer.finish()


def _batches(file: File) -> Iterator[tuple[Place, list[Any]]]:
    batch: list[Any] = []
    before: Place = ()
    length = 0
    try:
        for place, thing in things_of(file, {VERSION, ACTORS, SOURCES, EVENTS}):
            if batch and (place != before or len(batch) >= AT_A_TIME or length >= CHARACTERS):
                yield before, batch
                batch, length = [], 0
            before = place
            batch.append(thing)
            length += len(thing.get("text", "")) if isinstance(thing, dict) else 0
    except trees.Broken as error:
        if batch:
            yield before, batch
        yield (), [_Bad(f"From here on it can’t be read as JSON: {error}.", "Export it again.")]
        return
    if batch:
        yield before, batch


def _unreadable(things: Sequence[Any]) -> Iterator[Verdict]:
    """Verdicts on what isn't an item of a list: the version, and where the file breaks off."""
    for thing in things:
        if isinstance(thing, _Bad):
            yield Verdict(Outcome.REFUSED, 0, problem=thing.problem, mend=thing.mend)
        elif thing != READABLE:
            yield Verdict(
                Outcome.REFUSED, 0, problem=f"It is of version {thing} of the format.",
                mend=f"This release reads version {READABLE}: install a newer one. What can be read, is.",
            )  # fmt: skip


class _Texts:
    """The texts of the file's sources, kept in a file of its own: there may be any number."""

    def __init__(self) -> None:
        self.places: dict[int, tuple[int, int]] = {}

    def __enter__(self) -> "_Texts":
        self.file = TemporaryFile()
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def take(self, things: Sequence[Any]) -> tuple[list[Told], list[Verdict]]:
        """The sources that are what they say, and verdicts on the others."""
        good: list[Told] = []
        bad: list[Verdict] = []
        for thing in things:
            try:
                told = _source(thing)
            except _Bad as error:
                number = _number(thing)
                problem = f"Source {number}: {error.problem}"
                bad.append(Verdict(Outcome.REFUSED, number, problem=problem, mend=error.mend))
                continue
            good.append(told)
            text = told["text"].encode()
            self.places[told["id"]] = self.file.seek(0, 2), len(text)
            self.file.write(text)
        return good, bad

    def __getitem__(self, key: int) -> str:
        """Raises KeyError."""
        place, length = self.places[key]
        self.file.seek(place)
        return self.file.read(length).decode()


# What is in the file


def _number(thing: Any) -> int:
    key = thing.get("id") if isinstance(thing, dict) else 0
    return key if isinstance(key, int) and not isinstance(key, bool) and 0 < key < 2**53 else 0


def _told(thing: Any) -> Told:
    if not isinstance(thing, dict) or not _number(thing):
        raise _Bad("It is no item with a number, or over 5 MB.")
    clean: Told = storable(thing)
    return clean


def _checked(row: Any, *without: str) -> None:
    try:
        row.clean_fields(exclude=without)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise _Bad(f"Its {name}: {' '.join(messages)}") from error


def _day(value: Any, name: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _Bad(f"Its {name}, “{value}”, is no day.") from error


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = parse_datetime(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _Bad(f"Its {name}, “{value}”, is no moment.")
    return moment


def _source(thing: Any) -> Told:
    told = _told(thing)
    text = thing.get("text")
    if not isinstance(text, str) or told["text"] != text or digest(text) != told.get("sha256"):
        raise _Bad("Its text isn’t the one of its SHA-256.", "Take the file as it was exported.")
    told["published"] = _day(told.get("published"), "published")
    told["loaded_at"] = _moment(told.get("loaded_at"), "loaded_at")
    _checked(Source(**_of_source(told)), "url", "path", "replaced_by")
    return told


def _of_source(told: Told) -> Told:
    names = (
        "headline",
        "publisher",
        "url",
        "published",
        "text",
        "sha256",
        "places",
        "extractor",
        "loaded_at",
    )
    if not isinstance(told.get("url", ""), str) or len(told.get("url", "")) > 2000:
        raise _Bad("Its url is no address.")
    return {name: told[name] for name in names if name in told}


def _event(thing: Any, texts: _Texts) -> Told:
    """The event as it can be stored; raises _Bad."""
    told = _told(thing)
    for name in (*ALL, "participants", "passages"):
        if name not in told:
            raise _Bad(f"It has no {name}.")
    for name in ("created_at", "updated_at"):
        told[name] = _moment(told[name], name)
    event = Event(**{name: told[name] for name in FIELDS})
    _checked(event, "earliest", "latest", "merged_into", "sort_date")
    by_hand = told["set_by_hand"]
    if not isinstance(by_hand, list) or set(map(str, by_hand)) - set(Event.READ_FIELDS):
        raise _Bad("Its set_by_hand are no fields.")
    if not isinstance(told["passages"], list) or not isinstance(told["participants"], list):
        raise _Bad("Its passages or participants are no list.")
    if not _are(event.counts, COUNT):
        raise _Bad("Its counts are none.")
    if event.review not in ("unreviewed", "confirmed"):
        raise _Bad("Its review is none that readers see.")
    for passage in told["passages"]:
        _passage(passage, texts)
    for part in told["participants"]:
        if not _are([part], {"name": str, "role": str}) or part["role"] not in Participation.Role.values:
            raise _Bad("One of its participants is none.")
    _check_origin(told.get("origin"))
    return told


def _check_origin(origin: Any) -> None:
    if origin is not None:
        names = dict.fromkeys(("collection", "identifier", "format", "file"), str)
        if not _are([origin], names) or origin["format"] not in Import.Format.values:
            raise _Bad("Its origin is none.")
        origin["imported_at"] = _moment(origin.get("imported_at"), "imported_at")


def _are(things: Any, kinds: Mapping[str, Any]) -> bool:
    """Whether these are a list of objects with such values, and spans where they have any."""
    return isinstance(things, list) and all(
        isinstance(thing, dict)
        and all(name in thing and isinstance(thing[name], kind) for name, kind in kinds.items())
        and ("span" not in thing or _is_span(thing["span"]))
        for thing in things
    )


def _is_span(span: Any) -> bool:
    return isinstance(span, list) and len(span) == 2 and all(type(end) is int for end in span)


def _passage(told: Any, texts: _Texts) -> None:
    names = ("source", "start", "end", "exact", *RENAMED.values(), *PASSAGE)
    if not isinstance(told, dict) or not _number(told) or any(name not in told for name in names):
        raise _Bad("One of its passages lacks something.")
    number, start, end = told["id"], told["start"], told["end"]
    try:
        text = texts[told["source"]]
    except (KeyError, TypeError) as error:
        mend = "Take a file with all its sources before its events."
        raise _Bad(f"The source of its passage {number} isn’t in the file.", mend) from error
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise _Bad(f"Its passage {number} is at no place of its source’s text.")
    if text[start:end] != told["exact"]:
        raise _Bad(
            f"Its passage {number} isn’t what stands at {start} to {end} of its source’s text.",
            "Take the file as it was exported.",
        )
    if not _are(told["participants"], PARTICIPANT | {"span": list}):
        raise _Bad(f"The participants of its passage {number} are none.")
    if not _are(told["counts"], COUNT | {"span": list}):
        raise _Bad(f"The counts of its passage {number} are none.")
    spans, rules = told["spans"], told["rules"]
    if not isinstance(spans, dict) or not isinstance(rules, dict) or not all(map(_is_span, spans.values())):
        raise _Bad(f"The spans of its passage {number} are none.")
    told["prefix"], told["suffix"] = surroundings(text, start, end)
    _checked(Mention(**_of_passage(told)), "source", "event", "merged_from")


def _of_passage(told: Told) -> Told:
    """The columns of a passage, but for where it belongs."""
    return {
        "start": told["start"], "end": told["end"], "quote": told["exact"],
        "prefix": told["prefix"], "suffix": told["suffix"],
        **{column: told[name] for column, name in RENAMED.items()},
        **{name: told[name] for name in PASSAGE},
    }  # fmt: skip


# What is there of it


def _essence(told: Told, hashes: Mapping[int, str]) -> Told:
    """What an event says, whatever numbers it and its passages have; sources are named by their SHA-256."""
    passages = [
        {name: passage[name] for name in ("start", "end", *RENAMED.values(), *PASSAGE)}
        | {"source": hashes.get(passage["source"], "")}
        for passage in told["passages"]
    ]
    return {
        **{name: told[name] for name in FIELDS},
        "set_by_hand": sorted(told["set_by_hand"]),
        "participants": sorted([part["name"], part["role"]] for part in told["participants"]),
        "passages": sorted(passages, key=lambda one: (one["source"], one["start"], one["end"])),
    }


def _known(events: Sequence[Told], site: str) -> dict[int, Event]:
    """By the numbers that they have in the file, the events that they were when they came before."""
    names = {(site, str(told["id"])): told["id"] for told in events}
    for told in events:
        if origin := told.get("origin"):
            names[origin["collection"], origin["identifier"]] = told["id"]
    found: dict[int, Event] = {}
    for collection in sorted({of for of, _ in names}):
        some = [identifier for of, identifier in names if of == collection]
        origins = Origin.objects.filter(collection=collection, identifier__in=some).defer("row")
        for origin in origins.select_related("event"):
            found[names[collection, origin.identifier]] = origin.event
    return found


def _changed(events: Sequence[Told], known: Mapping[int, Event], hashes: Mapping[int, str]) -> set[int]:
    """The numbers of those that say something else than what is stored; the hidden are left as they are."""
    stored = {told["id"]: told for told in evidence.events([event.pk for event in known.values()])}
    here = {passage["source"] for told in stored.values() for passage in told["passages"]}
    hashes_here = dict(Source.objects.filter(pk__in=here).values_list("pk", "sha256"))
    return {
        told["id"]
        for told in events
        if (event := known.get(told["id"]))
        and event.pk in stored
        and _essence(told, hashes) != _essence(stored[event.pk], hashes_here)
    }


def _decided(keys: Collection[int]) -> set[int]:
    """Those of these events that a curator has decided something about, here."""
    mine = Version.objects.filter(table=Version.Table.EVENT, row__in=list(keys))
    return set(mine.exclude(decision__action=Decision.Action.LOADED).values_list("row", flat=True))


def _hashes(events: Sequence[Told], texts: _Texts) -> dict[int, str]:
    keys = {passage["source"] for told in events for passage in told["passages"]}
    return {key: digest(texts[key]) for key in keys}


def _sorted_out(things: Sequence[Any], texts: _Texts) -> tuple[list[Told], list[Verdict]]:
    """The events that can be stored, and a verdict on each of all, in order."""
    good: list[Told] = []
    verdicts: list[Verdict] = []
    for thing in things:
        try:
            told = _event(thing, texts)
        except _Bad as error:
            raw = thing if isinstance(thing, dict) else {}
            verdict = Verdict(
                Outcome.REFUSED, _number(thing), problem=error.problem, mend=error.mend, raw=raw
            )
        else:
            good.append(told)
            verdict = Verdict(Outcome.NEW, told["id"], told["title"], told["date"], told["kind"])
        verdicts.append(verdict)
    return good, verdicts


def _judged(
    verdicts: Sequence[Verdict],
    known: Mapping[int, Event],
    changed: Collection[int],
    decided: Collection[int],
) -> list[Verdict]:
    def judged(verdict: Verdict) -> Verdict:
        event = known.get(verdict.number)
        if verdict.outcome == Outcome.REFUSED or event is None:
            return verdict
        if verdict.number not in changed:
            return replace(verdict, outcome=Outcome.UNCHANGED, event=event.pk)
        note = DECIDED if event.pk in decided else ""
        return replace(verdict, outcome=Outcome.CHANGED, event=event.pk, note=note)

    return [judged(verdict) for verdict in verdicts]


def _foretold(things: Sequence[Any], site: str, texts: _Texts) -> list[Verdict]:
    good, verdicts = _sorted_out(things, texts)
    known = _known(good, site)
    changed = _changed(good, known, _hashes(good, texts))
    return _judged(verdicts, known, changed, _decided([event.pk for event in known.values()]))


# Writing


class _Restorer:
    """Stores a file's items, batch by batch, each batch in a transaction."""

    def __init__(self, imported: Import, by: User | None) -> None:
        self.imported = imported
        self.by = by
        self.site = imported.collection
        self.texts = _Texts()
        self.stretches = Stretches()
        # What was noted in the transaction under way, and before it: numbers that aren't the file's, and
        # sources that one of the file's is already.
        self.renumbered: dict[Any, ChainMap[int, int]] = {Actor: ChainMap({}, {}), Source: ChainMap({}, {})}
        self.replaced: ChainMap[int, int] = ChainMap({}, {})
        self.used: ChainMap[int, bool] = ChainMap({}, {})
        self.imports: ChainMap[tuple[Any, ...], Import] = ChainMap({}, {})
        self.read = 0
        if "numbers" not in imported.verdicts:
            imported.verdicts = {**imported.verdicts, "numbers": KEPT if self._may_keep() else "new"}
            imported.save(update_fields=["verdicts"])
        self.keeps = imported.verdicts["numbers"] == KEPT

    def _may_keep(self) -> bool:
        """Whether the database is empty, or has begun with this very file."""
        begun = Import.objects.filter(collection=self.site, format=Import.Format.JSON).exclude(
            pk=self.imported.pk
        )
        before = begun.filter(sha256=self.imported.sha256).first()
        if before:
            return bool(before.verdicts.get("numbers") == KEPT)
        return not any(model.objects.exists() for model in (Event, Source, Actor))

    def take(self, place: Place, things: Sequence[Any]) -> list[Verdict]:
        verdicts: list[Verdict]
        if place == ACTORS:
            verdicts = self._in_turn(partial(self._actors, things))
        elif place == SOURCES:
            good, verdicts = self.texts.take(things)
            self._in_turn(partial(self._sources, good))
        elif place == EVENTS:
            self._join_texts()
            self.read += len(things)
            if self.read <= self.imported.verdicts.get("read", 0):
                return []
            return self._in_turn(partial(self._recorded, things))
        else:
            verdicts = list(_unreadable(things))
        if verdicts:
            self._count(verdicts)
        return verdicts

    def _in_turn(self, store: Callable[[], T]) -> T:
        """One transaction, alone among those that merge; done anew where the database breaks it off."""
        notes: list[ChainMap[Any, Any]] = [*self.renumbered.values(), self.replaced, self.used, self.imports]
        verdicts = self.imported.verdicts

        def once() -> T:
            for noted in notes:
                noted.maps[0].clear()
            self.imported.verdicts = verdicts
            with transaction.atomic():
                merge_in_turn()
                done = store()
                self._set_sequences()
            return done

        with self.stretches.one():
            done = retried(once)
        for noted in notes:
            noted.maps[1].update(noted.maps[0])
            noted.maps[0].clear()
        return done

    def finish(self) -> None:
        self._join_texts()

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        tally = Counter({one.value: self.imported.verdicts.get(one.value, 0) for one in Outcome})
        tally.update(verdict.outcome.value for verdict in verdicts)
        self.imported.verdicts = {**self.imported.verdicts, **tally, "read": self.read}
        self.imported.save(update_fields=["verdicts"])

    def _set_sequences(self) -> None:
        """In PostgreSQL, the next number comes after those that were given."""
        if self.keeps:
            with connection.cursor() as cursor:
                for statement in connection.ops.sequence_reset_sql(
                    no_style(), [Actor, Source, Event, Mention]
                ):
                    cursor.execute(statement)

    def _numbers(self, model: Any, keys: Sequence[int]) -> dict[int, int]:
        """Of these numbers of the file, those that are kept: they are free."""
        if not self.keeps:
            return {}
        taken = set(model.objects.filter(pk__in=keys).values_list("pk", flat=True))
        return {key: key for key in keys if key not in taken}

    def _here(self, model: Any, key: int) -> int:
        return self.renumbered[model].get(key, key)

    def _actors(self, things: Sequence[Any]) -> list[Verdict]:
        good: list[Told] = []
        bad: list[Verdict] = []
        for thing in things:
            try:
                told = _told(thing)
                told |= {name: told.get(name, "") for name in ("name", "kind", "country", "wikidata")}
                told["aliases"] = told.get("aliases", [])
                actor = Actor(**{name: told[name] for name in evidence.ACTOR})
                _checked(actor, "merged_into")
                if not _are([{"names": told["aliases"]}], {"names": list}):
                    raise _Bad("Its aliases are no list.")
                good.append(told)
            except _Bad as error:
                problem = f"Actor {_number(thing)}: {error.problem}"
                bad.append(Verdict(Outcome.REFUSED, _number(thing), problem=problem, mend=error.mend))
        stored = {
            (actor.name, str(actor.country.code or "")): actor.root.pk
            for actor in Actor.objects.filter(name__in=[told["name"] for told in good])
        }
        new = [told for told in good if (told["name"], told["country"]) not in stored]
        numbers = self._numbers(Actor, [told["id"] for told in new])
        made = Actor.objects.bulk_create(
            Actor(pk=numbers.get(told["id"]), **{name: told[name] for name in evidence.ACTOR}) for told in new
        )
        stored |= {(actor.name, str(actor.country.code or "")): actor.pk for actor in made}
        for told in good:
            self._note(Actor, told["id"], stored[told["name"], told["country"]])
        return bad

    def _note(self, model: Any, key: int, here: int) -> None:
        if key != here:
            self.renumbered[model][key] = here

    def _sources(self, good: Sequence[Told]) -> None:
        alike = Source.objects.filter(sha256__in=[told["sha256"] for told in good]).order_by("pk")
        stored = list(alike.values("pk", "path", "sha256", "published", "publisher", "url"))
        new: list[Told] = []
        for told in good:
            same = [
                row for row in stored
                if all(row[name] == told[name] for name in ("sha256", "published", "publisher", "url"))
                and row["pk"] not in self.used
            ]  # fmt: skip
            # Of copies, the one that it was before.
            same.sort(key=lambda row: (not (self.keeps and row["pk"] == told["id"]), row["pk"]))
            if same:
                self.used[same[0]["pk"]] = True
                self._note(Source, told["id"], same[0]["pk"])
            else:
                new.append(told)
        numbers = self._numbers(Source, [told["id"] for told in new])
        rows = [
            Source(pk=numbers.get(told["id"]), path=f"restored:{self.site}#{told['id']}", **_of_source(told))
            for told in new
        ]
        for told, row in zip(new, Source.objects.bulk_create(rows), strict=True):
            row.loaded_at = told["loaded_at"]
            self.used[row.pk] = True
            self._note(Source, told["id"], row.pk)
            if type(told.get("replaced_by")) is int:
                self.replaced[told["id"]] = told["replaced_by"]
        Source.objects.bulk_update(rows, ["loaded_at"])

    def _join_texts(self) -> None:
        """Put each earlier text behind the one that replaced it, under the path of the last."""
        if self.replaced:
            retried(self._join_replaced)
            self.replaced.maps[1].clear()

    @transaction.atomic
    def _join_replaced(self) -> None:
        merge_in_turn()
        for key, newer in self.replaced.items():
            last, seen = newer, {key}
            while last in self.replaced and last not in seen:
                seen.add(last)
                last = self.replaced[last]
            here, by = self._here(Source, key), self._here(Source, newer)
            if newer in self.texts.places and last not in seen and here != by:
                path = f"restored:{self.site}#{last}"
                Source.objects.filter(pk=here, replaced_by=None).update(replaced_by=by, path=path)

    def _recorded(self, things: Sequence[Any]) -> list[Verdict]:
        who, reason = f"the import of {self.site}", self.imported.file
        with recording(Decision.Action.LOADED, by=self.by, who=who, reason=reason) as kept:
            verdicts = self._events(things, kept)
            self._count(verdicts)
        return verdicts

    def _events(self, things: Sequence[Any], kept: Recording) -> list[Verdict]:
        good, verdicts = _sorted_out(things, self.texts)
        known = _known(good, self.site)
        changed = _changed(good, known, _hashes(good, self.texts))
        decided = _decided([event.pk for event in known.values()])
        new = [told for told in good if told["id"] not in known]
        made = self._make(new)
        for told in good:
            if told["id"] in changed:
                event = known[told["id"]]
                self._update(told, event, kept, passages_only=event.pk in decided)
        weigh([*(event.pk for event in made.values()), *(known[key].pk for key in changed)])
        verdicts = [
            replace(one, event=made[one.number].pk)
            if one.outcome == Outcome.NEW and one.number in made
            else one
            for one in verdicts
        ]
        return _judged(verdicts, known, changed, decided)

    def _make(self, new: Sequence[Told]) -> dict[int, Event]:
        """The events with their passages, and who takes part, by their numbers in the file."""
        numbers = self._numbers(Event, [told["id"] for told in new])
        events = [
            Event(pk=numbers.get(told["id"]), imported=bool(told.get("origin")), **_of_event(told))
            for told in new
        ]
        Event.objects.bulk_create(events)
        for told, event in zip(new, events, strict=True):
            event.created_at, event.updated_at = told["created_at"], told["updated_at"]
        Event.objects.bulk_update(events, ["created_at", "updated_at"])
        made = {told["id"]: event for told, event in zip(new, events, strict=True)}
        passages = [(told, passage) for told in new for passage in told["passages"]]
        kept = self._numbers(Mention, [passage["id"] for _, passage in passages])
        Mention.objects.bulk_create(
            Mention(
                pk=kept.get(passage["id"]), event=made[told["id"]],
                source_id=self._here(Source, passage["source"]), **_of_passage(passage),
            )
            for told, passage in passages
        )  # fmt: skip
        self._set_parts([(told, made[told["id"]]) for told in new])
        Origin.objects.bulk_create(self._origin(told, made[told["id"]]) for told in new)
        return made

    def _set_parts(self, events: Sequence[tuple[Told, Event]]) -> None:
        names = {part["name"] for told, _ in events for part in told["participants"]}
        by_key = Actor.objects.in_bulk(
            {self._here(Actor, part["actor"]) for told, _ in events for part in told["participants"]
             if type(part.get("actor")) is int}
        )  # fmt: skip
        by_name = {actor.name: actor for actor in Actor.objects.filter(name__in=names).order_by("-pk")}
        parts: dict[tuple[int, int, str], Participation] = {}
        for told, event in events:
            for part in told["participants"]:
                actor = by_key.get(self._here(Actor, part.get("actor", 0))) or by_name.get(part["name"])
                if actor is None:
                    actor = by_name[part["name"]] = Actor.objects.create(name=part["name"][:200])
                key = event.pk, actor.root.pk, part["role"]
                parts.setdefault(key, Participation(event=event, actor_id=actor.root.pk, role=part["role"]))
        Participation.objects.bulk_create(parts.values())

    def _origin(self, told: Told, event: Event) -> Origin:
        origin = told.get("origin")
        if origin is None:
            return Origin(
                event=event, imported=self.imported, collection=self.site, identifier=str(told["id"]), row={}
            )
        key = (origin["collection"], origin["file"], origin["format"], origin["imported_at"])
        if key not in self.imports:
            collection, file, format_, at = key
            made, _ = Import.objects.get_or_create(
                collection=collection, file=file, format=format_, at=at,
                defaults={"sha256": "", "who": f"the import of {self.site}"[:150], "verdicts": {}},
            )  # fmt: skip
            Import.objects.filter(pk=made.pk).update(at=at)
            self.imports[key] = made
        return Origin(
            event=event, imported=self.imports[key], collection=origin["collection"],
            identifier=origin["identifier"], row=origin.get("row") or {},
        )  # fmt: skip

    def _update(self, told: Told, event: Event, kept: Recording, *, passages_only: bool) -> None:
        """Bring an event that came before up to date; what a curator decided here wins."""
        event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
        kept.watch(event, *event.mentions.all())
        home = event.root
        if home != event:
            kept.watch(home)
        self._update_passages(told, event, home)
        if passages_only:
            return
        for name, value in _of_event(told).items():
            setattr(event, name, value)
        event.save()
        event.participations.all().delete()
        self._set_parts([(told, event)])
        Event.objects.filter(pk=event.pk).update(updated_at=told["updated_at"])

    def _update_passages(self, told: Told, event: Event, home: Event) -> None:
        mine = list(Mention.objects.filter(event=home))
        stored = {(mention.source_id, mention.start, mention.end): mention for mention in mine}
        places: set[tuple[int, int, int]] = set()
        for passage in told["passages"]:
            source = self._here(Source, passage["source"])
            place = source, passage["start"], passage["end"]
            places.add(place)
            there = Mention.objects.filter(source=source, start=place[1], end=place[2])
            if mention := stored.get(place):
                for name, value in _of_passage(passage).items():
                    setattr(mention, name, value)
                mention.save()
            elif not there.filter(placed_by_hand=True).exists():
                via = event if home != event else None
                Mention.objects.create(event=home, merged_from=via, source_id=source, **_of_passage(passage))
        for place, mention in stored.items():
            from_there = mention.source.path.startswith(f"restored:{self.site}#")
            if place not in places and from_there and mention.extractor and not mention.placed_by_hand:
                mention.standing = Mention.Standing.WITHDRAWN
                mention.save(update_fields=["standing"])


def _of_event(told: Told) -> Told:
    """The columns of an event, the bounds of its date among them."""
    earliest, latest = edtf_dates.bounds(told["date"])
    return {
        **{name: told[name] for name in FIELDS},
        "locked_fields": told["set_by_hand"],
        "earliest": earliest,
        "latest": latest,
    }
