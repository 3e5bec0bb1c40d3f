"""Who gives way to whom."""

from __future__ import annotations

import pytest

from hearth.engine.worker.fairness import who_gives_way, who_makes_room
from hearth.engine.worker.sequences import Sequence
from hearth.engine.worker.text import TextStream


def requests(owners: str) -> list[Sequence]:
    return [
        Sequence(
            request_id=index,
            owner=owner,
            tokens=[0],
            num_prompt=1,
            max_length=10,
            sampler=None,
            text=TextStream(),
        )
        for index, owner in enumerate(owners)
    ]


@pytest.mark.parametrize(("owners", "index"), [("a", 0), ("aaa", 2), ("abab", 3), ("aab", 1)])
def test_the_youngest_of_who_runs_most_gives_way(owners: str, index: int) -> None:
    assert who_gives_way(requests(owners)).request_id == index


@pytest.mark.parametrize(
    ("owners", "waits", "index"),
    [("aaa", "b", 2), ("aaa", "a", None), ("ab", "c", None), ("aabc", "b", None), ("abaa", "c", 3)],
)
def test_only_who_has_several_places_gives_one_to_who_has_none(owners, waits, index) -> None:
    found = who_makes_room(requests(owners), waits)
    assert (found.request_id if found else None) == index
