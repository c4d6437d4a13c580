"""System checks: what is missing on this machine, and what to do about it.

Django runs them with every management command; `manage.py check` runs nothing else.
"""

import os
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from timeline.extraction import parsing

LIBRARY_FILE = "plotly-basic.min.js"


def browser_library(**_: Any) -> list[CheckMessage]:
    """The file that draws the timeline is there to be collected."""
    if (Path(settings.BROWSER_LIBRARY) / LIBRARY_FILE).is_file():
        return []
    return [
        checks.Warning(
            f"The browser library is missing: no {LIBRARY_FILE} in {settings.BROWSER_LIBRARY}.",
            hint="Run `make setup`. Until then the timeline is a list without a figure.",
            id="timeline.W001",
        )
    ]


def language_model(**_: Any) -> list[CheckMessage]:
    """The spaCy model that reads articles is installed; looked for, not imported."""
    name = parsing.model_name()
    if Path(name).is_dir() or (name.isidentifier() and find_spec(name)):
        return []
    return [
        checks.Warning(
            f"The spaCy model “{name}” is not installed.",
            hint="Run `make setup`, or install the model that TIMELINE_SPACY_MODEL names. "
            "Until then no article can be loaded.",
            id="timeline.W002",
        )
    ]


def database_file(**_: Any) -> list[CheckMessage]:
    """SQLite can write its file, and the files of its write-ahead log next to it."""
    database = settings.DATABASES["default"]
    name = str(database["NAME"])
    if not database["ENGINE"].endswith("sqlite3") or name.startswith(("file:", ":memory:")):
        return []
    path = Path(name)
    if not path.parent.is_dir():
        problem, hint = f"there is no folder {path.parent}", "Make the folder, or change DATABASE_URL."
    elif not os.access(path.parent, os.W_OK):
        problem = f"the folder {path.parent} can't be written"
        hint = "SQLite keeps its log next to the database: let this user write the folder."
    elif path.exists() and not os.access(path, os.W_OK):
        problem, hint = f"{path} can't be written", "Let this user write the file, or change DATABASE_URL."
    else:
        return []
    return [checks.Error(f"The database can't be used: {problem}.", hint=hint, id="timeline.E001")]


def cache_folder(**_: Any) -> list[CheckMessage]:
    """Nobody else writes what is read back there: files of a cache run what they say when they are read."""
    kept = {settings.CACHE_FOLDER, *(cache["LOCATION"] for cache in _caches_in_files())}
    return [message for folder in sorted(map(Path, kept)) for message in _open_to_others(folder)]


def _caches_in_files() -> list[dict[str, Any]]:
    return [cache for cache in settings.CACHES.values() if cache["BACKEND"].endswith("FileBasedCache")]


def _open_to_others(folder: Path) -> list[CheckMessage]:
    try:
        found = folder.stat()
    except OSError:
        return []  # made at need, for this user alone
    if found.st_uid not in (os.geteuid(), 0):
        problem, hint = "belongs to another user", "Run this as that user, or set TIMELINE_CACHE_FOLDER."
    elif found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        problem, hint = "can be written by other users", f"Run `chmod 700 {folder}`, and empty it."
    else:
        return []
    return [
        checks.Warning(
            f"The cache folder {folder} {problem}, who could make this site run what they like.",
            hint=hint,
            id="timeline.W004",
        )
    ]


def proxies(**_: Any) -> list[CheckMessage]:
    """Behind the proxy that ends TLS, all readers would seem to be that proxy."""
    if settings.PROXIES or not settings.SECURE_SSL_REDIRECT:
        return []
    return [
        checks.Warning(
            "Readers can't be told apart: the site is behind a proxy and isn't told how many there are.",
            hint="Set TIMELINE_PROXIES to the number of proxies that add to X-Forwarded-For, mostly 1. "
            "Until then, whoever fails to log in too often locks everybody out.",
            id="timeline.W003",
        )
    ]


DEPLOYED = (proxies,)
ALL = (browser_library, language_model, database_file, cache_folder)
