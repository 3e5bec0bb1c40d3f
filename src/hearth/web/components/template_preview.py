"""A chat template on a card: what it makes of a sample conversation, and its source."""

from __future__ import annotations

from markupsafe import Markup

from hearth.engine.client import Engine
from hearth.engine.preview import TemplatePreview, preview_loaded, preview_source
from hearth.errors import HearthError
from hearth.models.card import ModelCard
from hearth.web.components.prompt import shown_tokens
from hearth.web.parts import part

MAX_SOURCE_CHARS = 60_000


async def draw_template(card: ModelCard, engine: Engine, loaded: str | None) -> Markup | None:
    """Return the tile of a model's chat template; None for what nobody chats with.

    Args:
        card: The model.
        engine: Renders for a loaded model, with the tokens that it reads.
        loaded: The model's name where it is in memory; of any other only the text is shown.
    """
    if card.kind != "model":
        return None
    preview: TemplatePreview | None = None
    error: HearthError | None = None
    try:
        if loaded is not None:
            preview = await preview_loaded(engine, loaded)
        elif card.chat_template:
            preview = await preview_source(card.chat_template, bos="", eos="")
    except HearthError as failed:
        error = failed
    return part(
        "template_tile",
        preview=preview,
        tokens=shown_tokens(preview.tokens) if preview and preview.tokens else None,
        num_tokens=len(preview.tokens) if preview and preview.tokens else 0,
        error=error,
        source=(card.chat_template or "")[:MAX_SOURCE_CHARS],
    )
