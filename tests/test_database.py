"""The triggers: put in place after every migration, as often as one likes, and away for a bulk fill."""

import pytest
from django.core.management import call_command
from django.db import connection

from tests import factories
from timeline import columns, database, search
from timeline.models import Change, Event

pytestmark = pytest.mark.django_db


def found(text: str) -> list[int]:
    query = search.parse(text)
    assert query is not None
    return search.find(query).tolist()


def test_they_can_be_put_in_place_again() -> None:
    event = factories.make_event(title="Vote in Kenya")
    database.install(connection)
    database.install(connection)
    assert found("kenya") == [event.pk]
    noted = Change.objects.count()
    event.save()
    assert Change.objects.count() == noted + 1  # by one trigger, not by three
    event.delete()
    assert found("kenya") == []


def test_a_timeline_from_before_its_search_index_gets_one() -> None:
    known = columns.current()
    database.remove(connection)
    event = factories.make_event(title="Vote in Kenya")
    factories.make_mention(factories.make_source(headline="A long day"), event, words="Thousands")
    assert found("kenya") == []
    database.install(connection)
    assert found("kenya thousands day") == [event.pk]
    assert columns.patched(known).pk[columns.current().public].tolist() == [event.pk]


@pytest.mark.django_db(transaction=True)
def test_migrating_puts_back_what_a_rebuilt_table_has_lost() -> None:
    database.remove(connection)
    call_command("migrate", verbosity=0)
    assert found(factories.make_event(title="Vote in Kenya").title)


def test_every_write_is_noted_whoever_makes_it() -> None:
    event = factories.make_event()
    source = factories.make_source()
    mention = factories.make_mention(source, event, words="Thousands")
    actor = factories.make_actor()
    part = factories.make_participation(event, actor)

    def noted() -> int:
        last = Change.objects.order_by("pk").last()
        assert last
        return last.pk

    for write in (
        lambda: Event.objects.filter(pk=event.pk).update(summary="Seen."),
        lambda: Event.objects.filter(pk=event.pk).update(locked_fields=["date"]),
        lambda: type(mention).objects.update(standing="gone"),
        lambda: type(source).objects.update(publisher="Another"),
        lambda: type(actor).objects.update(name="Another name"),
        lambda: type(part).objects.update(role="target"),
        part.delete,
        mention.delete,
        actor.delete,
        source.delete,
        event.delete,
    ):
        before, revision = noted(), columns.current().revision
        write()
        assert noted() > before
        assert columns.current().revision != revision


def test_another_engine_is_named() -> None:
    with pytest.raises(database.UnknownEngine, match=r"not on oracle\. Set DATABASE_URL"):
        database.statements("oracle")
