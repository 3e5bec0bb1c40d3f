"""What a chat template makes of a conversation, shown before anybody chats.

A model that runs here is asked itself, so that its tokens are its own. Of any other only the
template is rendered, in the same confined child, and there are no token borders to show.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hearth.core import Message, Role, Token
from hearth.engine.client import Engine
from hearth.engine.templates import TemplateRenderer
from hearth.errors import TemplateError, TemplateTimeout, TemplateUnsafe

Conversation = tuple[Message, ...]

SAMPLE: Conversation = (
    Message(role=Role.SYSTEM, content="You are a helpful assistant."),
    Message(role=Role.USER, content="What is the capital of France?"),
    Message(role=Role.ASSISTANT, content="Paris."),
    Message(role=Role.USER, content="And of Italy?"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePreview:
    """The prompt of the sample conversation.

    Args:
        text: What the model would read.
        tokens: The same as tokens; None where no tokenizer is at hand.
        messages: The conversation that was rendered.
        notice: What was left out so that the template could be shown, or None.
    """

    text: str
    tokens: tuple[Token, ...] | None
    messages: Conversation
    notice: str | None = None


async def preview_loaded(engine: Engine, model: str) -> TemplatePreview:
    """Render the sample conversation as a loaded model reads it.

    Raises:
        TemplateError: The model's template cannot render any of the sample.
    """

    async def render(messages: Conversation) -> tuple[str, tuple[Token, ...]]:
        rendered = await engine.render(model, messages)
        return rendered.text, rendered.tokens

    return await _preview(render)


async def preview_source(source: str, *, bos: str, eos: str) -> TemplatePreview:
    """Render the sample conversation with a template alone.

    Args:
        source: The template.
        bos: Spelling of the token that begins a text; empty if unknown.
        eos: Spelling of the token that ends one; empty if unknown.

    Raises:
        TemplateError: The template cannot render any of the sample.
    """
    renderer = TemplateRenderer(source, bos=bos, eos=eos, architecture="", special_spellings=())

    async def render(messages: Conversation) -> tuple[str, None]:
        pieces = await renderer.render(messages)
        return "".join(piece.text for piece in pieces), None

    try:
        return await _preview(render)
    finally:
        await renderer.close()


async def _preview(
    render: Callable[[Conversation], Awaitable[tuple[str, tuple[Token, ...] | None]]],
) -> TemplatePreview:
    """Render the sample, without its system message where the template refuses one."""
    messages: Conversation = SAMPLE
    notice = None
    try:
        text, tokens = await render(messages)
    except (TemplateUnsafe, TemplateTimeout):
        raise
    except TemplateError as error:
        messages = SAMPLE[1:]
        notice = f"shown without a system message, which the template refuses: {error.message}"
        text, tokens = await render(messages)
    return TemplatePreview(text=text, tokens=tokens, messages=messages, notice=notice)
