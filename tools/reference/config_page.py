"""The settings reference, from the fields of `hearth.config.Config`."""

from __future__ import annotations

import inspect

from annotated_types import Ge, Gt, Le, Lt
from markdown import code, page, table
from pydantic.fields import FieldInfo

from hearth.config import Config

INTRODUCTION = """\
Strongest first: options of the command line, environment variables `HEARTH_<NAME>`, the file
`config.toml` in Hearth's home, the defaults below. `hearth config` shows the values that are in
force and where each comes from. An unknown setting in the file is an error. Lists in environment
variables are JSON: `HEARTH_MODEL_FOLDERS='["/srv/models"]'`.
"""
HEADINGS = ("setting", "type", "default", "allowed", "what it is")
SIGNS = {Ge: ("ge", "≥"), Gt: ("gt", ">"), Le: ("le", "≤"), Lt: ("lt", "<")}


def render() -> str:
    """Return the page."""
    rows = [_row(name, field) for name, field in Config.model_fields.items()]
    return page("Settings", INTRODUCTION, table(HEADINGS, rows))


def _row(name: str, field: FieldInfo) -> list[str]:
    if field.default_factory is not None:
        default = "the user's data folder"
    else:
        default = code("none" if field.default is None else field.default)
    kind = inspect.formatannotation(field.annotation).removeprefix("pathlib._local.")
    kind = kind.replace("pathlib.", "").replace("pydantic.types.", "")
    bounds = [
        f"{sign} {getattr(mark, attribute)}"
        for mark in field.metadata
        for type_, (attribute, sign) in SIGNS.items()
        if isinstance(mark, type_)
    ]
    return [code(name), code(kind), default, ", ".join(bounds), field.description or ""]
