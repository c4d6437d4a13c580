"""Sentences by rule: (text, the sentences that a reader sees, why the case is there)."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.extraction.sentences import paragraphs, sentences

CASES = [
    ("It rained. We left.", ["It rained.", "We left."], "plain"),
    ("Is it so? No! It isn't.", ["Is it so?", "No!", "It isn't."], "other stops"),
    ("Mr. Brown met Gen. Diaz. They spoke.", ["Mr. Brown met Gen. Diaz.", "They spoke."], "titles"),
    (
        "Polls closed on Feb. 28. Counting began.",
        ["Polls closed on Feb. 28.", "Counting began."],
        "month before a number",
    ),
    ("It opens in Sept. The date is open.", ["It opens in Sept.", "The date is open."], "month at the end"),
    ("J. K. Oyelaran won. He smiled.", ["J. K. Oyelaran won.", "He smiled."], "initials"),
    ("The U.S. Senate sat. It voted.", ["The U.S. Senate sat.", "It voted."], "an acronym inside"),
    (
        "They flew to the U.S. The talks failed.",
        ["They flew to the U.S.", "The talks failed."],
        "an acronym at the end",
    ),
    (
        "Article No. 5 stands. No. That is wrong.",
        ["Article No. 5 stands.", "No.", "That is wrong."],
        "“No.” both ways",
    ),
    ("Turnout was 41.5 percent. It fell.", ["Turnout was 41.5 percent.", "It fell."], "a decimal"),
    ("“It is over.” She left.", ["“It is over.”", "She left."], "the quote closes with the stop"),
    ('"Over?" he asked. "Yes."', ['"Over?" he asked.', '"Yes."'], "a question inside its sentence"),
    (
        "They waited... and waited. Then it came.",
        ["They waited... and waited.", "Then it came."],
        "an ellipsis",
    ),
    ("(It was late.) He slept.", ["(It was late.)", "He slept."], "a bracket after the stop"),
    (
        "Minister resigns\n\nHe gave no reason.",
        ["Minister resigns", "He gave no reason."],
        "a headline has no stop",
    ),
    (
        "The council met in the old hall on the square for\nmost of the night. Nobody was\nadmitted.",
        ["The council met in the old hall on the square for\nmost of the night.", "Nobody was\nadmitted."],
        "hard-wrapped lines are one paragraph",
    ),
    ("Three demands:\n- bread\n- Peace now", ["Three demands:", "- bread", "- Peace now"], "bullets"),
    (
        "KEY DATES\nMay 1990 - The wall is sold.",
        ["KEY DATES", "May 1990 - The wall is sold."],
        "a heading line",
    ),
    ("He fell.[12] She ran.", ["He fell.[12]", "She ran."], "a footnote mark"),
    ("They fled.The rest stayed.", ["They fled.", "The rest stayed."], "a space left out"),
    ("See example.com for more. Thanks.", ["See example.com for more.", "Thanks."], "an address"),
    ("", [], "nothing"),
    (" \n\n ", [], "white space"),
    (
        "March 5: The leader of them all dies in bed.\n17 June – The builders lay down their tools.",
        ["March 5: The leader of them all dies in bed.", "17 June – The builders lay down their tools."],
        "entries of a chronology",
    ),
]


@pytest.mark.parametrize(("text", "expected", "why"), CASES, ids=[case[2] for case in CASES])
def test_sentences(text: str, expected: list[str], why: str) -> None:
    assert [text[span.start : span.end] for span in sentences(text)] == expected, why


def test_paragraphs_end_at_blank_lines_only_in_wrapped_text() -> None:
    text = "Head\n\nA line of hard-wrapped text that goes on to\nthe next one.\n\nAnother."
    words = [text[span.start : span.end] for span in paragraphs(text)]
    assert words == ["Head", "A line of hard-wrapped text that goes on to\nthe next one.", "Another."]


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" \n.?!AaU1-”")), max_size=200))
def test_sentences_hold_every_character_once(text: str) -> None:
    spans = sentences(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    for span in spans:
        words = text[span.start : span.end]
        assert words
        assert words == words.strip()
    held = "".join(text[span.start : span.end] for span in spans)
    assert "".join(held.split()) == "".join(text.split())


@pytest.mark.parametrize("piece", ["a ", ".", ". ", "\n", "a\n", "U.S. ", '"', "[1]", "a.A", " "])
def test_time_is_linear_in_hostile_text(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    begun = time.process_time()
    sentences(text)
    assert time.process_time() - begun < 10
