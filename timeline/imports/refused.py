"""The refused rows of a file as a file of its format, each with what is wrong: mended, it comes in again."""

import csv
import json
from typing import Any, TextIO

from timeline.formulas import held
from timeline.imports.opening import FORMAT, Format
from timeline.imports.storing import Outcome, Verdict
from timeline.imports.tables import BEYOND, NOTED

ENDINGS = {Format.TIMELINEJS: ".json", Format.JSON: ".json"}


def ending(format_: Format) -> str:
    """That of the names of files of the format."""
    return ENDINGS.get(format_, ".csv")


def is_kept(verdict: Verdict) -> bool:
    """Whether it is of a refused row that can be mended by itself: what of a file is broken has none."""
    return verdict.outcome == Outcome.REFUSED and bool(verdict.raw)


class RefusedRows:
    """Writes refused rows into a text file, one by one; nothing before the first. Close it at the end.

    A CSV has the columns of the file that it is of, and `problem` and `mend`; what a row had too many stands
    after these. Cells that a spreadsheet might take for a formula begin with an apostrophe, which is taken
    away again where such a file is read. In JSON each object has `problem` and `mend`.
    """

    def __init__(self, out: TextIO, format_: Format) -> None:
        self.out = out
        self.is_json = ending(format_) == ".json"
        self.head = {"format": FORMAT, "version": 1} if format_ == Format.JSON else {}
        self.rows = csv.writer(out)
        self.columns: list[str] | None = None

    def add(self, verdict: Verdict) -> None:
        if not is_kept(verdict):
            return
        if self.is_json:
            self._add_object(verdict)
        else:
            self._add_row(verdict)

    def close(self) -> None:
        if self.is_json and self.columns is not None:
            self.out.write("\n]}\n")

    def _add_object(self, verdict: Verdict) -> None:
        if self.columns is None:
            self.columns = []
            self.out.write(json.dumps({**self.head, "events": []}, ensure_ascii=False).removesuffix("]}"))
        else:
            self.out.write(",")
        noted = {**verdict.raw, "problem": verdict.problem, "mend": verdict.mend}
        self.out.write("\n" + json.dumps(noted, ensure_ascii=False, default=str))

    def _add_row(self, verdict: Verdict) -> None:
        if self.columns is None:
            self.columns = [name for name in verdict.raw if not name.startswith(BEYOND)]
            self.rows.writerow([*(held(name) for name in self.columns), *NOTED])
        cells = [verdict.raw.get(name, "") for name in self.columns]
        more = [value for name, value in verdict.raw.items() if name not in self.columns]
        self.rows.writerow(_cell(value) for value in (*cells, verdict.problem, verdict.mend, *more))


def _cell(value: Any) -> str:
    return held("" if value is None else str(value))
