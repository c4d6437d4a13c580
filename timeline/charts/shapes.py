"""The outlines of the marks: of the same width as Plotly's symbols of these names."""

from math import cos, pi, sin, sqrt

Point = tuple[float, float]


def corners(symbol: str, r: float) -> list[Point]:
    """The corners around the middle, for a mark 2 × `r` wide; a circle has none."""
    match symbol:
        case "square":
            return [(-r, -r), (r, -r), (r, r), (-r, r)]
        case "diamond":
            return _regular(4, 1.3 * r)
        case "triangle-up":
            return [(0, -r), (2 * r / sqrt(3), r / 2), (-2 * r / sqrt(3), r / 2)]
        case "triangle-down":
            return [(0, r), (2 * r / sqrt(3), -r / 2), (-2 * r / sqrt(3), -r / 2)]
        case "pentagon":
            return _regular(5, r)
    return []


def _regular(number: int, radius: float) -> list[Point]:
    """A polygon whose first corner points up."""
    turns = [2 * pi * corner / number for corner in range(number)]
    return [(radius * sin(turn), -radius * cos(turn)) for turn in turns]
