"""No regular expression blows up, be it written in the code or made from the vocabulary."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.patterns import Pump, pumps, seconds

LENGTH = 500
# Seconds: what looks anew from each letter on takes some 0.02, what takes the cube of a length 1.
MOST = 0.25


@pytest.fixture(scope="module")
def compiled() -> list[tuple[re.Pattern[str], str]]:
    printed = subprocess.run([sys.executable, "-m", "tests.patterns"], capture_output=True, check=True).stdout
    rows: list[tuple[str, int, str]] = json.loads(printed)
    return [(re.compile(pattern, flags), where) for pattern, flags, where in rows]


def slowest(pattern: re.Pattern[str]) -> tuple[float, Pump]:
    return max(
        ((seconds(pattern, pump.text(LENGTH), MOST), pump) for pump in pumps(pattern.pattern, pattern.flags)),
        key=lambda one: one[0],
    )


@pytest.mark.processes
def test_none_of_the_project_s(compiled: list[tuple[re.Pattern[str], str]]) -> None:
    assert len(compiled) > 600
    slow: list[Any] = []
    for pattern, where in compiled:
        took, pump = slowest(pattern)
        if took >= MOST:
            slow.append((where, pattern.pattern[:200], pump))
    assert slow == []


@pytest.mark.parametrize(
    "pattern", [r"(?:a+)+b", r"(?:a|aa)+b", r"\s*\n\s*\n\s*x", r"the(?:\s+\w*)*,", r"(?:[^,]+|,)*;$"]
)
def test_those_that_blow_up_are_found(pattern: str) -> None:
    assert slowest(re.compile(pattern))[0] >= MOST


@pytest.mark.parametrize("pattern", [r"a++b", r"(?:\s++\w++)*+,", r"[^,]+,", r"(?:a|b)+c"])
def test_harmless_ones_are_not(pattern: str) -> None:
    assert slowest(re.compile(pattern))[0] < MOST
