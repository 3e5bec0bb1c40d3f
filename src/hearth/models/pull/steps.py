"""Pull a model: one function for the command line, the pages and HTTP."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.models.hub import Hub, HubSettings, hub_settings
from hearth.models.labels import plain
from hearth.models.library import Library, ModelEntry
from hearth.models.pull.download import Means
from hearth.models.pull.pace import Pace
from hearth.models.pull.plan import PullPlan
from hearth.models.pull.planner import plan_hub_pull, plan_url_pull
from hearth.models.pull.progress import Meter, OnProgress, PullProgress
from hearth.models.pull.requests import Connections
from hearth.models.pull.run import Run
from hearth.models.reach import Reach, open_client
from hearth.models.sources import Reference, ReferenceKind

NUM_CONNECTIONS = 4
SILENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PullOptions:
    """What may be asked of a pull.

    Args:
        to: Plain folder to put the files into; default: the hub's cache, or Hearth's own folder.
        max_bytes_per_s: Bandwidth limit; None for none.
        allow_large: Whether more than 50 GiB are meant.
        num_connections: Requests at once.
        is_trusted: Whether a person at this machine chose the address; if not, it may not lead into
            this network.
        silence_s: Seconds a server may send nothing before its connection is given up.
    """

    to: Path | None = None
    max_bytes_per_s: float | None = None
    allow_large: bool = False
    is_trusted: bool = True
    num_connections: int = NUM_CONNECTIONS
    silence_s: float = SILENCE_S


def plan_pull(
    reference: str,
    *,
    config: Config,
    options: PullOptions | None = None,
    settings: HubSettings | None = None,
) -> PullPlan:
    """Return what a pull would do; nothing but metadata travels.

    Args:
        reference: `hf:owner/repository[:file-or-quant][@revision]` or `https://...`.
        config: Says where Hearth's own folder is.
        options: How; default: into the usual place.
        settings: The hub's; default: those of the environment.

    Raises:
        InvalidRequest: The reference is none, or of a kind that is not fetched.
        HearthError: The source does not have it or does not answer.
    """
    options = options or PullOptions()
    settings = settings or hub_settings()
    parsed = Reference.parse(reference)
    to = options.to.expanduser().absolute() if options.to is not None else None
    if parsed.kind is ReferenceKind.HUB:
        library = Library(config)
        return plan_hub_pull(
            parsed, Hub(settings), config, to=to, find_copy=lambda sha: _copy(library, sha)
        )
    if parsed.kind is ReferenceKind.URL:
        reach = Reach.of_url(parsed.name, is_trusted=options.is_trusted)
        return plan_url_pull(parsed, config, settings, to=to, reach=reach)
    raise InvalidRequest(
        f"{plain(reference)!r} is not something to fetch.",
        hint="`hearth pull` takes hf:owner/repository[:file-or-quant][@revision] or https://...; "
        "`hearth models search WORDS` finds some.",
        param="model",
    )


def pull(
    reference: str,
    *,
    config: Config,
    on_progress: OnProgress | None = None,
    cancelled: threading.Event | None = None,
    options: PullOptions | None = None,
    settings: HubSettings | None = None,
) -> ModelEntry:
    """Fetch a model, verify it, and return its entry in the library.

    Args:
        reference: `hf:owner/repository[:file-or-quant][@revision]` or `https://...`.
        config: Says where Hearth's own folder is.
        on_progress: Told how far it is, several times a second, from other threads.
        cancelled: Set it to stop; what has come is kept for the next pull.
        options: How; default: into the usual place, as fast as it comes.
        settings: The hub's; default: those of the environment.

    Raises:
        InvalidRequest: The reference is none, or the pull is very large and that was not allowed.
        DiskFull: The disk has no room, or became full.
        ChecksumMismatch: The bytes are, twice, not what the source says.
        RequestAborted: It was cancelled.
        SourceError: The source failed for good.
    """
    options = options or PullOptions()
    settings = settings or hub_settings()
    cancelled = cancelled or threading.Event()
    plan = plan_pull(reference, config=config, options=options, settings=settings)
    library = Library(config)
    if plan.elsewhere is not None:
        return library.resolve(str(plan.elsewhere))
    plan.check(allow_large=options.allow_large)
    _carry_out(plan, options, settings, Meter(plan.total_bytes, on_progress or _nobody), cancelled)
    return library.resolve(str(plan.opens))


def _carry_out(
    plan: PullPlan,
    options: PullOptions,
    settings: HubSettings,
    meter: Meter,
    cancelled: threading.Event,
) -> dict[str, str]:
    is_hub = plan.commit is not None
    reach = Reach.of_hub(settings.endpoint)
    if not is_hub:
        reach = Reach.of_url(plan.files[0].url, is_trusted=options.is_trusted)
    with open_client(
        reach, max_connections=options.num_connections, silence_s=options.silence_s
    ) as client:
        means = Means(
            client=client,
            connections=Connections(),
            num_connections=options.num_connections,
            pace=Pace(options.max_bytes_per_s),
            cancelled=cancelled,
        )
        headers = Hub(settings).headers() if is_hub else {}
        return Run(plan, means, headers, meter)()


def _copy(library: Library, sha256: str) -> Path | None:
    """Return where a file with this digest lies already, in whichever program's place."""
    for entry in library.list():
        if entry.digest == sha256 and entry.path.is_file():
            return entry.path
    return None


def _nobody(progress: PullProgress) -> None:
    """Nobody wants to know."""
