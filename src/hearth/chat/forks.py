"""Continue an answer from another token: what is kept of it, and whether that is possible.

The kept text is made from the bytes of the kept tokens, because a token may end inside a character.
A fork must begin at a border between characters, since the model is given text to go on from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearth.core import TokenChoice, TokenTrace
from hearth.engine.client import Engine
from hearth.errors import InvalidRequest
from hearth.store.records import ChatSettings, StoredMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a fork takes over from the first answer."""

    question_id: int
    settings: ChatSettings
    text: str
    traces: tuple[TokenTrace, ...]


def fork_at(
    answer: StoredMessage, traces: Sequence[TokenTrace], token_index: int, choice: TokenChoice
) -> Kept:
    """Return what is kept of an answer when token `token_index` is replaced by `choice`.

    Raises:
        InvalidRequest: It is no answer, its tokens are not known, or the place does not allow it.
    """
    if answer.parent_id is None or answer.settings is None:
        raise InvalidRequest("Only an answer can be forked.", param="message_id")
    if not 0 <= token_index < len(traces):
        raise InvalidRequest(
            f"There is no token {token_index}: {len(traces)} tokens of this answer are known.",
            param="token_index",
        )
    replaced = traces[token_index]
    taken = TokenTrace(
        id=choice.id,
        text=choice.text,
        raw=choice.text.encode(),
        logprob=choice.logprob,
        alternatives=replaced.alternatives,
    )
    return Kept(
        question_id=answer.parent_id,
        settings=answer.settings,
        text=_text_before(traces, token_index) + _check_text(choice),
        traces=(*traces[:token_index], taken),
    )


async def refuse_control_token(engine: Engine, model: str, choice: TokenChoice) -> None:
    """Raise InvalidRequest if the choice is a sign such as the end of an answer, and no text."""
    tokens = await engine.tokenize(model, choice.text)
    if len(tokens) == 1 and tokens[0].special:
        raise InvalidRequest(
            f"{choice.text!r} is a control token: nothing can be said after it.",
            hint="Choose another token.",
            param="choice",
        )


def _text_before(traces: Sequence[TokenTrace], token_index: int) -> str:
    try:
        return b"".join(trace.raw for trace in traces[:token_index]).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"Token {token_index} lies inside a character, and a fork must begin between two.",
            hint="Choose the token at which the character begins, or the next one.",
            param="token_index",
        ) from error


def _check_text(choice: TokenChoice) -> str:
    # U+FFFD stands for bytes that are no character by themselves.
    if not choice.text or "�" in choice.text:
        raise InvalidRequest(
            f"Token {choice.id} is not text by itself, so the answer cannot go on from it.",
            hint="Choose another token.",
            param="choice",
        )
    return choice.text
