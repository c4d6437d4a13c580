"""What things look like, the same in both drawings: colours, symbols, fills and fades."""

from timeline.models import Kind, Status

# Okabe and Ito's palette, its two lightest hues darkened to stand 3:1 against white; symbols say the same.
COLOURS: dict[str, str] = {
    Kind.REFERENDUM: "#009E73",
    Kind.ELECTION: "#0072B2",
    Kind.CRACKDOWN: "#D55E00",
    Kind.PROTEST: "#B8609A",
    Kind.CONSTITUTIONAL_CHANGE: "#AD7A00",
    Kind.OTHER: "#76797F",
}
SYMBOLS: dict[str, str] = {
    Kind.REFERENDUM: "diamond",
    Kind.ELECTION: "square",
    Kind.CRACKDOWN: "triangle-up",
    Kind.PROTEST: "circle",
    Kind.CONSTITUTIONAL_CHANGE: "pentagon",
    Kind.OTHER: "triangle-down",
}
FILLS: dict[str, str] = {
    Status.OCCURRED: "",
    Status.ONGOING: "-open-dot",
    Status.PLANNED: "-open",
    Status.PROPOSED: "-open",
    Status.CANCELLED: "-open",
}
SOLID = 0.38
FADE = (0.32, 0.29, 0.26, 0.22, 0.18, 0.14, 0.10, 0.07, 0.04, 0.02)
PALE = 0.42  # of a bin, the events that are spread over it
LINES = "rgba(128, 128, 128, 0.22)"
CROSS = "#808080"

RING_LINE = 1.5  # pixels


# What goes with a mark's size, in pixels.


def line(size: float) -> float:
    """How thick the outline of an open mark is: thinner where marks are so small that it would fill them."""
    return round(min(2, 0.3 + 0.2 * size), 1)


def ring(size: float) -> float:
    """The width of the ring around a disputed event's mark."""
    return round(1.6 * size + 1, 1)


def cross(size: float) -> float:
    """The width of the cross over a cancelled event's mark."""
    return round(1.4 * size, 1)
