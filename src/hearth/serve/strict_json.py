"""Read a request's JSON as hostile input: bounds first, then parsing, then the schema.

JSON leaves much open that attackers use: the same key twice, numbers without end, nesting that
exhausts the stack, `NaN`. All of that is refused here, with the reason, before a schema sees it.
Depth and number of values are counted on strings and punctuation alone, in linear time and
before a single object is built.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from hearth.errors import InvalidRequest, UnsupportedField

T = TypeVar("T")

MAX_DEPTH = 64
MAX_MARKS = 400_000  # strings and punctuation marks; a value has about two
MAX_NUMBER_CHARS = 32
SHOWN_CHARS = 80

# Possessive quantifiers and the optional end keep this linear on any input.
_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_UNKNOWN_FIELD = {"extra_forbidden", "unexpected_keyword_argument"}


async def read_json(request: Request, schema: TypeAdapter[T]) -> T:
    """Read a request's body and check it against a schema.

    Raises:
        InvalidRequest: The body is no JSON, too deep, too large, or has a value that is refused.
        UnsupportedField: The body has a field that the schema does not know.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise InvalidRequest(
            f"The content type is {printable(content_type) or 'not given'}; "
            "application/json is expected.",
            http_status=415,
        )
    return validate(await request.body(), schema)


def validate(body: bytes, schema: TypeAdapter[T]) -> T:
    """Turn the bytes of a JSON document into a checked value; raises as `read_json` does."""
    check_json(body)
    try:
        return schema.validate_json(body)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False)[0]) from error


def read_query(request: Request, schema: TypeAdapter[T]) -> T:
    """Check the parameters in a request's address against a schema.

    Raises:
        InvalidRequest: A parameter is given twice, or has a value that is refused.
        UnsupportedField: The schema does not know a parameter.
    """
    given = _unique_keys(request.query_params.multi_items())
    try:
        return schema.validate_strings(given)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False)[0]) from error


def check_json(body: bytes) -> None:
    """Refuse what is not plain JSON in UTF-8, or is too deep or too rich in values."""
    _check_structure(body)
    try:
        json.loads(
            body.decode(),
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_short_int,
        )
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"The body is not valid UTF-8: {error.reason} at byte {error.start}."
        ) from error
    except json.JSONDecodeError as error:
        raise InvalidRequest(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error


def printable(text: object) -> str:
    """Return text that may stand in a message: short, valid Unicode, no control characters."""
    shown = str(text)
    shown = shown if len(shown) <= SHOWN_CHARS else shown[:SHOWN_CHARS] + "…"
    shown = shown.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)


def _check_structure(body: bytes) -> None:
    depth = 0
    for num_marks, match in enumerate(_MARK.finditer(body)):
        if num_marks >= MAX_MARKS:
            raise InvalidRequest("The body has too many values.", http_status=413)
        mark = body[match.start()]
        depth += (mark in b"[{") - (mark in b"]}")
        if depth > MAX_DEPTH:
            raise InvalidRequest(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            name = printable(key)
            raise InvalidRequest(f"The field {name!r} is given twice.", param=name)
        found[key] = value
    return found


def _refuse_constant(name: str) -> float:
    raise InvalidRequest(f"{name} is not a number that JSON or Hearth knows.")


def _finite_float(digits: str) -> float:
    value = float(_short(digits))
    if not math.isfinite(value):
        raise InvalidRequest(f"The number {digits} is out of range.")
    return value


def _short_int(digits: str) -> int:
    return int(_short(digits))


def _short(digits: str) -> str:
    if len(digits) > MAX_NUMBER_CHARS:
        raise InvalidRequest(
            f"A number has {len(digits)} characters; at most {MAX_NUMBER_CHARS} are read."
        )
    return digits


def _explain(error: ErrorDetails) -> InvalidRequest:
    name = ".".join(printable(part) for part in error["loc"])
    if error["type"] in _UNKNOWN_FIELD:
        return UnsupportedField(
            f"The field {name!r} is not known or not supported here, and Hearth ignores none.",
            param=name,
            hint="Leave the field out.",
        )
    if error["type"] == "missing":
        return InvalidRequest(f"The field {name!r} is missing.", param=name)
    subject = f"{name!r} is {printable(repr(error['input']))}" if name else "The body is not usable"
    return InvalidRequest(f"{subject}: {error['msg']}.", param=name or None)
