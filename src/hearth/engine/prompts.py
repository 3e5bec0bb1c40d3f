"""From a request to the tokens that the model reads: rendered, tokenized, cut if that is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from hearth.core import (
    ContextPolicy,
    GenerateRequest,
    Message,
    Receipt,
    RenderedPrompt,
    Role,
    Token,
)
from hearth.engine import messages as wire
from hearth.engine.context_policy import cut_messages, cut_tokens, refuse
from hearth.engine.prefixes.access import MIN_SHARED_TOKENS, common_prefix
from hearth.engine.process import WorkerProcess
from hearth.engine.templates import TemplateRenderer
from hearth.errors import ContextExceeded, TemplateError

# Longer than any tokenizer packs into one token on average; a prompt beyond it is refused without
# spending seconds on counting its tokens.
MAX_CHARS_PER_TOKEN = 32


class Prompts:
    """Makes prompts for one loaded model.

    Args:
        worker: Has the model's vocabulary.
        renderer: Has the model's chat template.
        context: Longest sequence in tokens.
        shared_prompts: System prompts that all users may share, computed.
    """

    def __init__(
        self,
        worker: WorkerProcess,
        renderer: TemplateRenderer,
        context: int,
        shared_prompts: Sequence[str] = (),
    ) -> None:
        self._worker = worker
        self._renderer = renderer
        self._context = context
        self._shared_prompts = frozenset(shared_prompts)
        self._beginnings: dict[str, list[int]] = {}  # by system prompt

    async def prepare(self, request: GenerateRequest) -> tuple[list[int], Receipt | None]:
        """Return a request's tokens, and the receipt if some had to go.

        Raises:
            ContextExceeded: They do not fit, and the policy is to refuse or cannot help.
            TemplateError: The model's template cannot render the conversation.
        """
        self._refuse_if_hopeless(request)
        tokens = await self._tokens_of(request, request.messages)
        if len(tokens) < self._context:
            return tokens, None
        policy, reserve = request.context_policy, request.reserve_tokens
        if request.max_tokens is not None:
            reserve = min(reserve, request.max_tokens)
        if policy is ContextPolicy.REFUSE:
            raise refuse(len(tokens), self._context, reserve=1)
        if request.messages is None:
            return cut_tokens(tokens, policy=policy, context=self._context, reserve=reserve)
        return await cut_messages(
            request.messages,
            tokens,
            policy=policy,
            context=self._context,
            reserve=reserve,
            tokenize=lambda messages: self._tokens_of(request, messages),
        )

    async def shared(self, request: GenerateRequest, tokens: Sequence[int]) -> int:
        """Return how many leading tokens of a prompt are not the user's own.

        They are the template's, and the system prompt's where the settings share it.
        """
        if not request.messages:
            return 0
        first = request.messages[0]
        system = first.content if first.role is Role.SYSTEM else ""
        if system and system not in self._shared_prompts:
            return 0
        if system not in self._beginnings:
            self._beginnings[system] = await self._beginning(system)
        shared = common_prefix(self._beginnings[system], tokens)
        return shared if shared >= MIN_SHARED_TOKENS else 0

    async def _beginning(self, system: str) -> list[int]:
        """Return the tokens of a conversation in which nobody has said anything."""
        messages = [Message(role=Role.SYSTEM, content=system)] if system else []
        try:
            parts = await self._render([*messages, Message(role=Role.USER, content="")], "")
        except TemplateError:  # some insist on words
            return []
        return (await self._tokenize(parts, add_special=False, describe=False)).token_ids or []

    def stops(self, request: GenerateRequest) -> list[str]:
        """Return what ends the answer: the caller's strings, and a borrowed template's."""
        borrowed = self._renderer.stop if request.messages is not None else ()
        return [*request.stop, *borrowed]

    async def render(self, messages: Sequence[Message], continue_with: str) -> RenderedPrompt:
        """Return the exact prompt of a conversation with its token borders."""
        parts = await self._render(messages, continue_with)
        answer = await self._tokenize(parts, add_special=False, describe=True)
        return RenderedPrompt(
            text="".join(part.text for part in parts), tokens=tuple(answer.tokens or ())
        )

    async def tokenize(self, text: str, *, add_special: bool, parse_special: bool) -> list[Token]:
        """Split text into tokens."""
        parts = [wire.TextPart(text, parse_special)]
        return (await self._tokenize(parts, add_special=add_special, describe=True)).tokens or []

    def _refuse_if_hopeless(self, request: GenerateRequest) -> None:
        if request.context_policy is not ContextPolicy.REFUSE:
            return
        num_chars = len(request.prompt or "") + sum(len(m.content) for m in request.messages or ())
        if num_chars > self._context * MAX_CHARS_PER_TOKEN:
            raise ContextExceeded(
                f"The prompt has {num_chars:,} characters; the context holds "
                f"{self._context:,} tokens, a few characters each.",
                param="messages" if request.messages is not None else "prompt",
                hint="Shorten it, or choose a context policy: drop_oldest or keep_ends.",
            )

    async def _tokens_of(
        self, request: GenerateRequest, messages: Sequence[Message] | None
    ) -> list[int]:
        if messages is not None:
            parts = await self._render(messages, request.continue_with)
        else:
            parts = [wire.TextPart(request.prompt or "", True)]
            if request.continue_with:
                parts.append(wire.TextPart(request.continue_with, False))
        # A template writes the beginning-of-text token itself; before a raw prompt it is added.
        answer = await self._tokenize(parts, add_special=messages is None, describe=False)
        return answer.token_ids or []

    async def _render(self, messages: Sequence[Message], continue_with: str) -> list[wire.TextPart]:
        pieces = await self._renderer.render(messages, continue_with=continue_with)
        return [wire.TextPart(piece.text, piece.parse_special) for piece in pieces]

    async def _tokenize(
        self, parts: list[wire.TextPart], *, add_special: bool, describe: bool
    ) -> wire.Answer:
        return await self._worker.call(
            lambda call_id: wire.Tokenize(call_id, parts, add_special, describe)
        )
