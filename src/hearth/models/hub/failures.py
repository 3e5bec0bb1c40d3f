"""What an error answer of the hub means for the person who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hearth.errors import AccessDenied, HearthError, ModelNotFound, SourceError
from hearth.models.hub.settings import HubSettings
from hearth.models.labels import plain

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError


def explain(error: HfHubHTTPError, what: str, revision: str, settings: HubSettings) -> HearthError:
    """Return the error to raise for an error answer about `what` at `revision`."""
    status = error.response.status_code
    code = error.response.headers.get("X-Error-Code", "")
    name = plain(what)
    page = f"{settings.endpoint}/{name}"
    if code == "GatedRepo" or status == 403:
        return AccessDenied(
            f"{name!r} asks for its terms to be accepted, or for a token that may read it.",
            hint=f"Accept them at {page}, then log in: `hf auth login`, or set HF_TOKEN.",
        )
    if code == "RevisionNotFound":
        return ModelNotFound(
            f"{name!r} has no revision {plain(revision)!r}.", hint=f"See {page}/tree for them."
        )
    if status == 401 and settings.token:
        return AccessDenied(
            f"The hub does not accept the token, or {name!r} is not there or not yours to see.",
            hint="Log in again: `hf auth login`, or set HF_TOKEN.",
        )
    if status in (401, 404):
        return ModelNotFound(
            f"The hub has no model {name!r}, or shows it only to its members.",
            hint="`hearth models search WORDS` finds models; `hf auth login` logs in.",
        )
    if status == 429:
        return SourceError(
            "The hub asks to slow down: it has had too many requests from here.",
            hint="Wait some minutes; with HF_TOKEN set it allows more.",
            http_status=503,
        )
    return SourceError(
        f"The hub failed on {name!r} (status {status}).", hint="Try again in some minutes."
    )
