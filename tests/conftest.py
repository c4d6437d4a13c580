"""What every test shares."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import override_settings

# The synchronous browser driver keeps an event loop running in the thread that also asks the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--with-database",
        action="store_true",
        help="only tests that open the database: the others say nothing more on another engine",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("with_database"):
        return
    wanted = {True: [], False: []}
    for item in items:
        wanted[opens_database(item)].append(item)
    items[:] = wanted[True]
    config.hook.pytest_deselected(items=wanted[False])


def opens_database(item: pytest.Item) -> bool:
    """By what it asks for itself, its mark or its fixtures."""
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
    return bool(item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(fixtures))


@pytest.fixture(autouse=True)
def _no_answers_kept() -> None:
    """What one test was answered is nothing to another: a rollback takes back the revision too."""
    caches["pages"].clear()
    caches["looking"].clear()
    caches["asking"].clear()


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
        STATIC_ROOT=str(tmp_path_factory.mktemp("static")),
        STORAGES={**settings.STORAGES, "staticfiles": plain},
    ):
        yield
