"""The nouns that every part of Hearth speaks: frozen values, no input or output.

A value here knows how to check itself and nothing else. What reads files, talks to the engine or
draws a page lives in the package that owns that work; this one imports the standard library and
`hearth.errors` alone.
"""

from hearth.core.answer import (
    Delta,
    Finished,
    FinishReason,
    GenerateEvent,
    Receipt,
    RenderedPrompt,
    Started,
    Timings,
    Token,
    TokenChoice,
    TokenTrace,
    Usage,
)
from hearth.core.model import Choice, LoadOptions, ModelState, ModelStatus
from hearth.core.request import (
    MAX_MESSAGES,
    MAX_PROMPT_BYTES,
    MAX_STOP_CHARS,
    MAX_STOPS,
    MAX_TOP_LOGPROBS,
    ContextPolicy,
    GenerateRequest,
    Message,
    Role,
)
from hearth.core.sampling import MAX_LOGIT_BIAS, SAMPLING_RANGES, SamplingParams, check_range

__all__ = [
    "MAX_LOGIT_BIAS",
    "MAX_MESSAGES",
    "MAX_PROMPT_BYTES",
    "MAX_STOPS",
    "MAX_STOP_CHARS",
    "MAX_TOP_LOGPROBS",
    "SAMPLING_RANGES",
    "Choice",
    "ContextPolicy",
    "Delta",
    "FinishReason",
    "Finished",
    "GenerateEvent",
    "GenerateRequest",
    "LoadOptions",
    "Message",
    "ModelState",
    "ModelStatus",
    "Receipt",
    "RenderedPrompt",
    "Role",
    "SamplingParams",
    "Started",
    "Timings",
    "Token",
    "TokenChoice",
    "TokenTrace",
    "Usage",
    "check_range",
]
