"""Options that measurements of speed share."""

from __future__ import annotations

from typing import Annotated

import typer

TARGET_HELP = (
    "A model's name or path, or a server: http://127.0.0.1:8080#NAME, "
    "ollama+http://HOST:11434#NAME, anthropic+https://HOST#NAME."
)
Answer = Annotated[int, typer.Option("--answer", help="Tokens of each answer.")]
KeyFrom = Annotated[
    list[str] | None,
    typer.Option(
        "--key-from",
        help="Environment variable that has a server's key; with several servers HOST=VARIABLE.",
        metavar="[HOST=]VARIABLE",
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="Of everything that is drawn at random.")]
