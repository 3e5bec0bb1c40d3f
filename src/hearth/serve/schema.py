"""OpenAI's dialect as Hearth reads it: each field that is accepted, and nothing else.

A field that is not listed is refused by name. Fields of OpenAI's that Hearth does not offer but
that clients send with a value meaning "as usual" are listed with that one value. `null` means
"not given". Ranges are checked once, in `hearth.core`, where every other face finds them too.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from hearth.core import ContextPolicy, GenerateRequest, Message, Role, SamplingParams
from hearth.errors import InvalidRequest, UnsupportedField
from hearth.serve.strict_json import printable

MAX_CHOICES = 8
MAX_MODEL_NAME_CHARS = 512

STRICT = ConfigDict(
    extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
)


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _join_text_parts(value: Any) -> Any:
    """Accept a message's content as a list of text parts too, as OpenAI's does."""
    if not isinstance(value, list):
        return value
    texts = []
    for part in value:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind != "text":
            raise UnsupportedField(
                f"A part of type {printable(kind)!r} is not supported in a message; only text is.",
                param="messages",
            )
        if set(part) != {"type", "text"} or not isinstance(part["text"], str):
            raise InvalidRequest(
                "A text part has exactly the fields 'type' and 'text'.", param="messages"
            )
        texts.append(part["text"])
    return "".join(texts)


Strings = Annotated[list[str], BeforeValidator(_one_or_many)]


class StreamOptions(BaseModel):
    """`stream_options`: what a stream says besides the text."""

    model_config = STRICT

    include_usage: bool = False
    """End the stream with a chunk of token counts; all others say `"usage": null`."""


class TextFormat(BaseModel):
    """`response_format`: free text is the only one."""

    model_config = STRICT

    type: Literal["text"]


class ChatMessage(BaseModel):
    """One message. The fields that are always null stand in answers that clients send back."""

    model_config = STRICT

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, BeforeValidator(_join_text_parts)]
    """A text, or a list of text parts."""
    refusal: None = None
    tool_calls: None = None
    function_call: None = None
    audio: None = None
    annotations: None = None

    def as_message(self) -> Message:
        """Return the message as the engine speaks of it; a developer is a system to the model."""
        role = "system" if self.role == "developer" else self.role
        return Message(role=Role(role), content=self.content)


class AnswerRequest(BaseModel):
    """What both kinds of completion share."""

    model_config = STRICT

    model: Annotated[str, Field(min_length=1, max_length=MAX_MODEL_NAME_CHARS)]
    """A name from `GET /v1/models`."""
    stream: bool | None = None
    """Send each piece as soon as it exists, as server-sent events."""
    stream_options: StreamOptions | None = None
    """Only together with `stream`."""
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] | None = None
    """Answers to give; they are computed side by side and share the prompt."""
    stop: Strings | None = None
    """Up to 16 texts that end the answer and are not part of it."""
    max_tokens: int | None = None
    """Most tokens to write; default: up to the end of the context."""
    user: Annotated[str, Field(max_length=256)] | None = None
    """Who asks, of those at the caller's address: requests of different users take turns, and what
    was computed for one is used again for no other."""
    cache: bool | None = None
    """False keeps the request out of the prefix cache: it takes nothing and leaves nothing."""

    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    """Draws the same answer again; with `n`, each further choice takes the next seed."""
    logit_bias: dict[Annotated[str, Field(pattern=r"^[0-9]{1,10}$")], float] | None = None
    """Adds -100 to 100 to the score of a token, by its id."""

    top_k: int | None = None
    min_p: float | None = None
    typical_p: float | None = None
    repeat_penalty: float | None = None
    repeat_last_n: int | None = None
    mirostat: int | None = None
    mirostat_tau: float | None = None
    mirostat_eta: float | None = None

    ignore_eos: bool | None = None
    """Go on when the model says that it is done (for measurements)."""
    context_policy: Literal["refuse", "drop_oldest", "keep_ends"] | None = None
    """What to do with a prompt over the context; default: refuse it. What is dropped is listed in
    the choice's `hearth.receipt`."""

    @property
    def num_choices(self) -> int:
        """Answers wanted per prompt."""
        return self.n or 1

    @property
    def include_usage(self) -> bool:
        """Whether the stream ends with a chunk of figures."""
        return self.stream_options is not None and self.stream_options.include_usage

    def sampling(self, choice: int) -> SamplingParams:
        """Return the sampling of one choice; with a seed, each choice gets the next one."""
        names = SamplingParams.__dataclass_fields__.keys() - {"logit_bias", "seed"}
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.seed is not None:
            given["seed"] = self.seed + choice
        if self.logit_bias is not None:
            given["logit_bias"] = {int(token): bias for token, bias in self.logit_bias.items()}
        return SamplingParams(**given)

    def common(self, choice: int, caller: str) -> dict[str, Any]:
        """Return the engine's fields that do not depend on the kind of completion."""
        return {
            "model": self.model,
            "sampling": self.sampling(choice),
            "stop": tuple(self.stop or ()),
            "ignore_eos": bool(self.ignore_eos),
            "context_policy": ContextPolicy(self.context_policy or "refuse"),
            # A name alone proves nothing: whoever says it elsewhere is somebody else.
            "owner": f"{caller} {self.user or ''}".strip(),
            "cache": self.cache is not False,
        }

    def check(self) -> None:
        """Refuse fields that contradict each other."""
        if self.stream_options is not None and not self.stream:
            raise InvalidRequest(
                "stream_options is given, but stream is not true.", param="stream_options"
            )


