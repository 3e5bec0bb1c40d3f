"""What a topic of the guide is."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

Level = Literal["first steps", "basic", "medium", "advanced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where to read more, and what the answer rests on.

    Args:
        title: As the paper, page or model card calls itself.
        url: An https address of the authors or makers themselves.
    """

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One question of a newcomer, with its answer.

    Args:
        id: Lower-case words joined by hyphens; what is typed to see it, and never changed.
        parent: Id of the topic that it belongs to; None for a chapter.
        title: The question or the term, as a heading.
        other_names: What else people call it or type for it.
        level: How much a reader should know before.
        sources: Two to four of them.
        checked: The day on which somebody last held the answer against its sources.
        answer: The answer in Markdown, without headings.
        try_it: How to see it in Hearth, in Markdown.
        commands: The command lines in `try_it`, each beginning with `hearth`.
        demonstration: Name of what shows it on this machine; None where nothing does.
        no_demonstration: A sentence that says why, where nothing does.
    """

    id: str
    parent: str | None
    title: str
    other_names: tuple[str, ...]
    level: Level
    sources: tuple[Source, ...]
    checked: date
    answer: str
    try_it: str
    commands: tuple[str, ...]
    demonstration: str | None
    no_demonstration: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """Return everything that it may be asked for by."""
        return (self.id, self.title, *self.other_names)

    @property
    def summary(self) -> str:
        """Return the first sentence of the answer, as plain text: what a term's link shows."""
        paragraph = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", self.answer.split("\n\n")[0])
        plain = " ".join(re.sub(r"[*`]", "", paragraph).split())
        return re.split(r"(?<=[.?!])\s(?=[A-Z])", plain, maxsplit=1)[0]

    def as_data(self) -> dict[str, Any]:
        """Return the topic as plain data."""
        return {**asdict(self), "checked": self.checked.isoformat()}

    def as_markdown(self) -> str:
        """Return the topic as a page of Markdown."""
        shown = self.no_demonstration or f"`hearth guide {self.id} --demo` shows it here."
        more = "\n".join(f"- [{source.title}]({source.url})" for source in self.sources)
        parts = (
            *(f"# {self.title}", self.answer),
            *("## See it here", shown),
            *("## Try it", self.try_it),
            *("## More", more, f"Checked {self.checked.isoformat()}."),
        )
        return "\n\n".join(parts) + "\n"
