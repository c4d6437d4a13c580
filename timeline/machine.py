"""What of the machine this process may use: cores and memory, as the system and its container allow."""

import os
from collections.abc import Iterator
from pathlib import Path

A_WORKER = 180_000_000  # bytes of memory reckoned for a worker process
LEFT = 2  # a part in so many of the memory is the workers'; the rest is the database's and its cache's
MOST_WORKERS = 8

GROUPS = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")


def cores() -> int:
    """Cores that may be used: of those that this process is bound to, as many as its quota pays for."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [bound]
    for written in _limits("cpu.max"):
        quota, _, period = written.partition(" ")
        if quota.isdigit() and period.isdigit() and int(period):
            quotas.append(round(int(quota) / int(period)))
    return max(1, min(quotas))


def memory() -> int:
    """Bytes of memory that may be used."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    limits += [int(written) for written in _limits("memory.max") if written.isdigit()]
    return min(limits)


def workers() -> int:
    """Worker processes that fit: one a core, two even on one, bounded by the memory."""
    fit = memory() // LEFT // A_WORKER
    return max(1, min(max(cores(), 2), MOST_WORKERS, fit))


def _limits(name: str) -> Iterator[str]:
    """What the control groups around this process say of `name`, from its own up."""
    try:
        lines = OWN_GROUP.read_text().splitlines()
    except OSError:
        return
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if own is None:
        return
    for folder in (Path(own), *Path(own).parents):
        try:
            yield (GROUPS / folder / name).read_text().strip()
        except OSError:
            continue
