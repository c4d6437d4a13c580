"""A cache folder that can't be written, is full or holds garbage: pages are served, and the log says why."""

import errno
import random
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from django.test.utils import override_settings

from tests.factories import make_event
from timeline import columns, hints, reviewing
from timeline.columns import sharing
from timeline.columns.sharing import Kept

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

RATE = "1000/minute"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The cache folder of a site that keeps a snapshot of any event."""
    told = {"BACKEND": "timeline.hints.Hints", "TIMEOUT": 300}
    folder = tmp_path / "cache"
    kept = {name: told | {"LOCATION": str(folder / name)} for name in ("looking", "asking")}
    local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    monkeypatch.setattr(sharing, "LARGE", 0)
    monkeypatch.setattr(sharing, "kept", Kept())
    monkeypatch.setattr(hints.Hints, "silent_until", 0.0)
    with override_settings(
        CACHE_FOLDER=str(folder),
        CACHES=kept | {"default": local, "pages": local},
        PAGE_RATE=RATE,
        API_RATE=RATE,
    ):
        yield folder


def served() -> None:
    """All that asks the folder is answered."""
    user, event = User.objects.get_or_create(username="c")[0], make_event(title="A march")
    for page in ("/", "/?kind=protest", "/api/v1/events/", f"/events/{event.pk}/"):
        caches["pages"].clear()
        answer = Client().get(page)
        assert answer.status_code == 200, page
        assert "A march" in answer.text
    reviewing.look(user, event)
    reviewing.looked_at([event.pk], but=user)
    reviewing.look_away(user, event)


def test_all_well(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    served()
    assert list(folder.glob("*.columns"))
    assert list((folder / "asking").iterdir())
    assert caplog.text == ""


def test_it_can_not_be_written(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.write_text("This is no folder.")
    served()
    assert "every process reads the events anew" in caplog.text
    assert "Set TIMELINE_CACHE_FOLDER, or make room." in caplog.text
    assert caplog.text.count("requests aren’t counted") == 1, "not a line for each request"


def test_there_is_no_room(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    monkeypatch.setattr(hints.Hints, "_write_content", full)
    served()
    assert caplog.text.count("No space left on device") == 2
    assert [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"] == [], (
        "what is half written is removed"
    )


def broken(content: bytes, chance: random.Random) -> bytes:
    """The content cut off, or with another byte in some places, or something else."""
    match chance.randrange(4):
        case 0:
            return content[: chance.randrange(len(content))]
        case 1:
            return chance.randbytes(chance.randrange(400))
    changed = bytearray(content)
    for _ in range(chance.choice((1, 20))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def test_a_snapshot_is_garbage(folder: Path, caplog: pytest.LogCaptureFixture, chance: random.Random) -> None:
    for number in range(20):
        make_event(title=f"Event {number}")
    known = columns.current()
    (snapshot,) = folder.glob("*.columns")
    whole = snapshot.read_bytes()
    for _ in range(400):
        snapshot.write_bytes(broken(whole, chance))
        found = columns.saved()
        if found:  # what doesn't matter was changed
            names = [field.name for field in fields(known)]
            assert all(np.array_equal(getattr(found, name), getattr(known, name)) for name in names)
    snapshot.write_bytes(whole[:-100])
    sharing.kept.columns = None
    served()
    assert "the events are read anew" in caplog.text
    assert columns.saved(), "another is kept"


def test_a_hint_is_garbage(folder: Path, caplog: pytest.LogCaptureFixture, chance: random.Random) -> None:
    caches["asking"].set("who", 7, 60)
    (asked,) = (folder / "asking").iterdir()
    whole = asked.read_bytes()
    for _ in range(400):
        asked.write_bytes(broken(whole, chance))
        assert caches["asking"].get("who", 0) in (0, 7)
    served()
    assert "can’t be used" in caplog.text
