"""Databases with data in them come along when the project is updated."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps.registry import Apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import make_actor, make_event, make_mention, make_participation, make_source, make_user
from timeline import columns, curating, search
from timeline.doubts import certainty
from timeline.models import Event, Mention, Review


@pytest.mark.django_db
def test_events_that_were_there_get_their_certainty() -> None:
    sure, told_once = make_event(), make_event(title="Told once")
    for _ in range(2):
        make_mention(make_source(), sure, extractor="a machine", rules={"country": "sentence"})
    source = make_source()
    make_mention(source, told_once, extractor="a machine")
    make_mention(source, told_once, words="Thousands", standing=Mention.Standing.WITHDRAWN)
    Event.objects.update(certainty=0)

    _weigh(_as_after("0004_curation"))

    for event in (sure, told_once):
        event.refresh_from_db()
        assert event.certainty == certainty(event, list(event.mentions.all())) > 0


def _as_after(name: str) -> Apps:
    """The models as a migration has them: they have columns, and no properties."""
    state = MigrationExecutor(connection).loader.project_state(("timeline", name))
    return state.apps  # type: ignore[no-any-return]


def _weigh(apps: Any) -> None:
    import_module("timeline.migrations.0005_certainty").weigh(apps, None)


@pytest.fixture
def migrated_again(transactional_db: None) -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.usefixtures("migrated_again")
class TestBack:
    def test_events_and_their_passages_stay(self) -> None:
        user, source, event, other = make_user(), make_source(), make_event(), make_event(title="Told again")
        make_mention(source, event)
        make_mention(make_source(replaced_by=source), other, words="Thousands")
        make_participation(event, make_actor())
        curating.merge(event, [other], by=user)
        curating.review([event], Review.CONFIRMED, by=user)
        before = rows()
        for to in ("0009", "0003"):
            call_command("migrate", "timeline", to, verbosity=0)
            assert rows() == before
        call_command("migrate", verbosity=0)
        assert rows() == before
        query = search.parse("march thousands")
        assert query
        assert search.find(query).tolist() == [event.pk]
        known = columns.read()
        later = make_event()
        assert columns.patched(known).pk[-1] == later.pk

    def test_what_the_older_release_does_not_know_is_named_before_anything_is_done(self) -> None:
        make_event(kind="other")
        with pytest.raises(CommandError, match=r"0010_imports .* \(events: 1, passages: 0\)"):
            call_command("migrate", "timeline", "0009", verbosity=0)
        assert not Event.objects.get().imported  # a column that went first


def rows() -> list[list[tuple[Any, ...]]]:
    """What all releases have columns for."""
    found = []
    with connection.cursor() as cursor:
        for asked in (
            "SELECT id, kind, title, date, earliest, review, sort_date FROM timeline_event ORDER BY id",
            'SELECT id, event_id, source_id, start, "end", quote FROM timeline_mention ORDER BY id',
            "SELECT event_id, actor_id, role FROM timeline_participation ORDER BY id",
            "SELECT id, path, text, replaced_by_id FROM timeline_source ORDER BY id",
        ):
            cursor.execute(asked)
            found.append(cursor.fetchall())
    return found
