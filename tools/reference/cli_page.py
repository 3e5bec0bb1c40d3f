"""The command-line reference, from the tree of commands that Typer makes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any

from markdown import code, page, table
from typer.main import get_command

from hearth.cli.app import app

INTRODUCTION = """\
`hearth "words"` is short for `hearth prompt "words"`. A running server is used when there is one,
else a private worker that ends with the command.

Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Standard output carries results
only; everything else, `Error:` and `Hint:` lines too, goes to standard error.
"""
ALWAYS = {"help", "install_completion", "show_completion"}


def render() -> str:
    """Return the page."""
    return page("Command line", INTRODUCTION, *_sections("hearth", get_command(app)))


def _sections(name: str, command: Any) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if name != "hearth":
        yield f"## {name}\n\n{inspect.cleandoc(command.help or '')}\n\n{_usage(name, command)}"
        yield _parameters(command)
    for child in children.values():
        yield from _sections(f"{name} {child.name}", child)


def _usage(name: str, command: Any) -> str:
    arguments = [_argument(param) for param in _params(command, "argument")]
    if getattr(command, "commands", None):
        arguments.append("COMMAND")
    options = ["[OPTIONS]"] if _params(command, "option") else []
    return f"```\n{' '.join([name, *arguments, *options])}\n```\n"


def _argument(param: Any) -> str:
    if param.metavar:
        return str(param.metavar)
    return param.name.upper() if param.required else f"[{param.name.upper()}]"


def _params(command: Any, kind: str) -> list[Any]:
    return [p for p in command.params if p.param_type_name == kind and p.name not in ALWAYS]


def _parameters(command: Any) -> str:
    rows = [[code(_argument(p)), p.help or "", ""] for p in _params(command, "argument")]
    rows += [[_option(p), p.help or "", _default(p)] for p in _params(command, "option")]
    return table(("argument or option", "what it is", "default"), rows) if rows else ""


def _option(param: Any) -> str:
    names = ", ".join([*param.opts, *param.secondary_opts])
    if param.is_flag:
        return code(names)
    return code(f"{names} {param.metavar or _kind(param.type_descriptor.annotation)}")


def _kind(annotation: type) -> str:
    if issubclass(annotation, Enum):
        return "|".join(_plain(value) for value in annotation)
    return annotation.__name__.replace("str", "TEXT").upper()


def _default(param: Any) -> str:
    if param.is_flag or param.default in (None, [], ()):
        return ""
    return code(_plain(param.default))


def _plain(value: Any) -> str:
    return str(value.value if isinstance(value, Enum) else value)
