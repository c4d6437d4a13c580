"""The page that says how often the machine was right, and its tables as files."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.text import capfirst

from timeline import charts, quality
from timeline.admin.pages import OwnPages
from timeline.models import Review
from timeline.quality import Rejects, Report, Tally

Row = Sequence[str | int | float]
TALLIES = (
    "as_read", "corrected", "other_kind", "rejected", "duplicates", "unreviewed",
)  # fmt: skip
HEAD = (
    "value", "label", "confirmed_as_read", "confirmed_corrected", "confirmed_other_kind", "rejected",
    "duplicates", "unreviewed", "precision", "precision_low", "precision_high", "whole", "whole_low",
    "whole_high",
)  # fmt: skip
OF_REJECTS = ("value", "label", "rejected", "reviewed", "share")


class Reporting(OwnPages):
    """The events' admin, with the report."""

    def get_urls(self) -> list[Any]:
        own = [
            path("quality/", self.admin_site.admin_view(self.quality_view), name="timeline_event_quality"),
            path(
                "quality/<slug:table>.csv",
                self.admin_site.admin_view(self.quality_table),
                name="timeline_event_quality_table",
            ),
        ]
        return [*own, *super().get_urls()]

    def quality_view(self, request: HttpRequest) -> HttpResponse:
        """How often the machine was right, as far as curators have looked."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = quality.current()
        context: dict[str, Any] = {
            "report": report,
            "tallies": [
                ("kinds", "By kind, as the machine read it", "Kind", _linked(report.kinds), report.all),
                ("bands", "By certainty, of 100", "Certainty", [(one, {}) for one in report.bands], None),
                ("months", "By month of the decision", "Month", [(one, {}) for one in report.months], None),
            ],
            "rejects": _rejects(report),
            "fields": [(capfirst(one.name), one.number) for one in report.fields],
            "changes": [(capfirst(one.name), one.before, one.after, one.number) for one in report.changes],
            "figures": _figures(report),
            "fewest": quality.FEWEST,
            "tables": list(TABLES),
        }
        return self.show(request, "event/quality.html", "Quality of the machine’s reading", **context)

    def quality_table(self, request: HttpRequest, table: str) -> HttpResponse:
        """One table of the report, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if table not in TABLES:
            raise Http404(f"There is no such table. There are {', '.join(TABLES)}.")
        head, rows = TABLES[table](quality.current())
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="quality-{table}.csv"'
        written = csv.writer(answer)
        written.writerow(head)
        written.writerows([_cell(value) for value in row] for row in rows)
        return answer


def _cell(value: str | float) -> str | float:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return round(value, 4) if isinstance(value, float) else value


def _of_tallies(tallies: Iterable[Tally]) -> tuple[Row, list[Row]]:
    rows: list[Row] = []
    for one in tallies:
        low, high = one.interval or ("", "")
        whole_low, whole_high = one.whole_interval or ("", "")
        shares = [
            "" if value is None else value
            for value in (one.precision, low, high, one.whole, whole_low, whole_high)
        ]
        rows.append([one.value, one.label, *(getattr(one, name) for name in TALLIES), *shares])
    return HEAD, rows


def _of_rejects(rejects: Iterable[Rejects]) -> tuple[Row, list[Row]]:
    return OF_REJECTS, [[one.value, one.label, one.rejected, one.reviewed, one.share] for one in rejects]


TABLES: dict[str, Any] = {
    "kinds": lambda report: _of_tallies([*report.kinds, report.all]),
    "bands": lambda report: _of_tallies(report.bands),
    "months": lambda report: _of_tallies(report.months),
    "fields": lambda report: (("field", "number"), [(one.name, one.number) for one in report.fields]),
    "changes": lambda report: (
        ("field", "before", "after", "number"),
        [(one.name, one.before, one.after, one.number) for one in report.changes],
    ),
    "sources": lambda report: _of_rejects(report.sources),
    "publishers": lambda report: _of_rejects(report.publishers),
    "rules-kind": lambda report: _of_rejects(report.rules["kind"]),
    "rules-date": lambda report: _of_rejects(report.rules["date"]),
}


def _linked(kinds: Iterable[Tally]) -> list[tuple[Tally, dict[str, str]]]:
    """Each kind with the lists of its events as they are now."""
    listing = "admin:timeline_event_changelist"
    return [
        (
            one,
            {
                str(review): reverse(listing, query={"kind__exact": one.value, "review__exact": review})
                for review in (Review.REJECTED, Review.UNREVIEWED)
            },
        )
        for one in kinds
    ]


def _rejects(report: Report) -> list[tuple[str, str, str, list[tuple[Rejects, str]]]]:
    sources = "admin:timeline_source_changelist"
    return [
        (
            "sources",
            "Articles with most rejects",
            "Article",
            [(one, reverse("admin:timeline_source_change", args=[one.value])) for one in report.sources],
        ),
        (
            "publishers",
            "Publishers with most rejects",
            "Publisher",
            [(one, reverse(sources, query={"q": one.value})) for one in report.publishers],
        ),
        (
            "rules-kind",
            "What told the machine the kind, with most rejects",
            "Rule",
            [(one, "") for one in report.rules["kind"]],
        ),
        (
            "rules-date",
            "Where the machine found the date, with most rejects",
            "Rule",
            [(one, "") for one in report.rules["date"]],
        ),
    ]


def _figures(report: Report) -> list[tuple[str, str, dict[str, Any]]]:
    """(id, words, figure) of each plot that there is something for."""
    drawn = []
    for name, words, tallies, along in (
        ("plot-kinds", "Precision by kind", report.kinds, False),
        ("plot-months", "Precision by month of the decision", report.months, True),
    ):
        shares = [
            charts.Share(one.label, one.precision, *one.interval, one.reviewed)
            for one in tallies
            if one.precision is not None and one.interval
        ]
        if shares:
            drawn.append((name, words, charts.shares_figure(shares, along=along)))
    return drawn
