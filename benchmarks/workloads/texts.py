"""Prompts: words drawn by a seed, so that both sides of a pair get new ones of the same length."""

from __future__ import annotations

import random

WORDS = """
river stone cloud market engine garden letter window silver morning copper valley number planet
forest bridge music paper harbor candle winter summer table circle
""".split()  # noqa: SIM905 - a list of words reads best as words

STORY = (
    "The old lighthouse keeper climbed the stairs one last time before the storm. He had kept the "
    "light for forty years, and he knew every sound that the tower made in the wind. Tonight"
)
SETTINGS = ("size", "limit", "delay", "count", "depth", "width", "level", "weight", "rate", "age")


class Texts:
    """Texts that no earlier one began with, so that no cache can help where none shall.

    Args:
        seed: The same seed gives the same texts.
    """

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def words(self, count: int) -> str:
        """Return so many words, about a token each."""
        return " ".join(self._random.choice(WORDS) for _ in range(count))

    def edit(self, num_lines: int = 60, num_edits: int = 5) -> str:
        """Return a file, and the beginning of a copy of it in which some lines are changed."""
        lines = [
            f"{self._random.choice(WORDS)}_{self._random.choice(SETTINGS)} = "
            f"{self._random.randrange(10_000)}"
            for _ in range(num_lines)
        ]
        edited = list(lines)
        for index in self._random.sample(range(4, num_lines), num_edits):
            name, _, _ = lines[index].partition(" = ")
            edited[index] = f"{name} = 0"
        asked = "\n".join(f"- {edited[i]}" for i in range(num_lines) if edited[i] != lines[i])
        return (
            "Here is a file:\n\n```\n" + "\n".join(lines) + f"\n```\n\nSet these:\n{asked}\n\n"
            "Here is the whole file again with these lines changed:\n\n```\n"
            + "\n".join(edited[:4])
            + "\n"
        )

    def story(self) -> str:
        """Return the beginning of a story, no two alike."""
        return f"{self.words(4).capitalize()}. {STORY}"
