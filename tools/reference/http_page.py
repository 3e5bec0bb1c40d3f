"""The HTTP reference, from the app's own OpenAPI description."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from markdown import code, page, table

from hearth.cli.options import SAMPLING_HELP
from hearth.config import Config
from hearth.core import SAMPLING_RANGES
from hearth.engine.client import Engine
from hearth.jobs import Jobs
from hearth.serve.app import create_api
from hearth.store.database import Database
from hearth.store.predictions import Predictions

INTRODUCTION = """\
`hearth serve` and `hearth up` offer this at `http://127.0.0.1:11711`. The server binds to loopback
unless told otherwise; another address needs an API key, sent as `Authorization: Bearer KEY`.
Unknown fields and fields that Hearth does not support are refused by name, never ignored. Errors
come in OpenAI's envelope; `error.code` is one of [these](errors.md).
"""
HEADINGS = ("field", "type", "default", "what it is")


def render() -> str:
    """Return the page."""
    # The description asks nothing of engine and jobs; the settings are not this user's.
    config = Config.model_construct(home=Path("/nowhere"))
    app = create_api(
        cast("Engine", None),
        config,
        jobs=cast("Jobs", object()),
        predictions=cast("Predictions", object()),
        database=cast("Database", object()),
    )
    operations: dict[str, list[str]] = {}
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            text = _operation(f"{method.upper()} {path}", operation)
            operations.setdefault(operation["tags"][0], []).append(text)
    sections = [part for tag, texts in operations.items() for part in (f"## {tag}\n", *texts)]
    return page("HTTP", INTRODUCTION, *sections)


def _operation(name: str, operation: dict[str, Any]) -> str:
    described = operation.get("description") or ""
    parts = [f"### {name}\n\n{operation['summary']}.\n"]
    if described:
        parts.append(described + "\n")
    parameters = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    rows = [*parameters, *_fields(body.get("schema", {}))]
    if rows:
        parts.append(table(HEADINGS, rows))
    return "\n".join(parts)


def _parameter(parameter: dict[str, Any]) -> list[str]:
    kind = f"{_type(parameter['schema'])}, in the {parameter['in']}"
    default = "required" if parameter.get("required") else code(_plain(None))
    return [code(parameter["name"]), kind, default, parameter.get("description", "")]


def _fields(schema: dict[str, Any], prefix: str = "") -> Iterator[list[str]]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        default = "required" if name in required else code(_plain(field.get("default")))
        described = SAMPLING_HELP.get(name) or field.get("description", "")
        kind = _type(field) + _sampling_range(name)
        yield [code(prefix + name), kind, default, "" if _inner(field) else described]
        yield from _fields(_inner(field), f"{prefix}{name}.")


def _inner(field: dict[str, Any]) -> dict[str, Any]:
    """Return the object that a field holds, itself or as items, or an empty description."""
    for option in (field, *field.get("anyOf", [])):
        item = option.get("items", option)
        if isinstance(item, dict) and item.get("properties"):
            return item
    return {}


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        options = [_type(option) for option in field["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(options))
    if "enum" in field:
        return " or ".join(code(_plain(value)) for value in field["enum"])
    if "const" in field:
        return code(_plain(field["const"]))
    kind = str(field.get("type", "any"))
    if kind == "null":
        return "`null` only"
    if kind == "array":
        return f"list of {_type(field.get('items', {}))}"
    return kind + _range(field)


def _sampling_range(name: str) -> str:
    if name not in SAMPLING_RANGES:
        return ""
    low, high = SAMPLING_RANGES[name]
    return _range({"minimum": low, "maximum": high})


def _range(field: dict[str, Any]) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is None and high is None:
        return ""
    if high is None:
        return f" from {low:.10g}"
    return f" up to {high:.10g}" if low is None else f" from {low:.10g} to {high:.10g}"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
