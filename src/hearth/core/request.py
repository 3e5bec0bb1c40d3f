"""What is asked of the engine: a conversation or a prompt, and how it is to be answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hearth.core.sampling import SamplingParams, check_range
from hearth.errors import InvalidRequest

MAX_STOPS = 16
MAX_STOP_CHARS = 256
MAX_TOP_LOGPROBS = 20
MAX_MESSAGES = 4096
MAX_OWNER_CHARS = 1024
MAX_PROMPT_BYTES = 8 * 1024 * 1024


class Role(StrEnum):
    """Who speaks in a conversation."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation as the model's template sees it."""

    role: Role
    content: str


class ContextPolicy(StrEnum):
    """What to do with a prompt that is longer than the context. Nothing is cut silently."""

    REFUSE = "refuse"
    DROP_OLDEST = "drop_oldest"
    KEEP_ENDS = "keep_ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """Everything the engine needs to produce one answer.

    Exactly one of `messages` (rendered through the model's own chat template) and `prompt` (taken
    as it is) is given. `continue_with` is text that the answer must start with: the model goes on
    from there (a fork of the conversation); it is not repeated in the stream.

    Args:
        model: A library name ("starter") or a path.
        max_tokens: Most tokens to generate; None means up to the end of the context.
        stop: Strings that end the answer and are not part of it.
        top_logprobs: None for no log-probabilities, 0 for the chosen token's alone, n for the
            n most likely alternatives as well.
        reserve_tokens: Room to keep free for the answer when a context policy cuts the prompt.
        owner: Who asks: waiting requests of different owners take turns, and what was computed for
            one is used again for no other.
        cache: False keeps the request out of the prefix cache: it takes nothing and leaves nothing.
    """

    model: str
    messages: tuple[Message, ...] | None = None
    prompt: str | None = None
    continue_with: str = ""
    sampling: SamplingParams = field(default_factory=SamplingParams)
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    top_logprobs: int | None = None
    ignore_eos: bool = False
    context_policy: ContextPolicy = ContextPolicy.REFUSE
    reserve_tokens: int = 256
    owner: str = ""
    cache: bool = True

    def __post_init__(self) -> None:
        if (self.messages is None) == (self.prompt is None):
            raise InvalidRequest(
                "Give either messages or a prompt, and not both.", param="messages"
            )
        if self.messages is not None and not 1 <= len(self.messages) <= MAX_MESSAGES:
            raise InvalidRequest(
                f"There are {len(self.messages)} messages; 1 to {MAX_MESSAGES} are allowed.",
                param="messages",
            )
        check_range("max_tokens", self.max_tokens, 1, 2**31 - 1)
        check_range("top_logprobs", self.top_logprobs, 0, MAX_TOP_LOGPROBS)
        check_range("reserve_tokens", self.reserve_tokens, 1, 2**31 - 1)
        if len(self.owner) > MAX_OWNER_CHARS:
            raise InvalidRequest(
                f"The owner's name has {len(self.owner):,} characters; at most "
                f"{MAX_OWNER_CHARS:,} are allowed.",
                param="owner",
            )
        self._check_stop()
        self._check_prompt_bytes()

    def _check_stop(self) -> None:
        if len(self.stop) > MAX_STOPS:
            raise InvalidRequest(
                f"There are {len(self.stop)} stop strings; at most {MAX_STOPS} are allowed.",
                param="stop",
            )
        if any(not 1 <= len(text) <= MAX_STOP_CHARS for text in self.stop):
            raise InvalidRequest(
                f"A stop string must have 1 to {MAX_STOP_CHARS} characters.", param="stop"
            )

    def _check_prompt_bytes(self) -> None:
        texts = [self.prompt or "", self.continue_with]
        texts += [message.content for message in self.messages or ()]
        try:
            size_bytes = sum(len(text.encode()) for text in texts)
        except UnicodeEncodeError as error:
            raise InvalidRequest(
                "The text contains a lone surrogate, which is not valid Unicode.", param="messages"
            ) from error
        if size_bytes > MAX_PROMPT_BYTES:
            raise InvalidRequest(
                f"The prompt has {size_bytes:,} bytes; at most {MAX_PROMPT_BYTES:,} are read.",
                param="messages" if self.messages is not None else "prompt",
                hint="Split the text, or ask about one part of it at a time.",
                http_status=413,
            )
