"""What a new conversation shows: one sentence, and prompts that suit the model honestly."""

from __future__ import annotations

from markupsafe import Markup

from hearth.config import Config
from hearth.core import ModelStatus
from hearth.web.components.status import short_name
from hearth.web.parts import part

SMALL_PARAMETERS = 1_000_000_000

EXAMPLES = (
    {
        "icon": "chat",
        "title": "Explain",
        "text": "Explain in two sentences why the sky is blue.",
    },
    {
        "icon": "pencil",
        "title": "Write",
        "text": "Write a short, friendly note that thanks a neighbour for watering my plants.",
    },
    {
        "icon": "branch",
        "title": "Think of",
        "text": "Give me five ideas for a rainy Sunday at home.",
    },
)


def welcome(config: Config, model: str, status: ModelStatus | None) -> Markup:
    """Return the page's greeting for a model."""
    small = model == "starter" or (
        status is not None and 0 < status.num_parameters < SMALL_PARAMETERS
    )
    name = short_name(model)
    return part(
        "welcome",
        sentence=f"{name.capitalize() if name == 'starter' else name} runs on this computer alone; "
        "nothing you write leaves it.",
        examples=EXAMPLES,
        small_print="It is a small model: quick, good with short and simple tasks, and often wrong "
        "about facts."
        if small
        else "",
        folder=str(config.models_dir) if small else "",
        room=None,
    )
