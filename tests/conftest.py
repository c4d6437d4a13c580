"""What every test shares."""

import os
from collections.abc import Iterator
from threading import BoundedSemaphore

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import override_settings

from timeline.throttling import Download

# The synchronous browser driver keeps an event loop running in the thread that also asks the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


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
