"""Whatever a file does to the process that reads it, the file is named and the next one is read."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from timeline.documents import Document, Failure, Unreadable, read, shield
from timeline.documents.shield import Shield

pytestmark = pytest.mark.processes


# What a file may make of its reader; called in the other process.


def whoever() -> int:
    return os.getpid()


def sleep() -> None:
    time.sleep(60)


def spin() -> None:
    while True:
        pass


def hog() -> int:
    return len([bytearray(100_000_000) for _ in range(100)])


def crash() -> None:
    os.abort()


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    sys.exit(3)


@pytest.fixture(scope="module")
def shielded() -> Iterator[Shield]:
    made = Shield(seconds=1)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (sleep, "It took longer than 1 seconds to read."),
        (spin, "It took longer than 1 seconds to read."),
        (crash, "Its reader crashed (SIGABRT)."),
        (kill, "The system ended its reader, perhaps for want of memory."),
        (leave, "Its reader crashed."),
    ],
)
def test_a_file_that_goes_too_far(shielded: Shield, function: Callable[[], object], reason: str) -> None:
    with pytest.raises(Unreadable) as failure:
        shielded.call(function)
    assert (failure.value.reason, failure.value.mend) == (reason, shield.MEND)
    assert shielded.call(whoever) != os.getpid()


def test_a_file_that_takes_all_memory() -> None:
    made = Shield(seconds=30, memory=400_000_000)
    with pytest.raises(Unreadable, match=r"It took more than 0\.4 GB of memory to read\."):
        made.call(hog)
    assert made.call(whoever)
    made.end()


def test_a_process_is_kept_and_in_time_renewed() -> None:
    made = Shield(files=2)
    one, same, other = (made.call(whoever) for _ in range(3))
    made.end()
    assert one == same != other


GOOD = "date 2021-09-28 Vote held"
ENDINGS = ("html", "pdf", "docx", "eml")


def test_hostile_files_in_a_folder(tmp_path: Path) -> None:
    """Random bytes, and files that begin well: each is named or read, and none ends the load."""
    chance = random.Random(7)
    opening = {
        "html": b"<html><body><article><p>" + b"<div>" * 20_000,
        "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]>>endobj\ntrailer<</Root 1 0 R>>",
        "docx": b"PK\x03\x04",
        "eml": b"Subject: a\nContent-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 1000,
    }
    for ending in ENDINGS:
        for number in range(4):
            begun = opening[ending] if number % 2 else b""
            (tmp_path / f"{number}.{ending}").write_bytes(begun + chance.randbytes(2000))
    (tmp_path / "z.txt").write_text(GOOD)
    items = list(read([tmp_path]))
    assert len({item.location.partition("#")[0] for item in items}) == 17
    assert isinstance(items[-1], Document)
    assert all(item.reason and item.mend for item in items if isinstance(item, Failure))


def test_what_libraries_complain_of_is_not_heard(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\ntrailer<</Root 5 0 R>>\nstartxref\n99\n%%EOF")
    (failure,) = read([tmp_path])
    assert isinstance(failure, Failure)
    assert capfd.readouterr() == ("", "")
