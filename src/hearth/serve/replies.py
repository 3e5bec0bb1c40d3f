"""Errors as answers: OpenAI's envelope for its dialect, Hearth's own data for its own routes.

An unexpected exception becomes a plain `engine_error` here, with its trace in the log and none of
it in the answer.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hearth.errors import EngineError, HearthError, InvalidRequest, NotFound
from hearth.serve.strict_json import printable

NATIVE_PREFIX = "/hearth/"

logger = logging.getLogger(__name__)

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
_BODY_UNREAD = (401, 403, 408, 413, 415)  # the rest of the request must not be taken for a new one


class JsonResponse(Response):
    """An answer in JSON, encoded by msgspec."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode plain data and dataclasses."""
        return msgspec.json.encode(content)


def error_content(error: HearthError, path: str) -> dict[str, Any]:
    """Return an error in the envelope that callers of this path expect."""
    if path.startswith(NATIVE_PREFIX):
        return {"error": error.as_data()}
    status = error.http_status
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    message = f"{error.message} {error.hint}" if error.hint else error.message
    content = {"message": message, "type": kind, "param": error.param, "code": error.code}
    return {"error": content}


def error_response(error: HearthError, path: str) -> JsonResponse:
    """Return the whole answer to a request that failed."""
    headers = {"connection": "close"} if error.http_status in _BODY_UNREAD else {}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(error.retry_after_s)
    if error.http_status >= 500:
        logger.warning("%s failed: %s (%s)", path, error.message, error.code)
    return JsonResponse(error_content(error, path), error.http_status, headers)


def unexpected(error: BaseException, path: str) -> HearthError:
    """Log an exception that nobody expected and return what its client may know of it."""
    logger.error("%s failed unexpectedly", path, exc_info=error)
    return EngineError(
        "Hearth failed in a way it did not expect; the log has the details.",
        hint="Please report it together with the log file.",
    )


def install_error_answers(app: FastAPI) -> None:
    """Let every error of an app's routes be answered in the envelope of its path."""
    app.add_exception_handler(HearthError, _answer_hearth_error)
    app.add_exception_handler(HTTPException, _answer_http_exception)
    app.add_exception_handler(Exception, _answer_unexpected)


async def _answer_hearth_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HearthError)
    return error_response(error, request.url.path)


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = printable(request.url.path)
    if error.status_code == 404:
        known: HearthError = NotFound(f"There is nothing at {path}.")
    else:
        known = InvalidRequest(f"{path}: {error.detail}.", http_status=error.status_code)
    response = error_response(known, request.url.path)
    response.headers.update(error.headers or {})
    return response


async def _answer_unexpected(request: Request, error: Exception) -> Response:
    return error_response(unexpected(error, request.url.path), request.url.path)
