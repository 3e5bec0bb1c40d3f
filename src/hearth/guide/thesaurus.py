"""What everyday words are to the guide: nothing, other words, or a topic."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Thesaurus:
    """Everyday words.

    Args:
        fillers: Words that tell nothing about what somebody wants to know.
        meanings: What the guide says for a word.
        phrases: Ids of the topics that words in a row mean.
    """

    fillers: frozenset[str]
    meanings: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, str]

    @property
    def words(self) -> frozenset[str]:
        """All words that stand alone in it."""
        return self.fillers | self.meanings.keys()


@functools.cache
def thesaurus() -> Thesaurus:
    """Return the thesaurus, read once."""
    text = resources.files("hearth.guide").joinpath("thesaurus.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return Thesaurus(
        fillers=frozenset(table["fillers"]["words"].split()),
        meanings={word: tuple(meant.split()) for word, meant in table["meanings"].items()},
        phrases=table["phrases"],
    )
