"""What is in a model's file: the header, the tensors, one of them, and what words lie near."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import numpy as np

from hearth.errors import InvalidRequest
from hearth.guide.demonstrations.parts import Bar, Bars, Demonstration, Line, Prose, Series, Table
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.models.card import ModelCard, TensorEntry
from hearth.models.inside.numbers import Numbers, read_numbers, unpacker
from hearth.models.inside.stats import TensorStats, tensor_stats
from hearth.models.opening import OpenModel, open_model
from hearth.plan.units import count, digits, num_bytes

EMBEDDINGS = "token_embd.weight"
WORDS = (" king", " queen", " cat", " dog", " Paris", " London", " seven", " eight")
SHOWN_ROWS, SHOWN_COLUMNS = 4, 6
MAX_ELEMENTS = 1 << 22  # of a tensor that is looked at: read in well under a second
GROUPS = (
    ("embd", "the table of tokens"),
    ("attn", "attention"),
    ("ffn", "feed-forward"),
    ("output", "output"),
)


async def show_file_inside(around: Surroundings) -> Demonstration:
    """Show what a model's file consists of."""
    return await asyncio.to_thread(_file_inside, around)


async def show_tensor(around: Surroundings) -> Demonstration:
    """Show the numbers of one tensor."""
    return await asyncio.to_thread(_tensor, around)


async def show_embeddings(around: Surroundings) -> Demonstration:
    """Show how near words lie to each other in the table that tokens are looked up in."""
    ids = []
    for word in WORDS:
        found = await around.engine.tokenize(around.model, word)
        ids.append(found[-1].id)
    return await asyncio.to_thread(_embeddings, around, ids)


def matrices(card: ModelCard) -> list[TensorEntry]:
    """Return the matrices whose numbers can be read."""
    return [each for each in card.tensors if len(each.shape) == 2 and _is_readable(each)]


