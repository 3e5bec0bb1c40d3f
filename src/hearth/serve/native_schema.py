"""Bodies of Hearth's own routes: the engine's nouns themselves, with unknown fields refused.

Each class is the noun of `hearth.core` with a stricter reader, so that the two cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from hearth.core import GenerateRequest, LoadOptions, Message, SamplingParams
from hearth.serve.schema import MAX_MODEL_NAME_CHARS, STRICT

MAX_TOKEN_IDS = 100_000
MAX_NEXT_TOKENS = 20

ModelName = Annotated[str, Field(min_length=1, max_length=8 * MAX_MODEL_NAME_CHARS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBody(Message):
    """One message."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingBody(SamplingParams):
    """Sampling settings."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateBody(GenerateRequest):
    """`POST /hearth/generate`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    messages: tuple[MessageBody, ...] | None = None
    sampling: SamplingBody = field(default_factory=SamplingBody)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsBody(LoadOptions):
    """What may be asked of a load."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT


class ModelBody(BaseModel):
    """`POST /hearth/unload`, and what every other body about a model has."""

    model_config = STRICT

    model: ModelName


class LoadBody(ModelBody):
    """`POST /hearth/load`."""

    options: OptionsBody | None = None


class RenderBody(ModelBody):
    """`POST /hearth/render`."""

    messages: list[MessageBody]
    continue_with: str = ""


class TokenizeBody(ModelBody):
    """`POST /hearth/tokenize`."""

    text: str
    add_special: bool = False
    parse_special: bool = True


class DetokenizeBody(ModelBody):
    """`POST /hearth/detokenize`."""

    token_ids: Annotated[list[int], Field(max_length=MAX_TOKEN_IDS)]


class NextBody(ModelBody):
    """`POST /hearth/next`."""

    prompt: str
    top: Annotated[int, Field(ge=1, le=MAX_NEXT_TOKENS)] = 10


GENERATE: TypeAdapter[GenerateRequest] = TypeAdapter(GenerateBody)
MODEL = TypeAdapter(ModelBody)
LOAD = TypeAdapter(LoadBody)
RENDER = TypeAdapter(RenderBody)
TOKENIZE = TypeAdapter(TokenizeBody)
DETOKENIZE = TypeAdapter(DetokenizeBody)
NEXT = TypeAdapter(NextBody)
