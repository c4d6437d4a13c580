"""What every test shares."""

import os
import socket
from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.servers import small_site
from timeline.throttling import Download

# The synchronous browser driver keeps an event loop running in the thread that also asks the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
# Of the tests in a browser, those that write, or look for what was written; the others look at pages.
WRITING = {
    "arrival",
    "curating",
    "curators_pages",
    "history",
    "login",
    "media",
    "review",
    "search",
    "uploads",
}
# These ask for page after page, text after text; whatever lines they run, others run too. That coverage looks
# on at each line would double what they cost.
SWEEPING = {
    "any_text",
    "api_contract",
    "at_the_same_moment",
    "curating_and_loading",
    "fuzzing",
    "headers",
    "hostile_text",
    "patterns",
    "public",
    "roles",
    "same_events",
    "sessions",
}
# What migrating fills with the same rows again, which would take longer than most tests.
KEPT = {"django_content_type", "auth_permission"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--with-database",
        action="store_true",
        help="only tests that open the database: the others say nothing more on another engine",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts or item.path.stem.removeprefix("test_") in SWEEPING:
            item.add_marker("no_cover")
    if not config.getoption("with_database"):
        return
    wanted = {True: [], False: []}
    for item in items:
        elsewhere = opens_database(item) and not item.get_closest_marker("one_engine")
        wanted[elsewhere and not only_looks(item)].append(item)
    items[:] = wanted[True]
    config.hook.pytest_deselected(items=wanted[False])


def opens_database(item: pytest.Item) -> bool:
    """By what it asks for itself, its mark or its fixtures."""
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
    return bool(item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(fixtures))


def only_looks(item: pytest.Item) -> bool:
    return "browser" in item.path.parts and item.path.stem.removeprefix("test_") not in WRITING


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database that is emptied in a moment after a test with real transactions, and that can be dropped."""

    def emptying(style: Any, connection: BaseDatabaseWrapper, **options: Any) -> list[str]:
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
        return connection.ops.sql_flush(style, sorted(tables - KEPT), **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", emptying)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            # Threads that served a browser keep theirs open until it lets go of them.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that outlives the servers which answer on it."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as opened:
        yield opened


@pytest.fixture(scope="module")
def site_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """That of a server of a small site with a database of its own."""
    return small_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(autouse=True)
def _no_answers_kept() -> None:
    """What one test was answered is nothing to another: a rollback takes back the revision too."""
    caches["pages"].clear()
    caches["looking"].clear()
    caches["asking"].clear()


@pytest.fixture(autouse=True)
def _no_download_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server closes every answer; tests leave those be that they don't read."""
    monkeypatch.setattr(Download, "free", BoundedSemaphore(1000))


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hashes that take no time; what they are in earnest, Django's defaults say."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _tasks_at_once() -> Iterator[None]:
    """Tasks are done when they are given: another thread would know nothing of a test's transaction."""
    immediate = {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}
    with override_settings(TASKS={"default": immediate}, TIMELINE_TASKS="worker"):
        yield


@pytest.fixture(scope="session", autouse=True)
def _nothing_of_the_sites_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Static files from where they stand, none of them collected; nothing left where a site would read it."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    local = "django.core.cache.backends.locmem.LocMemCache"
    shared = {name: {"BACKEND": local, "LOCATION": name} for name in ("looking", "asking")}
    with override_settings(
        CACHES={**settings.CACHES, **shared},
        PAGE_RATE="off",
        STATIC_ROOT=str(tmp_path_factory.mktemp("static")),
        STORAGES={**settings.STORAGES, "staticfiles": plain},
    ):
        yield
