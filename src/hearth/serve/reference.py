"""The OpenAPI description of bodies and parameters that `strict_json` reads, not FastAPI."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter


def body_of(schema: TypeAdapter[Any]) -> dict[str, Any]:
    """Return what a route must say about its body, with every reference written out."""
    described = schema.json_schema()
    parts = described.pop("$defs", {})
    content = {"application/json": {"schema": _written_out(described, parts)}}
    return {"requestBody": {"required": True, "content": content}}


def query_of(schema: TypeAdapter[Any]) -> dict[str, Any]:
    """Return what a route must say about the parameters in its address."""
    described = schema.json_schema()
    required = described.get("required", [])
    parameters = [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": field,
            "description": field.get("description", ""),
        }
        for name, field in described["properties"].items()
    ]
    return {"parameters": parameters}


def _written_out(node: Any, parts: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_written_out(item, parts) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _written_out(parts[node["$ref"].rpartition("/")[2]], parts)
    return {name: _written_out(value, parts) for name, value in node.items()}
