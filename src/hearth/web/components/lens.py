"""The token lens: an answer as the tokens it is made of, and what else each could have been."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from markupsafe import Markup

from hearth.core import TokenChoice, TokenTrace
from hearth.errors import InvalidRequest
from hearth.web.figures import percent
from hearth.web.parts import part

FULL_SURPRISE_BITS = 8.0  # one chance in 256 gets the strongest tint

_VISIBLE = str.maketrans({"\n": "↵", "\t": "⇥", "\r": "␍"})


def token_lens(message_id: int, traces: Sequence[TokenTrace]) -> Markup:
    """Return an answer's tokens, each tinted by how surprising it was to the model."""
    tokens = [
        {
            "index": index,
            "shown": _shown(trace),
            "spoken": spoken(trace.text),
            "share": percent(math.exp(min(trace.logprob, 0.0))),
            "surprise": f"{surprise(trace.logprob):.2f}",
            "breaks": "\n" in trace.text,
        }
        for index, trace in enumerate(traces)
    ]
    return part("lens", id=message_id, tokens=tokens)


def alternatives_panel(message_id: int, index: int, trace: TokenTrace) -> Markup:
    """Return what the model considered at one place, as bars; the chosen one is marked."""
    choices = list(trace.alternatives)
    if all(choice.id != trace.id for choice in choices):
        choices.append(TokenChoice(id=trace.id, text=trace.text, logprob=trace.logprob))
    rows = [
        {
            "shown": with_space(choice.text),
            "spoken": spoken(choice.text),
            "share": math.exp(min(choice.logprob, 0.0)),
            "chosen": choice.id == trace.id,
            "choice": choice.id,
        }
        for choice in choices
    ]
    return part(
        "alternatives", id=message_id, index=index, chosen=with_space(trace.text), rows=rows
    )


def find_choice(traces: Sequence[TokenTrace], index: int, token_id: int) -> TokenChoice:
    """Return the alternative that a person picked.

    Raises:
        InvalidRequest: The answer has no such token, or the token no such alternative.
    """
    if 0 <= index < len(traces):
        for choice in traces[index].alternatives:
            if choice.id == token_id:
                return choice
    raise InvalidRequest(f"Token {index} of this answer has no alternative {token_id}.")


def surprise(logprob: float) -> float:
    """Return how surprising a token was, from 0 (expected) to 1 (8 bits or more)."""
    if math.isnan(logprob):
        return 0.0
    return min(max(-logprob / math.log(2) / FULL_SURPRISE_BITS, 0.0), 1.0)


def _shown(trace: TokenTrace) -> str:
    """Return a token's text, or its bytes where it is only a part of a character."""
    if "\ufffd" in trace.text:
        return "".join(f"\\x{byte:02X}" for byte in trace.raw)
    return visible(trace.text) or "·"


def visible(text: str) -> str:
    """Return a token's text with what cannot be seen made visible."""
    return "".join(c if c.isprintable() else "�" for c in text.translate(_VISIBLE))


def with_space(text: str) -> str:
    """Return a token's text with the space that it begins with made visible."""
    shown = visible(text)
    return "␣" + shown[1:] if shown.startswith(" ") else shown or "·"


def spoken(text: str) -> str:
    """Return a token's text as a screen reader should say it."""
    if "\ufffd" in text:
        return "part of a character"
    if not text.strip():
        return "line break" if "\n" in text else "space"
    return json.dumps(text.strip(), ensure_ascii=False)
