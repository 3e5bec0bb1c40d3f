"""What a new conversation shows: one sentence, and prompts that suit the model honestly."""

from __future__ import annotations

from markupsafe import Markup

from hearth.config import Config
from hearth.core import ModelStatus
from hearth.models.library import STARTER_NAME
from hearth.web.parts import part

SMALL_PARAMETERS = 1_000_000_000

# What a model of 135 million parameters answers sensibly more often than not.
EXAMPLES = (
    {
        "icon": "chat",
        "title": "Explain",
        "text": "Explain in two sentences why the sky is blue.",
    },
    {
        "icon": "info",
        "title": "Ask",
        "text": "What is a large language model? One sentence.",
    },
    {
        "icon": "pencil",
        "title": "Write",
        "text": "Show me how to print the numbers from 1 to 5 in Python.",
    },
)


def welcome(config: Config, model: str, status: ModelStatus | None, free_bytes: int) -> Markup:
    """Return the page's greeting.

    Args:
        config: Says where models are looked for.
        model: The model of the new conversation.
        status: Its status if it is in memory.
        free_bytes: Memory that a larger model could use here.
    """
    known_small = status is not None and 0 < status.num_parameters < SMALL_PARAMETERS
    return part(
        "welcome",
        examples=EXAMPLES,
        small=known_small or model == STARTER_NAME,
        folder=str(config.models_dir),
        free_bytes=free_bytes,
    )
