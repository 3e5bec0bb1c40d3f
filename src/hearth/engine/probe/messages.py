"""What the probe is asked and what it answers: one JSON object each."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["matrix", "attention", "full attention", "elements", "roll", "scan"]
# "processor" counts the time that this process had: for one thread on a machine that is busy.
Clock = Literal["wall", "processor"]


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of operation, repeated within a graph until `bytes` were read `repeats` times.

    Args:
        kind: "matrix" multiplies weights, "attention" looks back at keys and values, "full
            attention" does so with a matrix of all products of queries and keys, "elements"
            normalizes, multiplies, adds and gates numbers between layers, "roll" mixes those of
            the last `cells` tokens in each of `columns` channels, "scan" carries a recurrent state
            of `cells` numbers for each of `heads` times `head_size` channels.
        tokens: Tokens that are computed at once.
        type: ggml's number for the type of the weights, or of the keys and values.
        layout: Of the weights: "plain" or "repacked".
        columns: Numbers that go into a matrix, or into each operation of "elements" and "roll".
        rows: Numbers that come out of a matrix.
        is_expert: Whether the matrix is one of several that tokens choose from.
        bytes: Working set of weights, or of keys and values.
        repeats: How often it is read: more than once for one that is to lie in the caches.
        heads: Query heads; `kv_heads` those of keys and values.
        head_size: Numbers of a head.
        cells: Tokens that every token looks back at.
    """

    kind: Kind
    tokens: int
    type: int = 0
    layout: str = "plain"
    columns: int = 0
    rows: int = 0
    is_expert: bool = False
    bytes: int = 0
    repeats: int = 1
    heads: int = 0
    kv_heads: int = 0
    head_size: int = 0
    cells: int = 0


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=True):
    """Everything to be timed.

    Args:
        threads: Threads that compute.
        most_s: When to begin no further round, in seconds.
        rounds: Most repeats of each case; each round goes through all of them, so that a
            disturbance does not meet all repeats of one.
    """

    threads: int
    cases: list[Case]
    most_s: float
    rounds: int = 9
    clock: Clock = "wall"


class Timing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found for one case.

    Args:
        seconds: Of each repeat, for all operations together.
        shares: Of the processor time that the threads could have had, what they had, by repeat.
        count: Operations in the graph: matrices, layers, or operations on elements.
        work_bytes: Bytes of weights, of keys and values, or read and written by "elements".
    """

    seconds: list[float]
    shares: list[float]
    count: int
    work_bytes: int


class ModelJob(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=True):
    """A model to be timed, beside references that show how the machine drifts.

    Args:
        path: The model's file.
        cells: Tokens that its keys and values are held for.
        depth: Tokens that stand before what is timed.
        prompt_tokens: Length of a prompt.
        steps: Tokens of an answer in each round.
        sequences: Ids of sequences, running and kept.
        references: Kernels that are timed after each answer and each prompt, for as long.
        flash_attention: False computes attention with its full matrix.
        most_s: When to begin no further round, in seconds.
        rounds: Most rounds.
    """

    path: str
    threads: int
    cells: int
    depth: int
    prompt_tokens: int
    references: list[Case]
    steps: int = 4
    sequences: int = 4
    kv_type: str = "f16"
    flash_attention: bool = True
    repack: bool = True
    micro_batch: int = 512
    most_s: float = 4.0
    rounds: int = 9
    clock: Clock = "wall"


class ModelReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds: of one token of each answer, and of each prompt.

    Args:
        references: What each reference took meanwhile; None for one that this build lacks.
        turns: How many references had their turn by then, one after the other and again, after
            each answer and each prompt in their order: as many answers as there are for a prompt,
            then that one.
        shares: Of the processor time that the threads could have had, in the same order.
        buffers: Bytes that the engine allocated, by part.
    """

    decode_s: list[float] = []
    prompt_s: list[float] = []
    references: list[Timing | None] = []
    turns: list[int] = []
    shares: list[float] = []
    buffers: dict[str, int] = {}
    error: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answer to a job: a timing for each case, in order; None for one that this build lacks."""

    timings: list[Timing | None] = []
    error: str | None = None
