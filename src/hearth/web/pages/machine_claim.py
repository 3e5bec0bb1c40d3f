"""A claim on the Machine page: a sentence, its verdict, and the arithmetic."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from markupsafe import Markup

from hearth.errors import HearthError, InvalidRequest
from hearth.machine.profile import MachineProfile
from hearth.plan.claims import Judgement, Reading, judge, read_claim
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.components.verdict import draw_verdict
from hearth.web.frame import Frame
from hearth.web.pages.machine_book import Book
from hearth.web.parts import part

EXAMPLES = (
    "70B at Q4_K_M, 50 tok/s, dual-channel DDR5-5600",
    "8B at Q8_0 with 32k context fits into 12 GB VRAM",
    "QLoRA of a 7B on an RTX 4090",
)


@dataclass(slots=True, kw_only=True)
class ClaimView:
    """The box for a claim, and what was found about the last one.

    Args:
        say: Lets a screen reader say something.
        on_claim: Called with a claim that has been judged.
    """

    book: Book
    form: Region
    result: Region
    say: Callable[[str], None]
    on_claim: Callable[[str], None]
    sentence: str = field(default="", init=False)
    _is_here: bool = field(default=False, init=False)
    _error: HearthError | None = field(default=None, init=False)
    _drawn: Markup = field(default=Markup(), init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about claims, by name."""
        return {"claim": self._claim}

    async def judge(self, sentence: str, *, here: bool = False) -> None:
        """Judge a sentence and draw what was found.

        Args:
            sentence: The claim.
            here: Whether it is about this machine, as measured.
        """
        self.sentence, self._is_here = sentence.strip(), here
        machine = self.book.profile if here else None
        try:
            reading, judgement = await asyncio.to_thread(_judged, self.sentence, machine)
        except HearthError as error:
            self._error = error
            self.say(error.message)
        else:
            self._error, self._drawn = None, draw_verdict(reading, judgement)
            self.say(f"{judgement.verdict.value}. {judgement.findings[0].reason}")
        self.draw()

    def draw(self) -> None:
        """Draw the box, and what was found."""
        self.form.show(
            part("machine_claim", sentence=self.sentence, here=self._is_here, examples=EXAMPLES)
        )
        if self._error is not None:
            self.result.show(part("error", error=self._error))
        else:
            self.result.show(self._drawn)

    async def _claim(self, command: Command) -> None:
        sentence = command.get("sentence", "")
        await self.judge(sentence, here=command.get("here") == "yes")
        self.on_claim(self.sentence)


def claim_view(book: Book, frame: Frame, on_claim: Callable[[str], None]) -> ClaimView:
    """Put the view into the current place of the page."""
    form = Region()
    result = Region().classes("claim-result")
    return ClaimView(book=book, form=form, result=result, say=frame.say, on_claim=on_claim)


def _judged(sentence: str, machine: MachineProfile | None) -> tuple[Reading, Judgement]:
    if not sentence:
        raise InvalidRequest(
            "There is no claim to check.", hint=f'Write a sentence, such as "{EXAMPLES[0]}".'
        )
    reading = read_claim(sentence, machine=machine)
    return reading, judge(reading.claim)
