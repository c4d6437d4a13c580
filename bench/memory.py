"""What processes hold of the memory, as the system tells it."""

from collections.abc import Iterator
from pathlib import Path


def family(pid: int) -> Iterator[int]:
    """A process, and after it all that it has started and those have, while they are there."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        return


def held(pid: int) -> tuple[int, int]:
    """(RSS, PSS) of a process in bytes, 0 if it is gone; PSS has of what is shared only its share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {line.split()[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith(" kB")}
    return sizes["Rss:"], sizes["Pss:"]
