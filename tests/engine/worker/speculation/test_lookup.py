"""Guesses from the text itself: what is found, and that following is the same as looking anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hearth.engine.worker.speculation.lookup import LONGEST_MATCH, Lookup, Observation

FEW_TOKENS = st.lists(st.integers(0, 3), max_size=60)


def test_the_end_of_the_text_is_found_where_it_stood_before() -> None:
    text = [1, 2, 3, 4, 5, 9, 1, 2]
    lookup = Lookup(text)
    assert lookup.match_length == 2
    assert lookup.guess(text, 3) == [3, 4, 5]


def test_the_longest_match_wins_over_a_later_one() -> None:
    text = [7, 1, 2, 3, 8, 1, 2, 4, 7, 1, 2]
    assert Lookup(text).guess(text, 1) == [3]


def test_of_equal_matches_the_one_near_where_the_copying_broke_off_wins() -> None:
    first, second = [1, 2, 10, 11, 12, 5, 6, 20], [1, 2, 30, 31, 32, 5, 6, 40]
    text = [*first, *second, 99, 10, 11]
    lookup = Lookup(text)
    text += [50, 5, 6]  # 50 stands where 12 did; "5, 6" occurs in both parts
    lookup.follow(text)
    assert lookup.guess(text, 1) == [20]


def test_a_text_with_a_new_end_gives_no_guess() -> None:
    text = [1, 2, 3, 4]
    lookup = Lookup(text)
    assert lookup.match_length == 0
    assert lookup.guess(text, 5) == []
    assert Lookup([]).guess([], 5) == []


def test_a_guess_that_runs_into_the_end_repeats_itself() -> None:
    text = [9, 1, 2, 3, 1, 2]
    assert Lookup(text).guess(text, 8) == [3, 1, 2, 3, 1, 2, 3, 1]
    steady = [5, 5, 5]
    assert Lookup(steady).guess(steady, 4) == [5, 5, 5, 5]


def test_what_guesses_came_to_is_told() -> None:
    text = [1, 2, 3, 4, 5, 9, 1, 2]
    lookup = Lookup(text)
    text += [3, 4, 7]
    assert lookup.follow(text) == [
        Observation(2, was_right=True),
        Observation(3, was_right=True),
        Observation(4, was_right=False),
    ]
    assert lookup.match_length == 0
    assert lookup.follow(text) == []


@given(first=FEW_TOKENS, rest=FEW_TOKENS)
def test_it_does_not_matter_how_the_text_grew(first: list[int], rest: list[int]) -> None:
    at_once, one_by_one = Lookup(first), Lookup(first)
    text = [*first, *rest]
    told = at_once.follow(text)
    assert told == [
        seen for end in range(len(first), len(text) + 1) for seen in one_by_one.follow(text[:end])
    ]
    assert at_once.guess(text, 9) == one_by_one.guess(text, 9)


@given(text=FEW_TOKENS)
def test_what_is_guessed_follows_a_real_occurrence_of_the_end(text: list[int]) -> None:
    lookup = Lookup(text)
    length = lookup.match_length
    occurrences = [
        position
        for position in range(2, len(text))
        if text[position - 2 : position] == text[len(text) - 2 :]
    ]
    assert (length > 0) == bool(occurrences)
    if length:
        end = text[len(text) - length :]
        guess = lookup.guess(text, 1)
        assert any(
            text[p - length : p] == end and text[p] == guess[0] for p in occurrences if p >= length
        )
        assert length <= LONGEST_MATCH
