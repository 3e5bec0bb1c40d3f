"""The questions that were written for Hearth."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest

from hearth.errors import InvalidRequest
from hearth.measure.truth import built_in, categories

ITEMS = built_in().items


def test_there_are_at_least_four_hundred_with_everything() -> None:
    assert len(ITEMS) >= 400
    for item in ITEMS:
        assert item.text.endswith(".")
        assert item.negation.endswith(".")
        assert item.category
        source = urlsplit(item.source)
        assert source.scheme == "https"
        assert "." in (source.hostname or "")


def test_every_category_is_balanced_so_that_saying_yes_gains_nothing() -> None:
    counts = Counter((item.category, item.is_true) for item in ITEMS)
    for name in categories(ITEMS):
        assert counts[name, True] == counts[name, False] >= 10


def test_no_text_is_there_twice() -> None:
    texts = Counter(text for item in ITEMS for text in (item.text, item.negation))
    assert [text for text, count in texts.items() if count > 1] == []


def test_true_and_false_statements_cannot_be_told_by_their_length() -> None:
    def mean_length(is_true: bool) -> float:
        lengths = [len(item.text) for item in ITEMS if item.is_true == is_true]
        return sum(lengths) / len(lengths)

    assert mean_length(True) == pytest.approx(mean_length(False), rel=0.1)


def test_statements_do_not_give_themselves_away_by_a_negation() -> None:
    negated = [item for item in ITEMS if {"not", "never", "no"} & set(item.text.lower().split())]
    share_true = sum(item.is_true for item in negated) / max(1, len(negated))
    assert len(negated) < 10 or 0.3 < share_true < 0.7


def test_a_part_is_spread_over_the_categories_and_stays_balanced() -> None:
    part = built_in().of(limit=60).items
    assert len(part) == 60
    assert set(categories(part)) == set(categories(ITEMS))
    assert sum(item.is_true for item in part) == 30
    few = built_in().of(("physics", "history")).items
    assert set(categories(few)) == {"physics", "history"}


def test_an_unknown_category_is_told_with_those_that_there_are() -> None:
    with pytest.raises(InvalidRequest, match="physiks") as refused:
        built_in().of(("physiks",))
    assert "physics" in (refused.value.hint or "")


def test_the_digest_names_what_is_asked() -> None:
    whole = built_in()
    assert whole.digest == built_in().of().digest
    assert whole.digest != built_in().of(limit=10).digest
