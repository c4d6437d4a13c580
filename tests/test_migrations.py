"""Databases with data in them come along when the project is updated."""

from importlib import import_module
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import make_event, make_mention, make_source
from timeline.doubts import certainty
from timeline.models import Event, Mention


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
