"""One of the two columns of the arena: a nameless answer, and after the vote who wrote it."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui.element import Element

from hearth.store.voted import Contestant, ShownAnswer, Side
from hearth.web import figures
from hearth.web.components.prose import Prose
from hearth.web.components.region import Region
from hearth.web.parts import part

WORDS = {Side.LEFT: "Left", Side.RIGHT: "Right"}
ENDS = {"length": "ended at the length limit"}


@dataclass(slots=True, kw_only=True)
class ArenaSide:
    """A column of the page."""

    side: Side
    root: Element
    head: Region
    waiting: Region
    prose: Prose

    def begin(self) -> None:
        """Show that an answer is awaited."""
        self.root.classes(remove="won")
        self.prose.show("")
        self._show_head(None, [])
        self.waiting.show(part("arena_waiting"))

    def paint(self, text: str) -> None:
        """Show the answer as far as it has come."""
        if text:
            self.waiting.show(part("nothing"))
            self.prose.paint(text)

    def reveal(self, contestant: Contestant, answer: ShownAnswer, *, won: bool) -> None:
        """Say who wrote the answer.

        Args:
            contestant: Its author.
            answer: As it was kept with the vote.
            won: Whether the vote was for this side.
        """
        self.root.classes(**{"add" if won else "remove": "won"})
        facts = [figures.count(answer.num_tokens, "token")]
        if answer.finish in ENDS:
            facts.append(ENDS[answer.finish])
        self._show_head(contestant, facts)

    def end(self) -> None:
        """Show that nothing more will come."""
        self.waiting.show(part("nothing"))

    def _show_head(self, contestant: Contestant | None, facts: list[str]) -> None:
        self.head.show(
            part("arena_side", word=WORDS[self.side], contestant=contestant, facts=facts)
        )


def arena_side(side: Side) -> ArenaSide:
    """Put a column into the current place of the page."""
    with Element("article").classes("arena-side") as root:
        head = Region(tag="header")
        waiting = Region()
        prose = Prose()
    root.props(f'aria-label="{WORDS[side]} answer" data-side={side.value}')
    return ArenaSide(side=side, root=root, head=head, waiting=waiting, prose=prose)
