"""The options of a load, made from `LoadOptions` so that the two cannot drift apart."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from hearth.core import LoadOptions

FLAGS = {"num_sequences": "--sequences"}  # where a flag is not the option's own name
METAVARS = {
    "rope": "METHOD:FACTOR",
    "flash_attention": "auto|on|off",
    "layout": "repacked|plain|split|apart",
    "prefix_cache": "disk|memory|off",
    "speculation": "auto|off",
    "draft_model": "MODEL",
    "padding": "auto|off",
    "live_threads": "auto|off",
}
HELP = {
    "context": "Longest sequence, in tokens.",
    "num_sequences": "Answers that run at once.",
    "threads": "Threads of the engine.",
    "gpu_layers": "Layers to put on the GPU.",
    "kv_type": "Number format of the KV cache, e.g. f16 or q8_0.",
    "flash_attention": "off: with heads that are not of 128 numbers, answers behind long texts "
    "come faster on a processor, prompts slower, for more memory; default: auto.",
    "layout": "How weights lie in memory; split: plain for prompts, repacked for answers; apart: "
    "prompts are read with flash attention, answers written without.",
    "prefix_cache": "Where computed beginnings of prompts are kept; default: the setting.",
    "rope": "Scale positions for longer texts than it was trained for: linear, ntk or yarn, and "
    "how many times longer.",
    "speculation": "Guess answers ahead where that pays; default: auto.",
    "draft_model": "A small model of the same family that guesses too.",
    "padding": "Give steps more rows where that is measured to be faster; default: auto.",
    "live_threads": "Let fewer threads compute beside other work where that is faster; default: "
    "auto.",
    "force": "Load even if it seems larger than the memory.",
}


def with_load_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `options` by one command-line option per field."""
    added = [_option(field) for field in dataclasses.fields(LoadOptions)]

    @wraps(command)
    def wrapped(**given: Any) -> None:
        asked = {parameter.name: given.pop(parameter.name) for parameter in added}
        command(**given, options=LoadOptions(**asked))

    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.name != "options"]
    wrapped.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[own[0], *added, *own[1:]]
    )
    wrapped.__annotations__ = {}
    return wrapped


def _option(field: dataclasses.Field[Any]) -> inspect.Parameter:
    flag = FLAGS.get(field.name, "--" + field.name.replace("_", "-"))
    option = typer.Option(flag, help=HELP[field.name], metavar=METAVARS.get(field.name))
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=field.default,
        annotation=Annotated[get_type_hints(LoadOptions)[field.name], option],
    )
