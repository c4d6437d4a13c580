"""What the chart says of an event or a bin to a reader who points at it."""

from timeline import edtf_dates
from timeline.charts.binning import rounded
from timeline.charts.events import Dot
from timeline.charts.layout import Bin, Lane
from timeline.models import Kind, Review, Status

KINDS = {kind.value: str(kind.label) for kind in Kind}
STATUSES = {status.value: str(status.label).lower() for status in Status}
TITLE = 110


def shortened(text: str, most: int) -> str:
    """The text on one line, with an ellipsis where it was cut."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def told(dot: Dot) -> str:
    """The date in words, and what else there is to say of it."""
    facts = [edtf_dates.in_words(dot.date)]
    if dot.status != Status.OCCURRED:
        facts.append(STATUSES[dot.status])
    if dot.disputed:
        facts.append("disputed")
    if dot.review == Review.UNREVIEWED:
        facts.append("imported" if dot.imported else "machine-read")
    return ", ".join(facts)


def contents(one: Bin) -> list[str]:
    """Lines on how many events a bin holds: all, by kind where there are several, and those not held."""
    total = sum(one.counts.values())
    number = rounded(total)
    lines = [f"{number} event" if number == "1" else f"{number} events"]
    if len(one.counts) > 1:
        lines.append(", ".join(f"{KINDS[kind]} {rounded(count)}" for kind, count in one.counts.items()))
    if one.unheld:
        lines.append(f"{rounded(one.unheld)} planned, proposed or cancelled")
    return lines


def heading(lane: Lane) -> str:
    """A lane's name, how many events it has, and what its bars stand for where they count."""
    text = f"{shortened(lane.name, 60)}  {lane.count:,}"
    return f"{text} · {lane.note}" if lane.note else text
