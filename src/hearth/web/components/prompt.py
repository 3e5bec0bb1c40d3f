"""The exact prompt of an answer, token by token, as the model read it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from hearth.core import RenderedPrompt, Token
from hearth.web.components.lens import visible
from hearth.web.parts import part

MAX_SHOWN = 3000  # tokens from each end; a browser is slow with more elements than this


def prompt_dialog(prompt: RenderedPrompt) -> Markup:
    """Return the dialogue that shows a prompt with its token borders."""
    return part(
        "prompt", total=len(prompt.tokens), text=prompt.text, tokens=shown_tokens(prompt.tokens)
    )


def shown_tokens(tokens: tuple[Token, ...]) -> list[dict[str, Any]]:
    """Return what is drawn of a prompt: all of it, or both ends with a gap between them."""
    if len(tokens) <= 2 * MAX_SHOWN:
        return [_row(token) for token in tokens]
    gap = {"gap": len(tokens) - 2 * MAX_SHOWN}
    head, tail = tokens[:MAX_SHOWN], tokens[-MAX_SHOWN:]
    return [*map(_row, head), gap, *map(_row, tail)]


def _row(token: Token) -> dict[str, Any]:
    breaks = "\n" * token.text.count("\n")
    shown = visible(token.text) + breaks
    return {"gap": 0, "special": token.special, "id": f"token {token.id}", "shown": shown or "·"}
