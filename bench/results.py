"""bench/RESULTS.md: a section a part, each written by its part and leaving the others as they are."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
HEAD = "# Measured\n\nWith `make bench` (docs/measuring.md). What is compared ran in turn in the same run.\n"
ORDER = ("Extraction", "Scaling", "Page", "Load", "Review", "Export")


def machine() -> str:
    """The machine in general terms."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '∣') for cell in line)} |" for line in lines)


def write_section(name: str, text: str, path: Path = RESULTS) -> None:
    """Put the text under its heading: in place of what stood there, or among the others."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = re.split(r"^## (.+)$", old, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], (body.strip() for body in parts[2::2]), strict=True))
    sections[name] = text.strip()
    ordered = sorted(sections, key=lambda one: ORDER.index(one) if one in ORDER else len(ORDER))
    path.write_text(HEAD + "".join(f"\n## {one}\n\n{sections[one]}\n" for one in ordered), encoding="utf-8")


def by_pairs(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """The median of the ratios of what was measured together, one after the other."""
    return median(a / b for a, b in zip(numerators, denominators, strict=True))


def times(ratio: float) -> str:
    """A ratio in two or more figures.

    >>> times(0.0456), times(2.34), times(45.6)
    ('0.046 ×', '2.3 ×', '46 ×')
    """
    return f"{ratio:.0f} ×" if ratio >= 10 else f"{ratio:.2g} ×"


def seconds(value: float) -> str:
    """A length of time in a unit that suits it.

    >>> seconds(0.0123), seconds(0.4567), seconds(12.34)
    ('12 ms', '457 ms', '12.3 s')
    """
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.3g} s"


def kilobytes(count: float) -> str:
    """Bytes in kilobytes of 1,000."""
    return f"{count / 1000:.1f} kB" if count < 10_000 else f"{count / 1000:.0f} kB"
