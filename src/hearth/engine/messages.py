"""What crosses the border between Hearth and a worker: frames of msgpack on an inherited pipe.

Never pickle, never a port. Every request (`Submit`) ends in exactly one of `Done`, `Failed`,
`Aborted`; every call (`Tokenize` ...) in exactly one `Answer` or `Failed`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hearth.core import FinishReason, SamplingParams, Timings, Token, TokenTrace, Usage
from hearth.engine.confine.proof import Proof
from hearth.engine.frames import frame
from hearth.engine.llama.rope import Rope


class Frame(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Base of all messages; the class name is the tag on the wire."""


# --- to the worker ----------------------------------------------------------------------------


class Load(Frame, frozen=True):
    """First message: load a model with these settings; `files` are all it may read.

    Args:
        draft_path: File of a small model that writes ahead of this one's answers.
        reuse: Whether a prompt may begin with what was computed for an earlier one.
        prefix_pipes: Descriptors over which blocks of the prefix cache come (to be read) and go
            (to be written); None where none are kept on disk.
    """

    path: str
    files: list[str]
    cells: int
    context: int
    num_sequences: int
    batch_tokens: int
    micro_batch_tokens: int
    threads: int
    threads_batch: int
    flash_attention: str
    kv_type: str
    gpu_layers: int
    layout: str
    parked_bytes: int
    queue_limit: int
    confine: bool
    rope: Rope | None = None
    speculation: bool = True
    draft_path: str | None = None
    padding: bool = True
    live_threads: bool = True
    reuse: bool = True
    prefix_pipes: tuple[int, int] | None = None


class Submit(Frame, frozen=True):
    """Generate from these tokens; `shared` and `cache` as in `Access`."""

    request_id: int
    owner: str
    tokens: list[int]
    sampling: SamplingParams
    max_tokens: int | None
    stop: list[str]
    top_logprobs: int | None
    ignore_eos: bool
    shared: int = 0
    cache: bool = True


class Abort(Frame, frozen=True):
    """Give a request up; harmless if it has ended."""

    request_id: int


class TextPart(msgspec.Struct, frozen=True, array_like=True):
    """A piece of a prompt; control tokens are recognised in it only if `parse_special`."""

    text: str
    parse_special: bool


class Tokenize(Frame, frozen=True):
    """Split parts of text into tokens. `describe` asks for their texts as well."""

    call_id: int
    parts: list[TextPart]
    add_special: bool
    describe: bool


class Detokenize(Frame, frozen=True):
    """Join tokens to text."""

    call_id: int
    tokens: list[int]


class Ping(Frame, frozen=True):
    """Ask for a sign of life and the current figures."""

    call_id: int


class Prove(Frame, frozen=True):
    """Ask the worker to try what confinement forbids, and say what happened."""

    call_id: int


class Stop(Frame, frozen=True):
    """End gracefully: running requests are aborted."""


ToWorker = Load | Submit | Abort | Tokenize | Detokenize | Ping | Prove | Stop


# --- from the worker --------------------------------------------------------------------------


class Progress(Frame, frozen=True):
    """Part of the weights that is loaded, 0 to 1."""

    part: float


class Allocated(msgspec.Struct, frozen=True, array_like=True):
    """A buffer that the engine allocated; see `LoggedBuffer`."""

    part: str
    place: str
    size_bytes: int


class WorkerMemory(msgspec.Struct, frozen=True, array_like=True):
    """What the worker took of main memory while it loaded; see `Footprint`.

    Args:
        program_file_bytes: Pages of files before the weights came: programs and libraries.
        loaded_anonymous_bytes: Its own memory when the weights and the vocabulary were there, and
            nothing else of the model.
        anonymous_bytes: Its own memory when it was ready.
        file_bytes: Pages of files when it was ready, those of the weights among them.
    """

    program_file_bytes: int
    loaded_anonymous_bytes: int
    anonymous_bytes: int
    file_bytes: int


class Ready(Frame, frozen=True):
    """The model is loaded; what it is, as the engine sees it, and what it took.

    Args:
        engine: The engine's version and what its processor code was built for.
        buffers: What was allocated, by part.
        memory: None where the system does not tell.
    """

    description: str
    num_parameters: int
    size_bytes: int
    context: int
    cells: int
    vocab_size: int
    bos: str
    eos: str
    special_spellings: list[str]
    confined: bool
    confinement: str
    engine: str = ""
    buffers: list[Allocated] = []
    memory: WorkerMemory | None = None


class Growth(Frame, frozen=True):
    """Text that one request produced since the last message."""

    request_id: int
    text: str
    num_tokens: int
    traces: list[TokenTrace]


class Done(Frame, frozen=True):
    """A request is complete."""

    request_id: int
    reason: FinishReason
    stop_text: str | None
    usage: Usage
    timings: Timings


class Aborted(Frame, frozen=True):
    """A request was given up."""

    request_id: int


class Failed(Frame, frozen=True):
    """A request or call failed; the error as data (`HearthError.as_data`). Id 0: the load."""

    request_id: int
    error: dict[str, Any]


class Figures(msgspec.Struct, frozen=True, array_like=True):
    """A worker's state now.

    Args:
        step_age_s: How long the current step has been running; 0 between steps.
        tokens_per_s: Generated tokens a second, all requests, over the last busy second.
    """

    running: int
    waiting: int
    cells_used: int
    steps: int
    step_age_s: float
    tokens_per_s: float
    prompt_tokens_computed: int
    generated_tokens: int


class Answer(Frame, frozen=True):
    """The result of a call; which field is set depends on the call."""

    call_id: int
    token_ids: list[int] | None = None
    tokens: list[Token] | None = None
    text: str | None = None
    figures: Figures | None = None
    proof: Proof | None = None


FromWorker = Progress | Ready | Growth | Done | Aborted | Failed | Answer

_ENCODER = msgspec.msgpack.Encoder()


def encode(message: Frame) -> bytes:
    """Return a message as a frame."""
    return frame(_ENCODER.encode(message))


def to_worker_decoder() -> msgspec.msgpack.Decoder[ToWorker]:
    """Return a decoder for what a worker receives."""
    return msgspec.msgpack.Decoder(ToWorker)


def from_worker_decoder() -> msgspec.msgpack.Decoder[FromWorker]:
    """Return a decoder for what a worker sends."""
    return msgspec.msgpack.Decoder(FromWorker)
