"""Two hosts with one PostgreSQL: after each commit both show it, and alike, in whatever order they come."""

import csv
import json
import os
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from itertools import islice, permutations
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from tests import toy
from tests.factories import make_actor, make_event, make_mention, make_participation, make_source, make_user
from tests.servers import PATIENCE, WORKERS, server
from timeline import columns, curating, loading, workers
from timeline.documents import Document
from timeline.history import last_decision
from timeline.models import Actor, Event, Review

pytestmark = [
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite is of one host"),
    pytest.mark.django_db(transaction=True),
]
PROTEST = "[protest 2020-08-09 occurred BY Ada Marsh] Crowds filled the square before the old town hall."
VOTE = (
    "[election 2020-08-16 occurred BY -] People went to the polls in the morning, and many called it rigged."
)
PAGES = (
    "/",
    "/figure.json",
    "/events.json",
    "/events.csv",
    "/passages.csv",
    "/api/v1/events/",
    "/api/v1/actors/",
)
CHOSEN = ("kind=protest&to=2020-08-10", "text=square", "review=confirmed&group=actor")


@pytest.fixture(scope="module")
def hosts(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The addresses of two sites that have the database of the tests, and no folder, in common."""
    with ExitStack() as stack:
        found = []
        for name in ("one", "another"):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            folder = tmp_path_factory.mktemp(name)
            stack.enter_context(server(listener, environment(str(folder))))
            found.append(f"http://127.0.0.1:{listener.getsockname()[1]}")
        yield found


def environment(folder: str) -> dict[str, str]:
    told = connection.settings_dict
    user, password = quote(str(told["USER"])), quote(str(told["PASSWORD"]), safe="")
    return os.environ | {
        "DATABASE_URL": f"postgres://{user}:{password}@{told['HOST']}:{told['PORT']}/{told['NAME']}",
        "TIMELINE_CACHE_FOLDER": folder,
        "TIMELINE_PAGE_RATE": "off",
        "TIMELINE_API_RATE": "off",
        "TIMELINE_LOG_LEVEL": "WARNING",
        "WEB_CONCURRENCY": str(WORKERS),
    }


def shown(hosts: list[str], path: str) -> str:
    """What all hosts answer."""
    answers = set()
    for host in hosts:
        asked = Request(host + path, headers={"Host": "127.0.0.1"})  # noqa: S310 (our own)
        with urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310
            answers.add(re.sub(r'"exported_at":"[^"]+"', "", answer.read().decode("utf-8-sig")))
    assert len(answers) == 1, path
    return str(answers.pop())


def check(hosts: list[str]) -> None:
    """All pages are the same on both, and those that can be counted are right."""
    public = list(Event.objects.public())
    for path in PAGES:
        shown(hosts, path)
    for query in CHOSEN:
        shown(hosts, f"/?{query}")
    told = {int(row["id"]): row["title"] for row in csv.DictReader(shown(hosts, "/events.csv").splitlines())}
    assert told == {event.pk: event.title for event in public}
    assert json.loads(shown(hosts, "/api/v1/events/"))["count"] == len(public)
    for name in ("kind", "review"):
        pattern = rf'name="{name}" value="(\w+)".*?<span class="many">(\d+)<'
        facet = {
            value: int(count)
            for value, count in re.findall(pattern, shown(hosts, "/"), re.DOTALL)
            if int(count)
        }
        assert facet == Counter(getattr(event, name) for event in public)
    assert titles(hosts, "square") == sorted(
        event.title
        for event in public
        if "square" in event.title or event.mentions.filter(quote__contains="square").exists()
    )


def titles(hosts: list[str], word: str) -> list[str]:
    found = json.loads(shown(hosts, f"/api/v1/events/?text={word}"))["results"]
    return sorted(one["title"] for one in found)


@pytest.mark.processes
def test_after_each_commit_both_hosts_show_it(hosts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)
    monkeypatch.setattr(workers.extraction, "extract", toy.extract)
    by = make_user()

    def load(path: str, *lines: str) -> None:
        text = "\n\n".join(["What happened", *lines])
        (result,) = loading.load([Document(path, "What happened", date(2020, 8, 20), text)])
        assert result.failure is None

    def event(**fields: Any) -> Event:
        return Event.objects.filter(merged_into=None, **fields).latest("pk")

    def merge_actors() -> None:
        curating.merge_actors(Actor.objects.earliest("pk"), [Actor.objects.latest("pk")], by=by)

    def undo() -> None:
        decision = last_decision(event(kind="protest"))
        assert decision
        curating.undo(decision, by=by)

    acts: list[Callable[[], object]] = [
        lambda: load("a.txt", PROTEST, VOTE),
        lambda: load("b.txt", PROTEST.replace("Ada Marsh", "Oskar Lind").replace("08-09", "08-12")),
        lambda: curating.review([event(kind="election")], Review.CONFIRMED, by=by),
        lambda: curating.correct(event(kind="protest"), {"title": "Rally on the square"}, by=by),
        lambda: curating.merge(Event.objects.get(date="2020-08-09"), [event(date="2020-08-12")], by=by),
        undo,
        merge_actors,
        lambda: load("a.txt", PROTEST),
        lambda: Event.objects.latest("pk").delete(),
    ]
    check(hosts)
    for act in acts:
        act()
        check(hosts)


@contextmanager
def others(number: int) -> Iterator[list[BaseDatabaseWrapper]]:
    """Connections of their own, each in a transaction that has written nothing yet."""
    opened = [connection.copy() for _ in range(number)]
    try:
        for one in opened:
            one.set_autocommit(False)
        yield opened
    finally:
        for one in opened:
            one.close()


def write(through: BaseDatabaseWrapper, sql: str, *values: object) -> None:
    with through.cursor() as cursor:
        cursor.execute(sql, values)


RETITLE = "UPDATE timeline_event SET title = %s WHERE id = %s"
ADD = (
    "INSERT INTO timeline_event (kind, title, date, earliest, latest, status, disputed, country, counts,"
    " summary, review, locked_fields, certainty, has_news, imported, created_at, updated_at)"
    " SELECT kind, %s, date, earliest, latest, status, disputed, country, counts, summary, review,"
    " locked_fields, certainty, has_news, imported, created_at, updated_at FROM timeline_event WHERE id = %s"
)


@pytest.mark.processes
def test_what_is_committed_after_what_came_later_is_shown(hosts: list[str]) -> None:
    first, second = make_event(title="First square"), make_event(title="Second square")
    make_participation(first, make_actor())
    make_mention(make_source(), first)
    check(hosts)
    with others(2) as (slow, quick):
        write(slow, RETITLE, "First, late, square", first.pk)
        write(slow, ADD, "New, late, square", first.pk)
        write(quick, RETITLE, "Second, soon, square", second.pk)
        write(quick, ADD, "New, soon, square", second.pk)
        check(hosts)
        quick.commit()
        check(hosts)
        assert titles(hosts, "square") == ["First square", "New, soon, square", "Second, soon, square"]
        slow.commit()
        check(hosts)
        assert len(titles(hosts, "late")) == len(titles(hosts, "soon")) == 2


@pytest.mark.parametrize("looks", [True, False])
def test_columns_miss_no_transaction_in_whatever_order_they_end(*, looks: bool) -> None:
    events = [make_event(title=f"Event {number}") for number in range(2)]
    known = columns.read()
    for order in islice(permutations(range(4)), None, None, 3):
        with others(4) as (one, another, deleting, undone):
            for through, event in ((one, events[0]), (another, events[1])):
                write(through, "UPDATE timeline_event SET disputed = NOT disputed WHERE id = %s", event.pk)
                write(through, ADD, f"New {order}", event.pk)
            write(deleting, "DELETE FROM timeline_event WHERE title LIKE %s", "New%")
            write(undone, ADD, "Taken back", events[0].pk)
            ends = (one.commit, another.commit, deleting.commit, undone.rollback)
            for place in order:
                ends[place]()
                if looks:
                    known = columns.patched(known)
                    assert_same(known)
        known = columns.patched(known)
        assert_same(known)


def assert_same(known: columns.Columns) -> None:
    fresh = columns.read()
    assert known.pk[known.order].tolist() == fresh.pk[fresh.order].tolist()
    assert known.disputed[known.order].tolist() == fresh.disputed[fresh.order].tolist()
