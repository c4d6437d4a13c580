"""Columns in a file, from which another process, or this one after a restart, starts in a tenth of a second.

It is mapped, not read, so that the machine's memory holds it once, however many processes there are.
"""

import fcntl
import hashlib
import logging
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from io import BufferedRandom, BufferedReader
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import time
from typing import Any, cast

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from timeline.columns.table import TYPES, VALUES, Columns
from timeline.models import public_reviews

logger = logging.getLogger(__name__)

ALIGNED = 64  # bytes
# What a snapshot that was cut, or isn't one, makes of reading it.
UNREADABLE = (OSError, EOFError, ValueError, TypeError, RuntimeError, MemoryError, struct.error)


def _snapshot() -> Path:
    told = f"{connection.vendor} {shown()} {VALUES} {sorted(TYPES.items(), key=str)}"
    name = hashlib.sha256(told.encode()).hexdigest()[:16]
    return Path(settings.CACHE_FOLDER) / f"{name}.columns"


def save(known: Columns) -> None:
    """Keep the columns in a file, if the folder for that can be written."""
    path = _snapshot()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            try:
                _write(cast("BufferedRandom", file), known)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()  # half of it would keep a full disk full
                raise
    except OSError as error:
        logger.warning("%s can’t be written (%s): every process reads the events anew.", path, error)


def saved() -> Columns | None:
    """The columns as they were kept last; None if they weren't, or not by this release."""
    path = _snapshot()
    try:
        with path.open("rb") as file:
            arrays = _read(file)
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        logger.warning("%s can’t be read (%s): the events are read anew.", path, error)
        return None
    return Columns(**arrays | {"revision": str(arrays["revision"]), "position": int(arrays["position"])})


def _write(file: BufferedRandom, known: Columns) -> None:
    """The hash of all that follows, then the arrays one after the other."""
    file.write(bytes(ALIGNED))
    for field in fields(known):
        np.save(file, np.asarray(getattr(known, field.name)), allow_pickle=False)
        file.write(bytes(-file.tell() % ALIGNED))
    file.seek(ALIGNED)
    digest = hashlib.file_digest(file, "sha256").digest()
    file.seek(0)
    file.write(digest)
    file.flush()


def _read(file: BufferedReader) -> dict[str, Any]:
    """The arrays by their names, mapped; raises UNREADABLE."""
    digest = file.read(ALIGNED)
    if hashlib.file_digest(file, "sha256").digest() != digest[:32]:
        raise ValueError("its hash is another")
    file.seek(ALIGNED)
    return {field.name: _mapped(file) for field in fields(Columns)}


def _mapped(file: BufferedReader) -> NDArray[Any]:
    """The array that stands next in the file; ValueError if there is none."""
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(version)
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    start, size = file.tell(), dtype.itemsize * math.prod(shape)
    array = np.memmap(file, dtype, "r", start, shape or (1,)) if size else np.empty(shape, dtype)
    file.seek(start + size + -(start + size) % ALIGNED)
    return np.asarray(array).reshape(shape)


@contextmanager
def alone() -> Iterator[None]:
    """One process of the machine at a time: the others find the snapshot that it leaves."""
    path = _snapshot().with_suffix(".lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.open("wb")
    except OSError:  # `save` tells of it
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def age() -> float:
    """Seconds since the snapshot was written; without end if there is none, or if the clock was set back."""
    try:
        age = time() - _snapshot().stat().st_mtime
    except OSError:
        return math.inf
    return age if age >= 0 else math.inf


def shown() -> str:
    """What columns are of: a database, and of its events those that readers see."""
    return f"{connection.settings_dict['NAME']} {', '.join(public_reviews())}"
