"""What a model expects: a text squeezed by it, words that surprise it, and far positions."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from hearth.engine.scoring import Scorer, ScoringSettings, open_scorer
from hearth.guide.demonstrations.parts import (
    Bar,
    Bars,
    Demonstration,
    Line,
    Piece,
    Pieces,
    Series,
    Table,
)
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.measure.perplexity import Scored, Variant, by_position, measure_perplexity, own_text
from hearth.measure.zip import Codec
from hearth.measure.zip.rivals import rival_sizes
from hearth.models.gguf.info import inspect
from hearth.models.library import Library
from hearth.models.library.digests import digest_of_model
from hearth.plan.rope import RopeScaling
from hearth.plan.units import digits

TEXT = (
    "A lighthouse keeper wrote down the weather every evening for forty years. When he retired, a "
    "student asked to borrow the books, and found in them the best record of storms on that coast."
)
ORDINARY = "The cat sat on the mat and fell asleep."
ODD = "The cat sat on the parliament and fell upwards."
SHUFFLED = "Mat asleep the on and fell the sat cat."
MAX_BITS = 16.0  # a token that takes more is marked no stronger
LENGTH = 256
FACTOR = 4.0
SHOWN_PAIRS = (0, 4, 8, 12)
NUM_POSITIONS = 64


async def show_zip(around: Surroundings) -> Demonstration:
    """Squeeze a text with the model, bring it back, and compare with other compressors."""
    return await asyncio.to_thread(_zip, around)


async def show_surprise(around: Surroundings) -> Demonstration:
    """Show how many bits each word of a sentence takes, and what perplexity makes of it."""
    return await asyncio.to_thread(_surprise, around)


async def show_rope(around: Surroundings) -> Demonstration:
    """Show the angles that stand for positions, and what stretching them does to a model."""
    return await asyncio.to_thread(_rope, around)


def _zip(around: Surroundings) -> Demonstration:
    data = TEXT.encode()
    # One thread: token by token two gain little, and lose much where the machine is busy.
    settings = ScoringSettings(context=LENGTH, lanes=1, threads=1)
    with open_scorer(around.model, settings, config=around.config) as scorer:
        made = Codec(scorer, digest_of_model(around.config, scorer.entry)).compress(data)
    payload = sum(len(chunk.payload) for chunk in made.chunks)
    sizes = {
        "the text": len(data),
        **{name: size for name, size in rival_sizes(data).items() if size is not None},
        "the model": payload,
    }
    return Demonstration(
        name="zip",
        title="The model as a zip program",
        says="Who can guess how a text goes on need not write down what is guessed. With the same "
        "model on both sides the text came back byte by byte just now.",
        parts=(
            Bars(
                title="Size",
                unit="bytes",
                bars=tuple(Bar(label=name, value=size) for name, size in sizes.items()),
            ),
            Table(
                title="Bits for each letter",
                columns=("", ">bits per byte"),
                rows=tuple((name, f"{8 * size / len(data):.2f}") for name, size in sizes.items()),
            ),
        ),
        model=around.model,
    )


def _surprise(around: Surroundings) -> Demonstration:
    with open_scorer(around.model, ScoringSettings(context=LENGTH), config=around.config) as scorer:
        odd = _scored_pieces(scorer, ODD)
        rows = tuple((text, digits(perplexity)) for text, perplexity in _perplexities(scorer))
    return Demonstration(
        name="surprise",
        title="How much each word surprises",
        says="A token that was expected takes a fraction of a bit, a surprise takes many. "
        "Perplexity is the average of this: between how many tokens the model wavered.",
        parts=(
            Pieces(title="Bits for each token", pieces=odd),
            Table(
                title="Perplexity of a sentence alone",
                columns=("text", ">perplexity"),
                rows=rows,
            ),
        ),
        model=around.model,
    )


def _perplexities(scorer: Scorer) -> list[tuple[str, float]]:
    found = []
    for text in (ORDINARY, ODD, SHUFFLED):
        bits = _bits(scorer, _tokens(scorer, text))
        found.append((text, 2 ** (sum(bits) / len(bits))))
    return found


def _scored_pieces(scorer: Scorer, text: str) -> tuple[Piece, ...]:
    tokens = _tokens(scorer, text)
    bits = [0.0, *_bits(scorer, tokens)]
    return tuple(
        Piece(
            text=raw.decode(errors="replace"),
            note=f"{bit:.1f}" if place else "",
            weight=min(1.0, bit / MAX_BITS),
        )
        for place, (raw, bit) in enumerate(zip(scorer.pieces(tokens), bits, strict=True))
    )


def _tokens(scorer: Scorer, text: str) -> list[int]:
    return scorer.tokenize(text, add_special=True)


def _bits(scorer: Scorer, tokens: Sequence[int]) -> list[float]:
    return [max(0.0, -float(nats) / math.log(2)) for nats in scorer.score(tokens)]


def _rope(around: Surroundings) -> Demonstration:
    settings = ScoringSettings(context=LENGTH)
    stretched = RopeScaling(method="linear", factor=FACTOR)
    variants = (
        Variant(name="as trained", settings=settings),
        Variant(
            name=f"stretched {FACTOR:g} times",
            settings=ScoringSettings(context=LENGTH, rope=stretched),
        ),
    )
    scored = measure_perplexity(
        around.model,
        own_text().content,
        variants,
        around.config,
        by_position=True,
        max_tokens=LENGTH,
    )
    return Demonstration(
        name="rope",
        title="Positions as angles",
        says="Each pair of numbers is turned by an angle that grows with the position: some turn "
        "fast and tell neighbours apart, some slowly and tell the beginning from the end. "
        "Stretched, a model reads further and everything blurs.",
        parts=(
            *_angles(around),
            Series(
                title="Perplexity by position",
                x_label="position",
                y_label="perplexity",
                lines=tuple(map(_positions, scored)),
                x_scale="log",
                y_scale="log",
            ),
            Table(
                title="Perplexity of the whole",
                columns=("", ">perplexity"),
                rows=tuple((each.variant.name, digits(each.perplexity.value)) for each in scored),
            ),
        ),
        model=around.model,
    )


def _angles(around: Surroundings) -> tuple[Series, ...]:
    """Return the cosine of the angle of a few pairs; nothing for a model without rotation."""
    rotary = inspect(Library(around.config).resolve(around.model).path).rotary
    if rotary is None:
        return ()
    num_pairs = rotary.dimensions // 2
    xs = tuple(float(position) for position in range(NUM_POSITIONS))
    lines = tuple(
        Line(
            name=f"pair {pair + 1}",
            xs=xs,
            ys=tuple(math.cos(x * rotary.base ** (-pair / num_pairs)) for x in xs),
        )
        for pair in SHOWN_PAIRS
        if pair < num_pairs
    )
    return (
        Series(
            title=f"How {len(lines)} of {num_pairs} pairs turn",
            x_label="position",
            y_label="cosine of the angle",
            lines=lines,
        ),
    )


def _positions(scored: Scored) -> Line:
    stretches = by_position(scored)
    return Line(
        name=scored.variant.name,
        xs=tuple(float(each.end - 1) for each in stretches),
        ys=tuple(each.perplexity.value for each in stretches),
    )
