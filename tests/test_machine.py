"""How many workers fit: by cores, quota and memory, inside a container too."""

import ctypes
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from timeline import machine

GIGABYTE = 2**30


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Control groups of a service: limits can be written at each of its levels."""
    own = tmp_path / "own"
    own.write_text("1:name=systemd:/x\n0::/system.slice/timeline.service\n")
    monkeypatch.setattr(machine, "OWN_GROUP", own)
    monkeypatch.setattr(machine, "GROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    monkeypatch.setattr(os, "sysconf", lambda name: 4096 if name == "SC_PAGE_SIZE" else 64 * GIGABYTE // 4096)
    folder = tmp_path / "system.slice" / "timeline.service"
    folder.mkdir(parents=True)
    return folder


def test_a_large_machine_has_the_most(group: Path) -> None:
    assert (machine.cores(), machine.memory(), machine.workers()) == (16, 64 * GIGABYTE, 8)


@pytest.mark.parametrize(
    ("written", "cores"),
    [("max 100000", 16), ("400000 100000", 4), ("50000 100000", 1), ("150000 100000", 2), ("spoilt", 16)],
)
def test_a_quota(group: Path, written: str, cores: int) -> None:
    (group / "cpu.max").write_text(written)
    assert machine.cores() == cores


def test_a_quota_of_a_group_around_it(group: Path) -> None:
    (group / "cpu.max").write_text("max 100000")
    (group.parent / "cpu.max").write_text("300000 100000")
    assert (machine.cores(), machine.workers()) == (3, 3)


def test_cores_that_it_is_bound_to(group: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert (machine.cores(), machine.workers()) == (1, 2)


@pytest.mark.parametrize(("gigabytes", "workers"), [(0.25, 1), (0.5, 1), (1, 2), (2, 5), (16, 8)])
def test_memory_bounds_them(group: Path, gigabytes: float, workers: int) -> None:
    (group / "memory.max").write_text(str(int(gigabytes * GIGABYTE)))
    assert machine.workers() == workers


def test_a_machine_without_control_groups(group: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "OWN_GROUP", group / "nothing")
    assert (machine.cores(), machine.workers()) == (16, 8)


def test_memory_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    library = SimpleNamespace(mallopt=lambda what, value: told.append((what, value)))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    machine.give_memory_back()
    assert told == [(machine.MMAP_THRESHOLD, machine.LARGE_BLOCK), (machine.ARENA_MAX, 1)]


def test_where_the_c_library_is_another_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    machine.give_memory_back()
