"""Ask the hub through its own client library, within reach and with a deadline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from urllib.parse import quote

from hearth.errors import InvalidRequest, Offline, SourceError
from hearth.models.hub.failures import explain
from hearth.models.hub.repository import HubRepo, to_repo
from hearth.models.hub.search import MAX_HITS, SearchFilter, SearchHit, parameters_of, to_hit
from hearth.models.hub.settings import HubSettings
from hearth.models.labels import plain
from hearth.models.reach import Reach

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub import HfApi

DEFAULT_REVISION = "main"
REQUEST_TIMEOUT_S = 30.0

_reach: ContextVar[Reach | None] = ContextVar("hub_reach", default=None)


class Hub:
    """Asks the hub.

    Args:
        settings: Where it is, and who asks.
    """

    def __init__(self, settings: HubSettings) -> None:
        self.settings = settings
        self.reach = Reach.of_hub(settings.endpoint)

    def repo(self, repo: str, revision: str | None = None) -> HubRepo:
        """Return a repository's files at the commit that a revision means now.

        Raises:
            ModelNotFound: There is no such repository or revision, or it is private.
            AccessDenied: It asks for a login, or for its terms to be accepted.
            Offline: The hub may not be asked, or does not answer.
            SourceError: The hub fails, or answers with what cannot be used.
        """
        wanted = revision or DEFAULT_REVISION
        with self._asking(repo, wanted) as api:
            info = api.model_info(
                repo, revision=wanted, files_metadata=True, timeout=REQUEST_TIMEOUT_S
            )
        return to_repo(repo, wanted, info)

    def search(self, wanted: SearchFilter) -> list[SearchHit]:
        """Return the repositories that match; nothing of them is downloaded.

        Raises:
            InvalidRequest: The limit is not 1 to 200.
            Offline: The hub may not be asked, or does not answer.
            SourceError: The hub fails, or refuses the search.
        """
        if not 1 <= wanted.limit <= MAX_HITS:
            raise InvalidRequest(f"{wanted.limit} hits cannot be asked for; 1 to {MAX_HITS} can.")
        with self._asking(wanted.words or "the search") as api:
            found = api.list_models(**parameters_of(wanted))
            return [to_hit(info) for info in found]

    def url(self, repo: HubRepo, name: str) -> str:
        """Return where a file's bytes are, at the repository's commit."""
        return f"{self.settings.endpoint}/{repo.repo}/resolve/{repo.commit}/{quote(name)}"

    def headers(self) -> dict[str, str]:
        """Return what proves to the hub who asks."""
        token = self.settings.token
        return {"authorization": f"Bearer {token}"} if token else {}

    @contextmanager
    def _asking(self, what: str, revision: str = "") -> Iterator[HfApi]:
        if self.settings.offline:
            raise Offline(
                "The hub may not be asked: HF_HUB_OFFLINE is set.",
                hint="Unset it, or use a model of `hearth models list`.",
            )
        import httpx2
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

        _guard_session()
        token = _reach.set(self.reach)
        try:
            yield HfApi(endpoint=self.settings.endpoint, token=self.settings.token or False)
        except HFValidationError as error:
            raise InvalidRequest(f"{plain(what)!r} is not the name of a repository.") from error
        except HfHubHTTPError as error:
            raise explain(error, what, revision, self.settings) from error
        except (OfflineModeIsEnabled, httpx2.ConnectError, httpx2.TimeoutException) as error:
            raise Offline(
                f"The hub at {self.settings.endpoint} does not answer: {error}.",
                hint="Check the network; `hearth models list` shows what is here already.",
            ) from error
        except (httpx2.HTTPError, ValueError, TypeError, KeyError) as error:
            raise SourceError(
                f"The hub at {self.settings.endpoint} gave no usable answer about "
                f"{plain(what)!r}: {plain(error, 300)}.",
                hint="If HF_ENDPOINT is set, check that it names a hub.",
            ) from error
        finally:
            _reach.reset(token)


def _guard_session() -> None:
    """Let the client library's one session follow redirects only within reach, and not forever."""
    from huggingface_hub import get_session

    session = get_session()
    hooks = session.event_hooks
    if _check_request not in hooks["request"]:
        session.event_hooks = {**hooks, "request": [*hooks["request"], _check_request]}
        session.timeout = REQUEST_TIMEOUT_S


def _check_request(request: httpx2.Request) -> None:
    reach = _reach.get()
    if reach is not None:  # another user of the library in this process judges for itself
        reach.check(str(request.url))
        reach.addresses_of(request.url.host, request.url.port or 443)
