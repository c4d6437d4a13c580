"""What the measurements know of the page: the one place to change when the page does."""

from typing import Any, Final

PAGE: Final = "/"
FIGURE: Final = "/figure.json"
EVENT: Final = "/events/{}/"
SOURCE: Final = "/sources/{}/"
API: Final = "/api/v1/events/"
EXPORT: Final = "/events.csv"
SEARCH: Final = "text"  # the parameter that looks for words

# Marks on screen: drawn by the server, or else by Plotly. Text in a browser's selector language.
MARKS: Final = (
    "#drawn use, #drawn .dated, #drawn .spread, #live .scatterlayer .point, #live .barlayer .point path"
)
LISTED: Final = "#results li.event"


def chosen(query: str) -> Any:
    """The events that a query string chooses, as a query that is ready to be counted and in no order.

    The conditions are those of the page, so that what the page is compared with asks for the same.
    """
    # Here, because the programs that drive the browser do without Django.
    from django.http import QueryDict  # noqa: PLC0415

    from timeline.filters import Selection  # noqa: PLC0415

    return Selection(QueryDict(query)).events.order_by()
