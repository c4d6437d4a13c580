"""What goes out as text to every spreadsheet comes in as it was."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.exports import csv_rows
from timeline.formulas import held, released
from timeline.imports.opening import Format
from timeline.imports.refused import RefusedRows
from timeline.imports.storing import Outcome, Verdict

FORMULAS = ["=1+1", "+1", "-1", "@sum", "＝1", "\t=1", "\u200b=1", "\xad@a", "'=1", "\n1"]


def refused(cell: str) -> str:
    """The cell as it stands in a file of refused rows."""
    out = StringIO(newline="")
    rows = RefusedRows(out, Format.CSV)
    rows.add(Verdict(Outcome.REFUSED, 2, problem="It is wrong.", mend="Mend it.", raw={"title": cell}))
    return next(csv.DictReader(StringIO(out.getvalue(), newline="")))["title"]


@pytest.mark.parametrize("cell", FORMULAS, ids=range(len(FORMULAS)))
def test_one_rule_holds_in_all_that_goes_out(cell: str) -> None:
    assert held(cell) == f"'{cell}"
    assert refused(cell) == f"'{cell}"
    assert csv_rows.safe(cell) == f"'{cell}"


@given(st.text("'=+-@＝\t\n \u200ba1"))
def test_what_was_held_is_released_as_it_was(cell: str) -> None:
    assert released(held(cell)) == cell


def test_an_apostrophe_of_the_words_stays() -> None:
    assert released("'tis nobler") == "'tis nobler"
