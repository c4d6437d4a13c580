"""The pieces of a text, put together, are the text: whatever its passages are."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from timeline.passages import Piece, pieces


@dataclass(frozen=True)
class Span:
    start: int
    end: int


def read(cut: list[Piece[Span]]) -> list[tuple[str, int]]:
    return [(piece.text, len(piece.over)) for piece in cut]


def test_a_text_without_passages_is_one_piece() -> None:
    assert read(pieces("All quiet.", [])) == [("All quiet.", 0)]


def test_an_empty_text_has_no_pieces() -> None:
    assert pieces("", [Span(0, 3)]) == []


def test_overlapping_passages_share_a_piece() -> None:
    assert read(pieces("abcdef", [Span(0, 4), Span(2, 6)])) == [("ab", 1), ("cd", 2), ("ef", 1)]


def test_identical_passages_begin_and_end_together() -> None:
    one, other = Span(1, 3), Span(1, 3)
    middle = pieces("abcd", [one, other])[1]
    assert len(middle.begins) == len(middle.ends) == 2


def test_the_longer_of_two_that_begin_together_is_outermost() -> None:
    assert pieces("abcd", [Span(0, 2), Span(0, 4)])[0].over == (Span(0, 4), Span(0, 2))


def test_passages_beyond_the_text_are_passed_over() -> None:
    assert read(pieces("ab", [Span(1, 9), Span(5, 7)])) == [("ab", 0)]


spans = st.builds(Span, st.integers(-2, 30), st.integers(-2, 30))


@given(st.text(max_size=25), st.lists(spans, max_size=8))
def test_pieces_make_up_the_text_and_each_passage(text: str, passages: list[Span]) -> None:
    cut = pieces(text, passages)
    assert "".join(piece.text for piece in cut) == text
    for passage in passages:
        told = "".join(piece.text for piece in cut if any(over is passage for over in piece.over))
        inside = 0 <= passage.start < passage.end <= len(text)
        assert told == (text[passage.start : passage.end] if inside else "")
        assert sum(any(begin is passage for begin in piece.begins) for piece in cut) == inside
        assert sum(any(end is passage for end in piece.ends) for piece in cut) == inside
