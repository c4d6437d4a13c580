"""No match is ever filtered out: what a pattern is said to require is in all that it matches."""

import json
import re

import pytest

from tests.evaluate import CORPUS
from timeline.extraction import lexicon
from timeline.extraction.prefilter import Prefilter, required, ways


@pytest.mark.parametrize(
    ("pattern", "sets"),
    [
        ("march(?:es|ed)?", [{"march"}]),
        (
            r"(?:rally|march) in (?:city|square)",
            [{f"{x} in {y}" for x in ("rally", "march") for y in ("city", "square")}],
        ),
        (r"vote\s+on\s*it", [{"vote on it", "vote onit"}]),
        (r"sa(?:id|ys) [^.]*?no", [{"said ", "says "}]),
        # What has to follow stands in the text, though not in the match.
        (r"vote(?=[^.]* tomorrow)", [{" tomorrow"}, {"vote"}]),
        ("organi[sz]ed", [{"organised", "organized"}]),
        # What may be left out, or is only looked at, is not required.
        ("(?:big )?vote(?! of thanks)", [{"vote"}]),
        ("(?:big ){0,3}vote", [{"vote"}]),
        ("(?:again ){1,3}", [{"again "}]),
        # A branch without a string of its own leaves nothing to look for.
        (r"(?:vote|\d+)", []),
        ("ab", []),
        ("POLLS", [{"polls"}]),
    ],
)
def test_what_a_pattern_requires(pattern, sets):
    assert required(re.compile(pattern, re.IGNORECASE)) == [frozenset(one) for one in sets]


def test_every_trigger_that_matches_a_sentence_passes():
    lines = (CORPUS / "sentences.jsonl").read_text(encoding="utf-8").splitlines()
    rules = [rule for vocabulary in lexicon.kinds() for rule in vocabulary.triggers]
    for sentence in [json.loads(line)["text"] for line in lines][::5]:
        passed = {rule.id for _, rule in lexicon.prefilter().may_match(sentence)}
        assert {rule.id for rule in rules if rule.pattern.compiled.search(sentence)} <= passed


def test_most_of_what_cannot_match_is_left_out():
    assert len(lexicon.prefilter().may_match("The museum has a new roof, said its director.")) < 10


def test_things_come_back_in_their_order():
    patterns = [re.compile(word) for word in ("second", "first", "absent")]
    prefilter = Prefilter((pattern, number) for number, pattern in enumerate(patterns))
    assert prefilter.may_match("first and second") == [0, 1]


def test_each_branch_of_the_outermost_choice_is_asked_for_by_itself():
    pattern = re.compile(r"\b(?:march(?:es)? on \w+ square|vote[sd]? in \d+ towns)\b", re.IGNORECASE)
    assert [set(map(frozenset, way)) for way in ways(pattern)] == [
        {frozenset({"march on ", "marches on "}), frozenset({" square"})},
        {frozenset({"vote in ", "votes in ", "voted in "}), frozenset({" towns"})},
    ]
    prefilter = Prefilter([(pattern, "it")])
    assert prefilter.may_match("They vote in 12 towns") == ["it"]
    assert prefilter.may_match("They march on to twelve towns") == []  # half of each
