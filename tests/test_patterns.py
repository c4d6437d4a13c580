"""No regular expression blows up, be it written in the code or made from the vocabulary."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.patterns import Pump, pumps, seconds
from timeline import extraction

VOCABULARY = Path(extraction.__file__).parent / "vocabulary"
LENGTH = 300
# Seconds: what looks anew from each letter on takes some 0.02, what takes the cube of a length 1.
MOST = 0.2


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


@pytest.mark.parametrize("file", sorted(VOCABULARY.glob("*.toml")), ids=lambda file: file.stem)
def test_no_word_of_a_repeated_choice_is_matched_in_two_ways(file: Path) -> None:
    """ "(?:duly |[\\w]+ly )*" doubles the time with each "duly", which the second part holds already."""
    twice = [
        (word, general)
        for choices in re.findall(r"\((?:\?:)?([^()]*)\) ?\)?\*", file.read_text())
        for general in choices.split("|")
        if "\\w" in general
        for word in choices.split("|")
        if word != general and re.fullmatch(general, word, re.IGNORECASE)
    ]
    assert twice == []


@pytest.mark.parametrize(
    "pattern", [r"(?:a+)+b", r"(?:a|aa)+b", r"\s*\n\s*\n\s*x", r"the(?:\s+\w*)*,", r"(?:[^,]+|,)*;$"]
)
def test_those_that_blow_up_are_found(pattern: str) -> None:
    assert slowest(re.compile(pattern))[0] >= MOST


@pytest.mark.parametrize("pattern", [r"a++b", r"(?:\s++\w++)*+,", r"[^,]+,", r"(?:a|b)+c"])
def test_harmless_ones_are_not(pattern: str) -> None:
    assert slowest(re.compile(pattern))[0] < MOST
