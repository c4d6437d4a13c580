"""Whatever the text: nothing raises, every span is of the text, and every quote is its slice."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timeline import edtf_dates
from timeline.extraction import Extraction, extract, extract_many

# Words that set rules off, between characters that upset offsets: astral, combining, joined, no-break.
PIECES = st.sampled_from(
    [
        "police",
        "arrested",
        "800",
        "protesters",
        "the referendum",
        "elections",
        "were held",
        "in",
        "Kenya",
        "on Sunday",
        "August 2020",
        "“sham”",
        "a new constitution",
        "takes effect",
        "Mr. Ōe",
        "President José Ñandú",
        "said",
        ".",
        "\n\n",
        "𝕶𝖊𝖓𝖞𝖆",
        "e\u0301lections",
        "\u200d",
        "\u00a0",
        "\ufeff",
        "🗳️",
        "(MDC)",
        "’s",
        "—",
        "If",
        "will be",
        "?",
        ":",
        "\t",
        "-",
        "1999",
        "over",
        "killed",
        "marched",
        "voters",
        "approved",
        "ban on protests",
        "in March 2011",
        "not",
        "no",
        "\x00",
    ]
)
NEWSLIKE = st.lists(PIECES, max_size=60).map(" ".join)
PUBLISHED = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))


def check(text: str, found: Extraction) -> None:
    for expression in found.dates:
        assert 0 <= expression.start < expression.end <= len(text)
    starts = [event.mentions[0].start for event in found.events]
    assert starts == sorted(starts)
    for event in found.events:
        assert event.title
        assert len(event.title) <= 120
        edtf_dates.bounds(event.date)  # raises if the timeline couldn't take it
        assert event.mentions
        for mention in event.mentions:
            assert 0 <= mention.start < mention.end <= len(text)
            assert text[mention.start : mention.end] == text[mention.start : mention.end].strip()
            assert {"kind", "date", "status", "country", "disputed"} <= set(mention.rules)
            spans = [
                *mention.spans.values(),
                *(c.span for c in mention.counts),
                *(p.span for p in mention.participants),
            ]
            for span in spans:
                assert 0 <= span.start < span.end <= len(text)
            assert mention.start <= mention.spans["kind"].start < mention.spans["kind"].end <= mention.end


@settings(max_examples=120, deadline=None)
@given(NEWSLIKE, PUBLISHED)
def test_words_of_the_news_in_any_order(text: str, published: date) -> None:
    check(text, extract(text, published))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), PUBLISHED)
def test_any_characters(text: str, published: date) -> None:
    check(text, extract(text, published))


@pytest.mark.parametrize(
    "text",
    [
        "police " * 5_000,
        "election" + " of the election" * 1_000,
        "A" * 50_000,
        "The referendum " + ", which was held in Kenya" * 700,
        "“" * 10_000 + "protests",
        "1 2 3 4 5 6 7 8 9 " * 1_500 + "people were killed by police at protests.",
        "Mr Mr Mr President President of of the the " * 1_000,
    ],
)
def test_hostile_text_costs_what_its_length_costs(text: str) -> None:
    """No pattern backtracks over it, and the parser is given no sentence of that length."""
    check(text, extract(text, date(2020, 1, 1)))


def test_many_are_read_as_one_by_one() -> None:
    documents = [
        ("Kenya votes\n\nVoters approved a constitution in a referendum on Sunday.", date(2010, 8, 6)),
        ("", date(2020, 1, 1)),
        ("Police in Minsk detained 40 protesters on Monday.", date(2020, 9, 1)),
    ] * 30
    together = list(extract_many(iter(documents)))
    assert together == [extract(text, published) for text, published in documents]
