"""From a conversation to the prompt that the model was trained to read.

`TemplateRenderer` is all that the rest of the engine needs to know of templates: it takes the
model's own template (or chooses one, and says so), has it rendered by a process with limits, and
gives the prompt in pieces that say where control tokens are meant and where they are only
somebody's words. The text already holds the beginning-of-text token where the template writes one,
so tokenize the pieces without adding special tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hearth.core import Message, Role
from hearth.engine.templates.fallbacks import choose_fallback
from hearth.engine.templates.messages import UNUSABLE_HINT, Render, TemplateLimits
from hearth.engine.templates.pieces import ContentShield, Piece, split_pieces
from hearth.engine.templates.process import TemplateProcess
from hearth.errors import TemplateError, TemplateTimeout, TemplateUnsafe

MAX_TEMPLATE_BYTES = 1 << 20

TRIAL = (Message(role=Role.USER, content="Hello"),)


class TemplateRenderer:
    """Renders conversations with one model's chat template.

    Args:
        template_source: The template from the model's file; None or blank if it has none.
        bos: Spelling of the beginning-of-text token; empty if there is none.
        eos: Spelling of the end-of-text token; empty if there is none.
        architecture: GGUF's `general.architecture`, to choose a template where none is given.
        special_spellings: Spellings of all tokens that the tokenizer parses only when told to
            (control and unknown tokens); what people write never becomes one of them.
        limits: What one rendering may cost.
    """

    def __init__(
        self,
        template_source: str | None,
        *,
        bos: str,
        eos: str,
        architecture: str,
        special_spellings: tuple[str, ...],
        limits: TemplateLimits | None = None,
    ) -> None:
        self.notice: str | None = None
        self.stop: tuple[str, ...] = ()
        if template_source is None or not template_source.strip():
            fallback, reason = choose_fallback(architecture, special_spellings)
            template_source = fallback.source
            self.stop = fallback.stop
            self.notice = f"no template in the file: {fallback.name} is used because {reason}"
        self._source = template_source
        self._tokens = {"bos_token": bos, "eos_token": eos}
        self._shield = ContentShield(special_spellings)
        self._process = TemplateProcess(limits or TemplateLimits())

    async def start(self) -> None:
        """Start the child and try the template, so that the first conversation does not wait.

        A template that turns out unsafe or endless is told in `notice`; rendering with it fails.

        Raises:
            EngineCrashed: The child cannot be started.
            EngineTimeout: It did not start in time.
        """
        try:
            await self.render(TRIAL)
        except (TemplateUnsafe, TemplateTimeout) as error:
            self.notice = error.message
        except TemplateError:
            pass  # it may rightly refuse this conversation

    async def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool = True,
        continue_with: str = "",
    ) -> tuple[Piece, ...]:
        """Render a conversation to the pieces of a prompt.

        Args:
            messages: The conversation, oldest first.
            add_generation_prompt: End with what opens an answer of the assistant.
            continue_with: Beginning of the answer; stands at the end as plain text.

        Raises:
            TemplateTimeout: The template ran over a limit.
            TemplateUnsafe: It reached for something that templates must not reach.
            TemplateError: It is faulty, too large, not text, or refused this conversation.
            InvalidRequest: The conversation is too long to render, or not valid Unicode.
            EngineCrashed: The rendering process died; the next call gets a fresh one.
        """
        self._check_template()
        contents, hidden = self._shield.hide([m.content for m in messages], self._source)
        variables: dict[str, Any] = {
            "messages": [
                {"role": str(message.role), "content": content}
                for message, content in zip(messages, contents, strict=True)
            ],
            "tools": None,
            "documents": None,
            "add_generation_prompt": add_generation_prompt,
            **self._tokens,
        }
        text = await self._process.render(Render(self._source, variables))
        pieces = split_pieces(text, hidden)
        return (*pieces, Piece(continue_with, False)) if continue_with else pieces

    async def close(self) -> None:
        """End the child."""
        await self._process.close()

    def _check_template(self) -> None:
        """Refuse a template that no child should see."""
        try:
            size_bytes = len(self._source.encode())
        except UnicodeEncodeError as error:
            raise TemplateError(
                "The model's chat template is not valid UTF-8.", hint=UNUSABLE_HINT
            ) from error
        if size_bytes > MAX_TEMPLATE_BYTES:
            raise TemplateError(
                f"The model's chat template has {size_bytes:,} bytes; "
                f"at most {MAX_TEMPLATE_BYTES:,} are read.",
                hint=UNUSABLE_HINT,
            )