def cosines(rows: Numbers) -> Numbers:
    """Return the cosine between every two rows, shape (num_rows, num_rows)."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
    found: Numbers = unit @ unit.T
    return found


def _file_inside(around: Surroundings) -> Demonstration:
    with open_model(around.model, around.config) as opened:
        card = opened.card
        size = sum(each.size_bytes for each in card.files)
    by_group, by_type = Counter[str](), Counter[str]()
    for each in card.tensors:
        by_group[_group(each.name)] += each.size_bytes
        by_type[each.type] += each.size_bytes
    facts = (
        ("format", card.format),
        ("size", num_bytes(size)),
        ("tensors", str(len(card.tensors))),
        ("weights", count(sum(each.num_weights for each in card.tensors))),
        *((f"bytes in {kind}", num_bytes(total)) for kind, total in by_type.most_common()),
    )
    return Demonstration(
        name="file-inside",
        title="One file, opened",
        says="A header that says what it is, and tables of numbers. There is no program in it, "
        "no sentence and no fact that one could look up.",
        parts=(
            Bars(
                title="Where the bytes are",
                unit="MB",
                bars=tuple(
                    Bar(label=name, value=total / 1e6) for name, total in by_group.most_common()
                ),
            ),
            Table(title="The file", columns=("", "value"), rows=facts),
        ),
        model=around.model,
    )


def _tensor(around: Surroundings) -> Demonstration:
    with open_model(around.model, around.config) as opened:
        entry = _one(opened.card)
        source = opened.files.source(entry.file)
        stats = tensor_stats(source, entry)
        numbers = np.concatenate(list(read_numbers(source, entry))).reshape(entry.shape)
    corner = numbers[:SHOWN_ROWS, :SHOWN_COLUMNS]
    return Demonstration(
        name="tensor",
        title=f"{entry.name}, one of many",
        says="A tensor is a table of numbers. Most are close to zero; the few large ones decide "
        "much, and are what makes rounding hard.",
        parts=(
            Table(
                title=f"The first corner of {entry.shape[0]:,} by {entry.shape[1]:,}",
                columns=tuple(f">{number}" for number in range(1, corner.shape[1] + 1)),
                rows=tuple(tuple(f"{float(value):+.4f}" for value in row) for row in corner),
            ),
            _histogram(stats),
            Table(title="In figures", columns=("", ">value"), rows=_figures(stats)),
        ),
        model=around.model,
    )


def _embeddings(around: Surroundings, ids: Sequence[int]) -> Demonstration:
    with open_model(around.model, around.config) as opened:
        rows = _rows(opened, ids)
    near = cosines(rows)
    nearest = np.argmax(near - 2 * np.eye(len(near)), axis=1)
    pairs = ", ".join(
        f"{word.strip()} and {WORDS[int(other)].strip()}"
        for word, other in zip(WORDS, nearest, strict=True)
    )
    cells = tuple(
        (word.strip(), *(f"{float(value):.2f}" for value in line))
        for word, line in zip(WORDS, near, strict=True)
    )
    return Demonstration(
        name="embeddings",
        title="Words as directions",
        says="Each token is looked up in a table and becomes a list of numbers. Words that are "
        "used alike point in similar directions: 1 is the same, 0 has nothing in common.",
        parts=(
            Table(
                title="The cosine between two words",
                columns=("", *(f">{word.strip()}" for word in WORDS)),
                rows=cells,
            ),
            Prose(
                text=f"The nearest of these to each: {pairs}. This is the input table of a model "
                "that writes; models made for retrieval give whole texts such a list."
            ),
        ),
        model=around.model,
    )


def _one(card: ModelCard) -> TensorEntry:
    """Return a matrix that is neither small nor too large to be looked at."""
    fitting = [
        each
        for each in matrices(card)
        if each.shape[0] * each.shape[1] <= MAX_ELEMENTS and each.name != EMBEDDINGS
    ]
    if not fitting:
        raise InvalidRequest(
            f"{card.name} has no matrix whose numbers can be shown here.",
            hint="`hearth models tensors MODEL` lists what it has.",
        )
    return next((each for each in fitting if "attn_q" in each.name), fitting[0])


def _table(card: ModelCard) -> TensorEntry:
    for each in matrices(card):
        if each.name == EMBEDDINGS:
            return each
    raise InvalidRequest(
        f"{card.name} has no table of tokens whose numbers can be shown here.",
        hint="Look at it with the starter model: --model starter.",
    )


def _rows(opened: OpenModel, ids: Sequence[int]) -> Numbers:
    """Return rows of the table of tokens, shape (len(ids), width)."""
    table = _table(opened.card)
    how = unpacker(table)
    row_bytes = table.shape[1] // how.block * how.block_bytes
    source = opened.files.source(table.file)
    start = table.offset or 0
    return np.stack([how.unpack(source.read(start + one * row_bytes, row_bytes)) for one in ids])


def _is_readable(entry: TensorEntry) -> bool:
    try:
        unpacker(entry)
    except InvalidRequest:
        return False
    return True


def _group(name: str) -> str:
    return next((words for part, words in GROUPS if part in name), "the rest")


def _histogram(stats: TensorStats) -> Series:
    found = stats.histogram
    width = (found.high - found.low) / len(found.counts)
    middles = tuple(found.low + (place + 0.5) * width for place in range(len(found.counts)))
    line = Line(name="numbers", xs=middles, ys=tuple(map(float, found.counts)))
    return Series(title="How they are spread", x_label="value", y_label="numbers", lines=(line,))


def _figures(stats: TensorStats) -> tuple[tuple[str, str], ...]:
    return (
        ("stored as", stats.type),
        ("bytes", num_bytes(stats.size_bytes)),
        ("bits per number", digits(8 * stats.size_bytes / stats.num_elements)),
        ("smallest", digits(stats.minimum)),
        ("largest", digits(stats.maximum)),
        ("mean of magnitudes", digits(stats.mean_magnitude)),
        ("beyond six standard deviations", str(stats.outliers)),
    )
