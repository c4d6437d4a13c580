"""The data files hold what the code expects, and every pattern of theirs is one."""

from collections import Counter
from typing import get_args

import pycountry
import pytest

from timeline.extraction import dispute, lexicon, places, status
from timeline.extraction.records import Kind, Status, What

KINDS = {*get_args(Kind), "vote", "toll"}


def test_every_kind_has_triggers() -> None:
    found = {vocabulary.kind for vocabulary in lexicon.kinds()}
    assert found == KINDS
    assert all(vocabulary.triggers for vocabulary in lexicon.kinds())


@pytest.mark.parametrize("vocabulary", lexicon.kinds(), ids=lambda vocabulary: vocabulary.kind)
def test_triggers_are_named_once_and_use_known_words(vocabulary: lexicon.KindVocabulary) -> None:
    names = Counter(rule.id for rule in vocabulary.triggers)
    assert max(names.values()) == 1, names
    for rule in vocabulary.triggers:
        assert rule.status in ("", *get_args(Status)), rule.id
        assert rule.default in ("", *get_args(Kind)), rule.id
        assert rule.head in ("", "last", "verb"), rule.id
        assert rule.pattern.compiled.search("") is None, f"{rule.id} matches no words at all"


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Voters approved the treaty in a referendum.", "referendum"),
        ("The presidential election was held in June.", "election"),
        ("Turnout was low.", "vote"),
        ("Thousands marched through the capital to demand reforms.", "protest"),
        ("Police arrested dozens of opposition activists.", "crackdown"),
        ("Two people were killed.", "toll"),
        ("Parliament adopted a new constitution.", "constitutional_change"),
    ],
)
def test_the_prefilter_lets_a_kind_pass(sentence: str, kind: str) -> None:
    """Hints spare the patterns most sentences; one that is too narrow would silence a kind."""
    assert kind in {rule.kind for _, rule in lexicon.prefilter().may_match(sentence)}


def test_country_codes_exist() -> None:
    codes = {country.alpha_2 for country in pycountry.countries} | {"XK"}
    assert set(lexicon.table("countries")) <= codes
    assert set(lexicon.table("places")["prefer"].values()) <= codes
    assert set(lexicon.table("places")["display"]) <= codes


def test_every_independent_state_has_its_people() -> None:
    """Newspapers write "Kenyan" more often than "of Kenya"; a state without its adjective goes unseen."""
    without = {
        code
        for code, entry in lexicon.table("countries").items()
        if not entry.get("people") and not entry.get("names")
    }
    assert not without


def test_counted_words() -> None:
    data = lexicon.table("counts")
    assert set(data["what"]) == set(get_args(What))
    assert all(value > 0 for value in (*data["vague"].values(), *data["scales"].values()))


def test_the_other_files_compile() -> None:
    assert status.cues()
    assert all(status.verbs(name) for name in ("speech", "decision", "want", "holding"))
    assert dispute.read("a sham election", 0, 15, "election")
    assert places.find("Kenya")


def test_a_broken_pattern_is_named() -> None:
    with pytest.raises(lexicon.VocabularyError, match="not a regular expression"):
        lexicon.compiled("(unclosed")
    with pytest.raises(lexicon.VocabularyError, match="unknown macro"):
        lexicon.compiled("{NOSUCHMACRO}")
