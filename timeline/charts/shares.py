"""Shares with the intervals that they may lie in, as a Plotly figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COLOUR = "#0072B2"
GRID = "rgba(128, 128, 128, 0.3)"
ROW = 44  # pixels
MARGIN = {"l": 8, "r": 16, "t": 8, "b": 32}


@dataclass(frozen=True)
class Share:
    """A share of 1 between `low` and `high`, of so many."""

    label: str
    share: float
    low: float
    high: float
    of: int


def shares_figure(shares: Sequence[Share], *, along: bool) -> dict[str, Any]:
    """The figure's data and layout: one point with its interval a row or, with `along`, a column each."""
    values = [one.share for one in shares]
    labels = [one.label for one in shares]
    reach = {
        "type": "data",
        "symmetric": False,
        "array": [one.high - one.share for one in shares],
        "arrayminus": [one.share - one.low for one in shares],
        "color": COLOUR,
    }
    value, label = ("y", "x") if along else ("x", "y")
    trace = {
        "type": "scatter",
        "mode": "lines+markers" if along else "markers",
        value: values,
        label: labels,
        f"error_{value}": reach,
        "marker": {"size": 10, "color": COLOUR},
        "line": {"width": 1, "color": COLOUR},
        "hovertemplate": "%{text}<extra></extra>",
        "text": [
            f"{one.label}: {one.share:.0%} of {one.of:,}, between {one.low:.0%} and {one.high:.0%}"
            for one in shares
        ],
    }
    of_value = {"range": [-0.02, 1.02], "tickformat": ".0%", "gridcolor": GRID, "zeroline": False}
    of_label = {"type": "category", "automargin": True, "showgrid": False}
    if not along:
        of_label["autorange"] = "reversed"
    layout = {
        f"{value}axis": {**of_value, "automargin": True, "fixedrange": True},
        f"{label}axis": {**of_label, "fixedrange": True},
        "height": 320 if along else 60 + ROW * len(shares),
        "margin": MARGIN,
        "showlegend": False,
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "dragmode": False,
    }
    return {"data": [trace], "layout": layout}
