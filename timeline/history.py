"""Who changed what, when and why: one decision at a time, with the state of every row before and after it.

A decision may change many rows (a merge changes events and passages), so that it is the decision that is
recorded and undone, not the row. The loader records what it changes in rows that were there; what it makes
needs no record, since the row itself says which article and which machine it comes from.
Written states are compared, not calls: whatever a recording watches and finds changed at its end is in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from django.contrib.auth.models import User
from django.db import models, transaction

from timeline.models import Actor, Decision, Event, Mention, Participation, Version

Row: TypeAlias = Event | Mention | Actor
State: TypeAlias = dict[str, Any]
Table = Version.Table

MODELS: dict[str, type[Row]] = {Table.EVENT: Event, Table.MENTION: Mention, Table.ACTOR: Actor}
READ = ("kind", "title", "date", "status", "disputed", "country")
CURATORS = ("review", "summary", "locked_fields", "merged_into_id")
PLACED = ("event_id", "merged_from_id", "placed_by_hand", "standing")
FIELDS: dict[str, tuple[str, ...]] = {
    Table.EVENT: (*READ, "counts", *CURATORS),
    Table.MENTION: (*PLACED, *READ, "cited"),
    Table.ACTOR: ("name", "kind", "country", "aliases", "wikidata", "merged_into_id"),
}
AT_A_TIME = 1000
MACHINE = "the machine"


class Recording:
    """What is watched while a decision is carried out."""

    def __init__(self, by: User | None = None) -> None:
        self.by = by
        self.before: dict[tuple[str, int], State | None] = {}
        self.decision: Decision | None = None

    def watch(self, *rows: Row) -> None:
        """Keep the states of the rows as the database has them; call it before they are written."""
        self.watch_keys(*((table_of(row), row.pk) for row in rows))

    def watch_keys(self, *keys: tuple[str, int]) -> None:
        new: defaultdict[str, list[int]] = defaultdict(list)
        for table, pk in keys:
            if (table, pk) not in self.before:
                new[table].append(pk)
        for table, pks in new.items():
            found = states(table, pks)
            self.before |= {(table, pk): found[pk] for pk in pks if pk in found}

    def made(self, row: Row) -> None:
        """Note that the decision has made the row."""
        self.before[table_of(row), row.pk] = None

    def changes(self) -> Iterator[tuple[str, int, State | None, State | None]]:
        """(table, key, before, after) of every watched row that is not what it was.

        An event is among them as it is where one of its passages has changed, left or come, so that its
        history tells of it.
        """
        keys: defaultdict[str, list[int]] = defaultdict(list)
        for table, pk in self.before:
            keys[table].append(pk)
        after = {table: states(table, pks) for table, pks in keys.items()}
        concerned = self._of_changed_passages(after.get(Table.MENTION, {}))
        for (table, pk), before in self.before.items():
            now = after[table].get(pk)
            if now != before or (table == Table.EVENT and pk in concerned):
                yield table, pk, before, now

    def _of_changed_passages(self, after: Mapping[int, State]) -> set[int]:
        events: set[int] = set()
        for (table, pk), before in self.before.items():
            now = after.get(pk)
            if table == Table.MENTION and now != before:
                events |= {state["event_id"] for state in (before, now) if state}
        return events


@contextmanager
def recording(
    action: Decision.Action,
    *,
    by: User | None = None,
    who: str = MACHINE,
    reason: str = "",
    undoes: Decision | None = None,
) -> Iterator[Recording]:
    """A transaction whose changes to watched rows become one decision; none where nothing was changed.

    `by` is the curator; without one it is `who`, a name in words.
    """
    with transaction.atomic():
        kept = Recording(by)
        yield kept
        changes = list(kept.changes())
        if changes:
            who = by.get_username() if by else who[:150]
            kept.decision = Decision.objects.create(
                action=action, by=by, who=who, reason=reason[:500], undoes=undoes
            )
            Version.objects.bulk_create(
                [
                    Version(decision=kept.decision, table=table, row=pk, before=before, after=after)
                    for table, pk, before, after in changes
                ],
                batch_size=AT_A_TIME,
            )


def table_of(row: Row) -> str:
    return next(table for table, model in MODELS.items() if isinstance(row, model))


def state_of(row: Row) -> State:
    """The row's state, as the database has it."""
    return states(table_of(row), [row.pk])[row.pk]


def states(table: str, pks: Sequence[int]) -> dict[int, State]:
    """The rows' states by key, as the database has them; what is not there is left out."""
    found: dict[int, State] = {}
    for start in range(0, len(pks), AT_A_TIME):
        found |= _states(table, pks[start : start + AT_A_TIME])
    return found


