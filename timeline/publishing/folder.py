"""A folder that is replaced as a whole: what is made stands beside it until it is complete."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

MARKER = "publication.json"
PROGRAM = "political-event-timeline"


class Occupied(Exception):
    """The folder can't be replaced; the message says why, and the mend."""


class Folder:
    """A copy in the making."""

    def __init__(self, root: Path, earlier: Path) -> None:
        self.root = root
        self.earlier = earlier

    def write(self, name: str, content: Iterable[bytes]) -> None:
        """Write a file; one that is as it was in the earlier copy keeps its time, for those who compare."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            opened.writelines(content)
        before = self.earlier / name
        if before.is_file() and _is_same(before, file):
            times = before.stat()
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@contextmanager
def replacing(target: Path, told: dict[str, Any]) -> Iterator[Folder]:
    """A new folder that takes the place of `target` at the end, with `told` in its marker.

    Only an absent or empty folder or an earlier copy is replaced, else Occupied is raised. What else somebody
    has put on the top level of the earlier copy stays there.
    """
    target = target.resolve()
    check(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent))
    try:
        yield Folder(made, target)
        holds = sorted({MARKER, *(entry.name for entry in made.iterdir())})
        marker = {"program": PROGRAM, **told, "holds": holds}
        (made / MARKER).write_text(json.dumps(marker, indent=2, ensure_ascii=False) + "\n")
        _take_the_place(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def check(target: Path) -> None:
    """Raise Occupied where the folder holds anything but an earlier copy."""
    if target.is_dir():
        if any(target.iterdir()) and _marker(target) is None:
            raise Occupied(
                f"{target} is not empty and holds no earlier copy. Name an empty or a new folder, "
                "or that of an earlier copy."
            )
    elif target.exists():
        raise Occupied(f"{target} is no folder. Name an empty or a new folder, or that of an earlier copy.")


def _marker(folder: Path) -> dict[str, Any] | None:
    """What an earlier copy says of itself; None where there is none."""
    try:
        told = json.loads((folder / MARKER).read_text())
    except (OSError, ValueError):
        return None
    is_ours = (
        isinstance(told, dict) and told.get("program") == PROGRAM and isinstance(told.get("holds"), list)
    )
    return told if is_ours else None


def _take_the_place(made: Path, target: Path) -> None:
    check(target)  # somebody may have used it meanwhile
    mode = target.stat().st_mode if target.is_dir() else 0o777 & ~_umask()
    made.chmod(mode & 0o7777)
    if not target.is_dir():
        made.rename(target)
        return
    aside = Path(mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
    target.rename(aside)  # takes the place of an empty folder
    try:
        made.rename(target)
    except OSError:
        aside.rename(target)
        raise
    ours = set((_marker(aside) or {"holds": []})["holds"])
    for entry in aside.iterdir():
        if entry.name not in ours and not (target / entry.name).exists():
            entry.rename(target / entry.name)
    shutil.rmtree(aside)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _is_same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
