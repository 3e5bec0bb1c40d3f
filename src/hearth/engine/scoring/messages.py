"""What crosses the border between a scorer and its child: frames of msgpack, an answer for each.

Arrays of figures travel as the bytes of float64 numbers (logits of lanes: float32), in the byte
order of the machine, which both sides share.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hearth.engine.frames import frame
from hearth.engine.llama.rope import Rope


class Frame(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Base of all messages; the class name is the tag on the wire."""


class LoadModel(msgspec.Struct, frozen=True, array_like=True):
    """One model to load; `files` are all of it.

    Args:
        context: Longest sequence in tokens.
        cells: Tokens that the memory holds: one sequence and the continuations that branch off it.
        sequences: Sequence ids, for continuations and lanes.
        rows: Tokens in a batch, and so the most rows of logits.
    """

    files: list[str]
    context: int
    cells: int
    sequences: int
    rows: int
    threads: int
    kv_type: str
    flash_attention: str
    gpu_layers: int
    layout: str
    rope: Rope | None


class Load(Frame, frozen=True):
    """First message: load these models, of which the second is compared with the first."""

    models: list[LoadModel]
    confine: bool


class Tokenize(Frame, frozen=True):
    """Split a text into tokens; `model` counts those that were loaded."""

    model: int
    text: str
    add_special: bool
    parse_special: bool


class TokenizeParts(Frame, frozen=True):
    """Split a rendered prompt; control tokens are recognised where a part says so."""

    model: int
    parts: list[tuple[str, bool]]


class Pieces(Frame, frozen=True):
    """Ask for the bytes of each token; control tokens written out."""

    model: int
    tokens: list[int]


class Score(Frame, frozen=True):
    """Ask for log p of the tokens from `start` on."""

    model: int
    tokens: list[int]
    start: int


class Continue(Frame, frozen=True):
    """Ask for log p of continuations of prompts."""

    model: int
    prompts: list[list[int]]
    continuations: list[list[list[int]]]


class Compare(Frame, frozen=True):
    """Ask how the second model's distributions differ from the first's, from `start` on."""

    tokens: list[int]
    start: int


class OpenLanes(Frame, frozen=True):
    """Forget everything; several sequences of at most so many tokens will grow side by side."""

    model: int
    count: int
    length: int


class Step(Frame, frozen=True):
    """Add a token to each of some lanes, and answer with the logits behind each."""

    lanes: list[int]
    tokens: list[int]


class Prove(Frame, frozen=True):
    """Ask the child to try what confinement forbids."""


ToModel = Tokenize | TokenizeParts | Pieces | Score | Continue | OpenLanes
ToChild = Load | ToModel | Compare | Step | Prove


class LoadedModel(msgspec.Struct, frozen=True, array_like=True):
    """What a model turned out to be.

    Args:
        bos: Id of the token that begins a text, -1 if there is none; `eos` that ends one.
        adds_bos: Whether the model wants it before every text.
    """

    vocab_size: int
    bos: int
    eos: int
    adds_bos: bool
    bos_text: str
    eos_text: str
    special_spellings: list[str]


class Ready(Frame, frozen=True):
    """The models are loaded."""

    models: list[LoadedModel]
    engine: str
    confined: bool
    confinement: str


class Tokens(Frame, frozen=True):
    """Token ids."""

    ids: list[int]


class PieceBytes(Frame, frozen=True):
    """Bytes of each token."""

    pieces: list[bytes]


class Numbers(Frame, frozen=True):
    """Figures, one array after the other."""

    arrays: list[bytes]


class Proved(Frame, frozen=True):
    """What confinement is worth: whether every attempt was refused, and each in words."""

    confined: bool
    words: str


class Failed(Frame, frozen=True):
    """The error as data (`HearthError.as_data`)."""

    error: dict[str, Any]


FromChild = Ready | Tokens | PieceBytes | Numbers | Proved | Failed

_REQUESTS: msgspec.msgpack.Decoder[ToChild] = msgspec.msgpack.Decoder(ToChild)
_REPLIES: msgspec.msgpack.Decoder[FromChild] = msgspec.msgpack.Decoder(FromChild)


def encode(message: Frame) -> bytes:
    """Return a message as a frame.

    Raises:
        ValueError: It is longer than a frame may be.
    """
    return frame(msgspec.msgpack.encode(message))


def decode_request(payload: bytes) -> ToChild:
    """Return what the child is asked."""
    return _REQUESTS.decode(payload)


def decode_reply(payload: bytes) -> FromChild:
    """Return what the child answers."""
    return _REPLIES.decode(payload)
