"""`hearth models template`: what a model's chat template makes of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.models.arguments import AnyModel
from hearth.cli.options import AsJson
from hearth.errors import NotFound

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.engine.preview import TemplatePreview
    from hearth.models.opening import OpenModel


def show_template(
    model: AnyModel,
    *,
    source: Annotated[
        bool, typer.Option("--source", help="Write the template itself, not what it makes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Render a sample conversation with a model's chat template, with token borders and ids."""
    from hearth.models.opening import open_model

    config = door.settings()
    with open_model(model, config) as opened:
        template = opened.card.chat_template
        if source and template is None:
            raise NotFound(
                f"{model} has no chat template in its files.",
                hint="Without --source it is shown which one is used in its place.",
            )
        if source:
            console.write_json({"source": template}) if as_json else console.write(f"{template}\n")
            return
        if opened.is_remote or opened.card.runs_here is None:
            door.run(_show_alone(opened, as_json))
        else:
            door.run(_show_loaded(config, model, opened, as_json))


async def _show_loaded(config: Config, model: str, opened: OpenModel, as_json: bool) -> None:
    from hearth.cli.tokens import draw_tokens
    from hearth.engine.preview import preview_loaded

    async with door.engine(config) as engine:
        await door.load(engine, model)
        preview = await preview_loaded(engine, model)
        _tell(opened, preview, as_json)
        if not as_json:
            await draw_tokens(engine, model, preview.text, preview.tokens or ())


async def _show_alone(opened: OpenModel, as_json: bool) -> None:
    from hearth.engine.preview import preview_source
    from hearth.models.formats.special_tokens import ends_of_text

    template = opened.card.chat_template
    if template is None:
        raise NotFound(f"{console.clean(opened.card.name)} has no chat template in its files.")
    bos, eos = ends_of_text(opened.files)
    preview = await preview_source(template, bos=bos, eos=eos)
    _tell(opened, preview, as_json)
    if not as_json:
        console.write(f"{preview.text}\n")
        console.note("No token borders: this model is not loaded here.")


def _tell(opened: OpenModel, preview: TemplatePreview, as_json: bool) -> None:
    if as_json:
        found = {"abilities": opened.card.abilities, "source": opened.card.chat_template}
        console.write_json({**found, "preview": preview})
        return
    abilities = opened.card.abilities
    words = {True: "yes", False: "no", None: "unknown"}
    console.note(
        f"Template: tools {words[abilities.tools]}, thinking {words[abilities.thinking]}, "
        f"images {words[abilities.images]}"
    )
    if preview.notice:
        console.note(f"Note: {preview.notice}")
