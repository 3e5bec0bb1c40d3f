"""The context meter: how much of the model's context a conversation fills, as a ring."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from hearth.store.records import StoredMessage
from hearth.web.parts import part

WARN_SHARE = 0.75
BAD_SHARE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """Tokens that a conversation takes, of the tokens that its model's context holds."""

    used: int
    context: int

    @property
    def share(self) -> float:
        """The filled part of the context, from 0 to 1."""
        return min(self.used / self.context, 1.0) if self.context else 0.0

    @property
    def words(self) -> str:
        """The figures behind the ring."""
        return f"{self.used:,} / {self.context:,}"


def fill_after(answer: StoredMessage | None) -> Fill | None:
    """Return how full the context is after an answer, as far as it is known."""
    if answer is None or answer.started is None:
        return None
    used = answer.started.prompt_tokens + answer.num_tokens
    return Fill(used=used, context=answer.started.context_tokens)


def ring(fill: Fill) -> Markup:
    """Return the ring for a fill; it changes colour, and its label says the share."""
    level = "bad" if fill.share >= BAD_SHARE else "warn" if fill.share >= WARN_SHARE else "calm"
    return part("ring", share=fill.share, words=fill.words, level=level)
