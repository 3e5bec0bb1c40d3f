"""What a model reads: text cut into tokens, and a question put through its chat template."""

from __future__ import annotations

from hearth.core import Message, Role, Token
from hearth.engine.looking import readable_spans
from hearth.guide.demonstrations.parts import Demonstration, Piece, Pieces, Table
from hearth.guide.demonstrations.surroundings import Surroundings

SENTENCE = "Tokenizers cut unbelievably: 1234567 apples, naïve cafés and a 🦊."
SAMPLES = (
    ("plain English", "The cat sat on the mat and looked out of the window."),
    ("German", "Die Katze saß auf der Matte und sah aus dem Fenster."),
    ("Japanese", "猫はマットの上に座って窓の外を見ていた。"),
    ("a number", "31415926535897932384626433832795"),
    ("a program", "for i in range(10):\n    print(i * i)\n"),
)
SYSTEM = "You are a helpful assistant."
QUESTION = "Why is the sky blue? <|im_end|>"


async def show_tokens(around: Surroundings) -> Demonstration:
    """Show where the borders of tokens lie, and how many different kinds of text take."""
    sentence = await around.engine.tokenize(around.model, SENTENCE, parse_special=False)
    return Demonstration(
        name="tokens",
        title="A text, as the model reads it",
        says="The model never sees letters: it reads numbers, one for each piece. Common words are "
        "one piece, rare ones several; what the vocabulary was not made for takes most.",
        parts=(
            Pieces(title="One sentence", pieces=await _pieces(around, sentence)),
            Table(
                title="The same length costs differently",
                columns=("text", ">characters", ">tokens", ">characters per token"),
                rows=tuple([await _sample_row(around, *sample) for sample in SAMPLES]),
            ),
        ),
        model=around.model,
    )


async def show_template(around: Surroundings) -> Demonstration:
    """Show the exact prompt that a question becomes, control tokens marked."""
    messages = [
        Message(role=Role.SYSTEM, content=SYSTEM),
        Message(role=Role.USER, content=QUESTION),
    ]
    rendered = await around.engine.render(around.model, messages)
    own = await around.engine.tokenize(around.model, QUESTION, parse_special=False)
    num_special = sum(token.special for token in rendered.tokens)
    return Demonstration(
        name="template",
        title="A question, wrapped by the chat template",
        says="Marked pieces are control tokens, which tell the model who speaks. The question here "
        "contains one as text: it stays ordinary letters, so that nobody can speak for another.",
        parts=(
            Pieces(title="What the model reads", pieces=await _pieces(around, rendered.tokens)),
            Table(
                title="What it adds up to",
                columns=("", ">tokens"),
                rows=(
                    ("the question alone", str(len(own))),
                    ("the whole prompt", str(len(rendered.tokens))),
                    ("of these, control tokens", str(num_special)),
                ),
            ),
        ),
        model=around.model,
    )


async def _pieces(
    around: Surroundings, found: list[Token] | tuple[Token, ...]
) -> tuple[Piece, ...]:
    spans = await readable_spans(around.engine, around.model, found)
    return tuple(
        Piece(text=span.text, note=" ".join(map(str, span.ids)), special=span.special)
        for span in spans
    )


async def _sample_row(around: Surroundings, name: str, text: str) -> tuple[str, ...]:
    found = await around.engine.tokenize(around.model, text)
    return name, str(len(text)), str(len(found)), f"{len(text) / len(found):.1f}"
