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
    return [(piece.text, piece.depth) for piece in cut]


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


def test_the_innermost_passage_is_on_top() -> None:
    whole, middle, inner = Span(0, 6), Span(1, 5), Span(2, 4)
    cut = pieces("abcdef", [inner, whole, middle])
    assert [piece.top for piece in cut] == [whole, middle, inner, middle, whole]


def test_of_the_same_words_the_passage_given_last_is_on_top() -> None:
    one, other = Span(0, 2), Span(0, 2)
    assert pieces("abcd", [one, other])[0].top is other


def test_thousands_that_overlap_are_cut_without_naming_each_in_each() -> None:
    many = [Span(number, number + 10_000) for number in range(10_000)]
    cut = pieces("x" * 20_000, many)
    assert max(piece.depth for piece in cut) == 10_000
    assert sum(len(piece.begins) + len(piece.ends) for piece in cut) == 20_000


def test_passages_beyond_the_text_are_passed_over() -> None:
    assert read(pieces("ab", [Span(1, 9), Span(5, 7)])) == [("ab", 0)]


def inside(text: str, passages: list[Span]) -> list[Span]:
    return [passage for passage in passages if 0 <= passage.start < passage.end <= len(text)]


spans = st.builds(Span, st.integers(-2, 30), st.integers(-2, 30))


@given(st.text(max_size=25), st.lists(spans, max_size=8))
def test_pieces_make_up_the_text_and_each_passage(text: str, passages: list[Span]) -> None:
    cut = pieces(text, passages)
    assert "".join(piece.text for piece in cut) == text
    at = 0
    for piece in cut:
        over = [passage for passage in inside(text, passages) if passage.start <= at < passage.end]
        assert piece.depth == len(over)
        assert piece.top == max(over, key=lambda passage: (passage.start, -passage.end), default=None)
        assert all(passage.start == at for passage in piece.begins)
        at += len(piece.text)
        assert all(passage.end == at for passage in piece.ends)
    for edges in ([piece.begins for piece in cut], [piece.ends for piece in cut]):
        assert sum(len(some) for some in edges) == len(inside(text, passages))