def _states(table: str, pks: Sequence[int]) -> dict[int, State]:
    manager: models.Manager[Any] = MODELS[table]._default_manager  # noqa: SLF001 (Django's documented name)
    columns = manager.filter(pk__in=pks).order_by()
    if table == Table.MENTION:
        # What the machine read changes with the machine; what a curator wrote is the curator's.
        found = {row.pop("pk"): row for row in columns.values("pk", "extractor", *FIELDS[table])}
        for state in found.values():
            if state.pop("extractor"):
                for name in (*READ, "cited"):
                    del state[name]
        return found
    found = {row.pop("pk"): row for row in columns.values("pk", *FIELDS[table])}
    if table == Table.EVENT:
        parts: defaultdict[int, list[list[Any]]] = defaultdict(list)
        named = Participation.objects.filter(event__in=pks).order_by("actor_id", "role")
        for event, actor, role in named.values_list("event_id", "actor_id", "role"):
            parts[event].append([actor, role])
        for pk, state in found.items():
            state["participants"] = parts[pk]
    return found


def decisions_on(row: Row) -> models.QuerySet[Version]:
    """The row's versions, the latest first, each with its decision."""
    return (
        Version.objects.filter(table=table_of(row), row=row.pk)
        .select_related("decision__by", "decision__undone_by", "decision__undoes")
        .order_by("-pk")
    )


def last_decision(row: Row) -> Decision | None:
    """The latest decision about the row, the machine's included."""
    version = decisions_on(row).first()
    return version.decision if version else None


def differences(version: Version) -> Iterator[tuple[str, Any, Any]]:
    """(field, before, after) of each field that a version changed; None for a row that was not there."""
    before, after = version.before or {}, version.after or {}
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def decided(version: Version) -> dict[str, Any]:
    """The fields that a curator’s decision changed by itself, or locked or unlocked, with the values before.

    What the machine then read anew, in fields that were locked neither before nor after, is left out.
    """
    changed = {name: before for name, before, _ in differences(version) if name != "locked_fields"}
    if not version.before or not version.after:
        return changed
    if version.table == Table.ACTOR:
        changed.pop("aliases", None)  # they are taken back one by one
    if version.table != Table.EVENT:
        return changed
    were, are = set(version.before["locked_fields"]), set(version.after["locked_fields"])
    changed = {name: value for name, value in changed.items() if name in were | are or name in CURATORS}
    return changed | {name: version.before[name] for name in were ^ are}


def is_overridden(version: Version, now: State) -> bool:
    """Whether something that a curator's decision set is no longer as it left it.

    What the machine may write is not minded: fields that the decision left unlocked, whether words still
    stand, and names, which are taken back one by one.
    """
    after = version.after
    if version.before is None or after is None:
        return False
    names = set(decided(version)) - {"standing"}
    if version.table != Table.EVENT:
        return any(now.get(name) != after.get(name) for name in names)
    locked, left_locked = set(now["locked_fields"]), set(after["locked_fields"])
    return any(
        now[name] != after[name]
        if name in CURATORS
        else (name in locked) != (name in left_locked) or (name in left_locked and now[name] != after[name])
        for name in names
    )


def later_decisions(decision: Decision) -> Iterator[Decision]:
    """Curators' decisions after this one that still stand and changed what it changed, or what it made."""
    versions = list(decision.versions.all())
    for start in range(0, len(versions), AT_A_TIME):
        some = versions[start : start + AT_A_TIME]
        later = _later_versions(decision, {(one.table, row) for one in some for row in _rows_before(one)})
        for version in some:
            mine = decided(version)
            for row in _rows_before(version):
                for other in later[version.table, row]:
                    if row != version.row:
                        builds = "merged_into_id" in decided(other)
                    else:
                        builds = version.before is None or bool(mine.keys() & decided(other).keys())
                    if builds:
                        yield other.decision


def _rows_before(version: Version) -> list[int]:
    """The rows whose later decisions come before its undo."""
    rows = [version.row]
    if version.table == Table.ACTOR and "merged_into_id" in decided(version):
        # Where the actor that it was merged into has been merged since, that comes first.
        rows += filter(None, [(version.after or {}).get("merged_into_id")])
    return rows


def _later_versions(
    decision: Decision, keys: Collection[tuple[str, int]]
) -> defaultdict[tuple[str, int], list[Version]]:
    """By row, what curators have changed in it since, as far as that stands; in as few queries as tables."""
    undone = Decision.objects.filter(undoes__isnull=False).values("undoes")
    found: defaultdict[tuple[str, int], list[Version]] = defaultdict(list)
    for table in sorted({table for table, _ in keys}):
        later = (
            Version.objects.filter(
                table=table, row__in=[row for name, row in keys if name == table], decision__gt=decision.pk
            )
            .exclude(decision__action=Decision.Action.LOADED)
            .exclude(decision__in=undone)
            .exclude(decision__undoes__isnull=False)
            .select_related("decision")
        )
        for version in later:
            found[table, version.row].append(version)
    return found