class ChatRequest(AnswerRequest):
    """`POST /v1/chat/completions`."""

    messages: list[ChatMessage]
    """The conversation so far, 1 to 4096 messages."""
    max_completion_tokens: int | None = None
    """OpenAI's newer name of `max_tokens`."""
    logprobs: bool | None = None
    """Tell each token's log-probability."""
    top_logprobs: int | None = None
    """Tell the 0 to 20 most likely alternatives as well; needs `logprobs`."""
    response_format: TextFormat | None = None
    """Free text is the only format."""
    store: Literal[False] | None = None
    """This server keeps no answers."""

    def check(self) -> None:
        """Refuse fields that contradict each other."""
        super().check()
        if self.top_logprobs is not None and not self.logprobs:
            raise InvalidRequest(
                "top_logprobs is given, but logprobs is not true.", param="top_logprobs"
            )
        if self.max_tokens is not None and self.max_completion_tokens is not None:
            raise InvalidRequest(
                "Give max_completion_tokens or its older name max_tokens, not both.",
                param="max_tokens",
            )

    def requests(self, caller: str) -> list[GenerateRequest]:
        """Return what the engine is asked: one request for each choice."""
        self.check()
        messages = tuple(message.as_message() for message in self.messages)
        most = self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens
        return [
            GenerateRequest(
                messages=messages,
                max_tokens=most,
                top_logprobs=(self.top_logprobs or 0) if self.logprobs else None,
                **self.common(choice, caller),
            )
            for choice in range(self.num_choices)
        ]


class CompletionRequest(AnswerRequest):
    """`POST /v1/completions`."""

    prompt: Strings
    """The text to go on with, taken as it is; several give several answers, up to 8 in all."""
    logprobs: int | None = None
    """Tell each token's log-probability and 0 to 20 alternatives."""
    echo: Literal[False] | None = None
    """Not supported."""
    best_of: Literal[1] | None = None
    """Not supported."""
    suffix: None = None
    """Not supported."""

    def requests(self, caller: str) -> list[GenerateRequest]:
        """Return what the engine is asked: `n` requests for each prompt, in order."""
        self.check()
        if not 1 <= len(self.prompt) * self.num_choices <= MAX_CHOICES:
            raise InvalidRequest(
                f"{len(self.prompt)} prompts with {self.num_choices} choices each were given; "
                f"1 to {MAX_CHOICES} answers are allowed in one request.",
                param="prompt",
            )
        return [
            GenerateRequest(
                prompt=prompt,
                max_tokens=self.max_tokens,
                top_logprobs=self.logprobs,
                **self.common(choice, caller),
            )
            for prompt in self.prompt
            for choice in range(self.num_choices)
        ]


CHAT = TypeAdapter(ChatRequest)
COMPLETION = TypeAdapter(CompletionRequest)
