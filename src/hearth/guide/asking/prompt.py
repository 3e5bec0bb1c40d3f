"""What a model is given to answer a question from the guide: the topics that fit, as notes."""

from __future__ import annotations

from collections.abc import Sequence

from hearth.core import GenerateRequest, Message, Role, SamplingParams
from hearth.guide.search import plain_text
from hearth.guide.topic import Topic

NUM_NOTES = 2  # some 500 tokens: read in seconds, and a small model loses itself in more
MAX_ANSWER_TOKENS = 160
REPEAT_PENALTY = 1.1  # without sampling, a small model falls into loops

_RULES = (
    "You answer questions of beginners about language models. Use only the notes that you are "
    "given. Answer in one to three short sentences of plain text. If the notes do not answer the "
    "question, say that the guide does not tell."
)


def request_for(question: str, notes: Sequence[Topic], model: str) -> GenerateRequest:
    """Return the request that lets a model answer from topics alone.

    Args:
        question: As somebody asked it.
        notes: The topics, the best first.
        model: A name of the library, or a path.
    """
    texts = "\n\n".join(f"{topic.title}: {plain_text(topic)}" for topic in notes[:NUM_NOTES])
    asked = f"Notes:\n\n{texts}\n\nQuestion: {question.strip()}"
    return GenerateRequest(
        model=model,
        messages=(
            Message(role=Role.SYSTEM, content=_RULES),
            Message(role=Role.USER, content=asked),
        ),
        sampling=SamplingParams(temperature=0.0, repeat_penalty=REPEAT_PENALTY),
        max_tokens=MAX_ANSWER_TOKENS,
    )
