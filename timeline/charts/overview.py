"""All events at a glance, in even bins over their whole span: the strip in which a window is brushed."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.utils.safestring import mark_safe

from timeline.charts.counting import Ordinals, known, tally
from timeline.charts.scale import Scale, Window

HEIGHT = 44  # pixels
VISIBLE = 1.5  # pixels, of the lowest bar


@dataclass(frozen=True)
class Overview:
    """How many events there are in each of some bins of one width; no bins where there are no events."""

    scale: Scale
    counts: list[float]


def overview(first: Ordinals, last: Ordinals, width: int = 160) -> Overview | None:
    """Dates (see `Entries`) counted in `width` bins, or one a day where there are fewer days; None for none.

    They are counted as `tally` does: a date wider than a bin is spread over those that it spans.
    """
    if not len(first):
        return None
    begin, end = known(first, last)
    low, high = int(begin.min()), int(end.max()) + 1
    edges = np.unique(np.linspace(low, high, min(width, high - low) + 1).round().astype(int)).tolist()
    group = np.zeros(len(begin), np.int32)
    dated, spread = tally(begin, end, group, 1, edges, edges)
    return Overview(Scale(date.fromordinal(low), date.fromordinal(high - 1)), (dated + spread)[0].tolist())


def overview_context(shown: Overview, window: Window = (None, None)) -> dict[str, Any]:
    """What `_overview.html` shows: bars, and the window where one is asked for, within the span."""
    step = 100 / len(shown.counts)
    tallest = max(shown.counts)
    bars = []
    for place, count in enumerate(shown.counts):
        if count:
            height = round(max(VISIBLE, count / tallest * HEIGHT), 1)
            place_and_size = (
                f'x="{place * step:.2f}%" y="{HEIGHT - height}" width="{step:.3f}%" height="{height}"'
            )
            bars.append(f"<rect {place_and_size}/>")
    return {
        "height": HEIGHT,
        "bars": mark_safe("".join(bars)),  # noqa: S308  (nothing but numbers)
        "first": shown.scale.first.isoformat(),
        "last": shown.scale.last.isoformat(),
        "window": _window(shown.scale, window) if any(window) else None,
        "edges": [round(1000 * share) for share in _shares(shown.scale, window)],
    }


def _shares(scale: Scale, window: Window) -> tuple[float, float]:
    """Where the window begins and ends, 0 at the left edge and 1 at the right."""
    first, last = window
    begin = scale.share(first.toordinal()) if first else 0.0
    end = scale.share(last.toordinal() + 1) if last else 1.0
    return min(max(begin, 0.0), 1.0), min(max(end, 0.0), 1.0)


def _window(scale: Scale, window: Window) -> tuple[str, str]:
    """Left edge and width of what is asked for, as far as it lies within the span."""
    first, last = window
    left = scale.share(first.toordinal()) if first else 0
    right = scale.share(last.toordinal() + 1) if last else 1
    left, right = max(0, min(1, left)), max(0, min(1, right))
    return f"{100 * left:.2f}%", f"{100 * (right - left):.2f}%"
