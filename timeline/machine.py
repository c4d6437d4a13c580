"""What of the machine this process may use: cores and memory, as the system and its container allow."""

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

A_WORKER = 180_000_000  # bytes of memory reckoned for a worker process
LEFT = 2  # a part in so many of the memory is the workers'; the rest is the database's and its cache's
MOST_WORKERS = 8

# Of the C library (mallopt(3)): how large a block of memory is at least that is the system's again as soon as
# it is free, and how many heaps the threads share.
MMAP_THRESHOLD, ARENA_MAX = -3, -8
LARGE_BLOCK = 512 * 1024  # bytes

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


def give_memory_back() -> None:
    """Have the C library keep no memory that was an array's, nor a heap a thread, where it can be told.

    Left to itself, glibc keeps blocks of up to 32 MB for the next time, in each of its heaps: three times as
    much as is in use where pages are made of a million events.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(MMAP_THRESHOLD, LARGE_BLOCK)
        mallopt(ARENA_MAX, 1)


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
