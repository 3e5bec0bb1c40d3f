"""The nouns that every part of Hearth speaks: frozen values, no input or output.

A value here knows how to check itself and nothing else. What reads files, talks to the engine or
draws a page lives in the package that owns that work; this module imports the standard library
and `hearth.errors` alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from hearth.errors import InvalidRequest

T = TypeVar("T")


# --- reasons ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Generic[T]):
    """A setting together with the reason it was chosen, so that every plan can print itself."""

    value: T
    reason: str


# --- conversations ----------------------------------------------------------------------------


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


# --- sampling ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingParams:
    """How the next token is drawn from the model's distribution.

    The defaults are llama.cpp's own; `temperature=0` means greedy. `seed=None` draws a fresh seed
    for each request; a fixed seed also asks for reproducible computation (see
    docs/explanation/determinism.md).

    Raises:
        InvalidRequest: A field is not finite or out of its closed range; the field is named.
    """

    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    typical_p: float = 1.0
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    mirostat: int = 0
    mirostat_tau: float = 5.0
    mirostat_eta: float = 0.1
    seed: int | None = None
    logit_bias: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (low, high) in SAMPLING_RANGES.items():
            check_range(name, getattr(self, name), low, high)
        if len(self.logit_bias) > MAX_LOGIT_BIAS:
            raise InvalidRequest(
                f"logit_bias has {len(self.logit_bias)} entries; at most {MAX_LOGIT_BIAS} are allowed.",
                param="logit_bias",
            )
        for token, bias in self.logit_bias.items():
            check_range("logit_bias", bias, -100.0, 100.0)
            check_range("logit_bias", token, 0, 2**31 - 1)


# Closed ranges, both ends allowed. The bounds keep native code away from values that it does not
# check itself (trust catalogue R-08, Q7).
SAMPLING_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 5.0),
    "top_k": (0, 1_000_000),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "typical_p": (0.0, 1.0),
    "repeat_penalty": (0.01, 10.0),
    "repeat_last_n": (0, 65_536),
    "presence_penalty": (-2.0, 2.0),
    "frequency_penalty": (-2.0, 2.0),
    "mirostat": (0, 2),
    "mirostat_tau": (0.0, 100.0),
    "mirostat_eta": (0.0, 1.0),
    "seed": (0, 2**32 - 2),
}

MAX_LOGIT_BIAS = 1024
MAX_STOPS = 16
MAX_STOP_CHARS = 256
MAX_TOP_LOGPROBS = 20
MAX_MESSAGES = 4096
MAX_PROMPT_BYTES = 8 * 1024 * 1024


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    """Refuse a number that is not finite or lies outside `[low, high]`; None passes."""
    if value is None:
        return
    if isinstance(value, bool) or not math.isfinite(value) or not low <= value <= high:
        raise InvalidRequest(
            f"{name} is {value}; it must be a number from {low:g} to {high:g}.", param=name
        )


# --- a request for text -----------------------------------------------------------------------


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
        owner: Fairness key: waiting requests of different owners take turns.
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


# --- what comes back --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One entry of the vocabulary as it stands in a text. `special` marks control tokens."""

    id: int
    text: str
    special: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChoice:
    """A candidate for the next token with its natural log-probability before sampling."""

    id: int
    text: str
    logprob: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTrace:
    """The token that was generated, and what else the model considered (most likely first)."""

    id: int
    text: str
    raw: bytes
    logprob: float
    alternatives: tuple[TokenChoice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a context policy dropped from a prompt, so that nothing is ever cut silently."""

    policy: ContextPolicy
    context_tokens: int
    prompt_tokens_before: int
    prompt_tokens_after: int
    dropped_messages: tuple[int, ...] = ()  # indexes into the request's messages


class FinishReason(StrEnum):
    """Why an answer ended."""

    STOP = "stop"  # the model said it was done, or a stop string appeared
    LENGTH = "length"  # max_tokens or the end of the context


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one request. `cached_tokens` is the part of the prompt that was not computed."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds of one request, taken in the worker.

    Args:
        queue_s: From arrival to the first computed prompt token.
        prompt_s: From the first computed prompt token to the first generated token.
        decode_s: From the first generated token to the last.
    """

    queue_s: float
    prompt_s: float
    decode_s: float

    @property
    def first_token_s(self) -> float:
        """Time from arrival to the first generated token."""
        return self.queue_s + self.prompt_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The prompt was accepted: its size, and what was cut to make it fit (None: nothing)."""

    prompt_tokens: int
    context_tokens: int
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """The next piece of the answer. Text never ends inside a character."""

    text: str
    num_tokens: int
    traces: tuple[TokenTrace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last event of a successful request."""

    reason: FinishReason
    usage: Usage
    timings: Timings
    stop_text: str | None = None  # the stop string that ended the answer, if one did


GenerateEvent = Started | Delta | Finished


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPrompt:
    """The exact prompt that the model reads, with its token borders."""

    text: str
    tokens: tuple[Token, ...]


# --- loaded models ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What a person may ask of a load; None leaves the choice to the planner."""

    context: int | None = None
    num_sequences: int | None = None
    threads: int | None = None
    gpu_layers: int | None = None
    kv_type: str | None = None
    force: bool = False


class ModelState(StrEnum):
    """Where a model is in its life."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """A model in memory: what `hearth ps`, `/hearth/models` and the top bar show.

    Args:
        progress: Part of the weights that is loaded, 0 to 1.
        resident_bytes: Resident memory of the worker process now.
        restarts: How often the worker was started again after a crash.
        context: Longest sequence, in tokens. `cells` is the pool that all sequences share.
        confined: True when the worker can reach neither files nor the network.
        choices: Settings by name with the reason for each.
        notices: What a person should know of this model, as sentences.
    """

    name: str
    path: str
    state: ModelState
    progress: float
    pid: int | None = None
    size_bytes: int = 0
    resident_bytes: int = 0
    context: int = 0
    cells: int = 0
    cells_used: int = 0
    running: int = 0
    waiting: int = 0
    tokens_per_s: float = 0.0
    confined: bool = False
    confinement: str = ""
    idle_s: float = 0.0
    restarts: int = 0
    architecture: str = ""
    quantization: str = ""
    num_parameters: int = 0
    choices: dict[str, Choice[str]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    error: str | None = None
