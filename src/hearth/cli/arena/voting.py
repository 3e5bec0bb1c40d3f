"""The vote in the terminal: a pair, two answers, a key, the names; again and again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from hearth.cli import console
from hearth.cli.arena.screen import Screen
from hearth.measure.arena import Arena, Label, Outcome, Pair, PairEnded, SideText

OUTCOMES = {
    "1": Outcome.LEFT,
    "l": Outcome.LEFT,
    "2": Outcome.RIGHT,
    "r": Outcome.RIGHT,
    "3": Outcome.TIE,
    "t": Outcome.TIE,
    "4": Outcome.BOTH_BAD,
    "b": Outcome.BOTH_BAD,
}
SKIP, QUIT = "s", "q"
QUESTION = "1 left · 2 right · 3 equally good · 4 both bad · s skip · q quit: "
MAX_FAILURES = 3  # in a row; more would not help

ReadLine = Callable[[str], Awaitable[str]]
"""Shows a question and returns the line that was typed; EOFError at the end of the input."""


class Voting:
    """Asks for votes until the person leaves.

    Args:
        arena: Whose answers are compared.
        screen: Where they are shown.
        read_line: Where the keys come from.
    """

    def __init__(self, arena: Arena, screen: Screen, read_line: ReadLine) -> None:
        self._arena = arena
        self._screen = screen
        self._read_line = read_line
        self._failures = 0
        self._is_decided = False

    async def run(self, prompt: str | None, max_votes: int | None) -> int:
        """Ask for votes; return how many were given.

        Args:
            prompt: What to ask each time; None draws prompts.
            max_votes: Stop after so many.

        Raises:
            HearthError: Answers failed several times in a row.
        """
        num_votes = 0
        while max_votes is None or num_votes < max_votes:
            pair = await asyncio.to_thread(self._arena.next_pair, prompt)
            if not await self._show(pair):
                continue
            outcome = await self._ask()
            if outcome == QUIT:
                break
            if outcome == SKIP:
                continue
            revealed = await asyncio.to_thread(self._arena.vote, pair.id, Outcome(outcome))
            num_votes += 1
            console.note(f"Left: {revealed.left.name}. Right: {revealed.right.name}.\n")
            await asyncio.to_thread(self._say_if_decided)
        return num_votes

    async def _show(self, pair: Pair) -> bool:
        """Show a pair's answers; return whether it can be voted on."""
        with self._screen.pair(pair.prompt):
            async with aclosing(self._arena.answers(pair.id)) as events:
                async for event in events:
                    if isinstance(event, SideText):
                        self._screen.add(event.side, event.text)
                    elif isinstance(event, PairEnded) and event.error is not None:
                        self._failures += 1
                        if self._failures >= MAX_FAILURES:
                            raise event.error
                        console.report(event.error.message, event.error.hint)
                        return False
        self._failures = 0
        return True

    def _say_if_decided(self) -> None:
        """Say once that the best two are told apart: further votes are for those who like to."""
        board = self._arena.board()
        if self._is_decided or board.duels[0].label is not Label.DECIDED:
            return
        self._is_decided = True
        best, second = (each.contestant.name for each in board.standings[:2])
        console.note(f"Decided: {best} is better than {second}. More votes are not needed.\n")

    async def _ask(self) -> str:
        """Return an outcome, or that the person skips or leaves."""
        while True:
            try:
                typed = (await self._read_line(QUESTION)).strip().lower()
            except EOFError:
                return QUIT
            if typed[:1] in (SKIP, QUIT):
                return typed[:1]
            if typed in OUTCOMES:
                return OUTCOMES[typed]
            console.note(f"{typed!r} is none of the keys.")


async def read_line(question: str) -> str:
    """Read a line from standard input; the question is shown on a terminal only."""
    if sys.stdin.isatty():
        sys.stderr.write(question)
        sys.stderr.flush()
    line: str = await asyncio.to_thread(sys.stdin.readline)
    if not line:
        raise EOFError
    return line
