"""Events -> a chart, laid out once and drawn as SVG in the page, as a Plotly figure and as a picture."""

from timeline.charts.binning import FORMS, bins
from timeline.charts.counting import Entries
from timeline.charts.events import LIMIT, Dot, lanes_by, read
from timeline.charts.figure import plotly_figure, plotly_json
from timeline.charts.lanes import entries
from timeline.charts.layout import LANES, Bin, Chart, Lane, Mark, marks
from timeline.charts.lettering import line
from timeline.charts.looks import COLOURS, FILLS, SYMBOLS
from timeline.charts.overview import Overview, overview, overview_context
from timeline.charts.picture import card, picture
from timeline.charts.scale import Scale, Window
from timeline.charts.shares import Share, shares_figure
from timeline.charts.svg import svg_context
from timeline.charts.table import table

__all__ = [
    "COLOURS",
    "FILLS",
    "FORMS",
    "LANES",
    "LIMIT",
    "SYMBOLS",
    "Bin",
    "Chart",
    "Dot",
    "Entries",
    "Lane",
    "Mark",
    "Overview",
    "Scale",
    "Share",
    "Window",
    "bins",
    "card",
    "entries",
    "lanes_by",
    "line",
    "marks",
    "overview",
    "overview_context",
    "picture",
    "plotly_figure",
    "plotly_json",
    "read",
    "shares_figure",
    "svg_context",
    "table",
]
