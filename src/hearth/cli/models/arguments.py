"""The arguments that the verbs of `hearth models` share."""

from __future__ import annotations

from typing import Annotated

import typer

ModelName = Annotated[str, typer.Argument(help="A name from `hearth models list`, or a path.")]
AnyModel = Annotated[
    str,
    typer.Argument(
        help="A name from `hearth models list`, a path, or a reference (hf:owner/repository)."
    ),
]
