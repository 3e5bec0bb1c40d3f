"""Pull a model: one function for the command line, the pages and HTTP."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from hearth.config import Config, load_config
from hearth.errors import BadModelFile, InvalidRequest, ModelNotFound, SourceError
from hearth.models.hub import Hub, HubSettings, hub_settings
from hearth.models.labels import plain
from hearth.models.library import Library, ModelEntry
from hearth.models.pull.download import FIRST_PAUSE_S, Means
from hearth.models.pull.pace import Pace
from hearth.models.pull.place import put_aside, quarantine_path
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
        first_pause_s: Seconds before the second try of what failed; later pauses double.
    """

    to: Path | None = None
    max_bytes_per_s: float | None = None
    allow_large: bool = False
    is_trusted: bool = True
    num_connections: int = NUM_CONNECTIONS
    silence_s: float = SILENCE_S
    first_pause_s: float = FIRST_PAUSE_S


def plan_pull(
    reference: str,
    *,
    config: Config,
    options: PullOptions | None = None,
    settings: HubSettings | None = None,
    use_copies: bool = True,
) -> PullPlan:
    """Return what a pull would do; nothing but metadata travels.

    Args:
        reference: `hf:owner/repository[:file-or-quant][@revision]` or `https://...`.
        config: Says where Hearth's own folder is.
        options: How; default: into the usual place.
        settings: The hub's; default: those of the environment.
        use_copies: Whether the same bytes in another place will do.

    Raises:
        InvalidRequest: The reference is none, or of a kind that is not fetched.
        HearthError: The source does not have it or does not answer.
    """
    options = options or PullOptions()
    settings = settings or hub_settings()

    def find_copy(sha256: str) -> Path | None:
        entry = Library(config).with_digest(sha256) if use_copies else None
        return entry.path if entry is not None else None

    parsed = Reference.parse(reference)
    to = options.to.expanduser().absolute() if options.to is not None else None
    if parsed.kind is ReferenceKind.HUB:
        return plan_hub_pull(parsed, Hub(settings), config, to=to, find_copy=find_copy)
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
    if plan.elsewhere is not None:
        return Library(config).resolve(str(plan.elsewhere))
    plan.check(allow_large=options.allow_large)
    meter = Meter(plan.total_bytes, on_progress or _nobody)
    digests = _carry_out(plan, options, settings, meter, cancelled)
    return _register(plan, digests, Library(config))


def repair_file(
    path: Path,
    reference: str,
    sha256: str,
    *,
    config: Config | None = None,
    settings: HubSettings | None = None,
) -> None:
    """Fetch one damaged file of a model anew; the damaged bytes are put aside until it is here.

    Args:
        path: Where the file lies.
        reference: What fetches the model that it belongs to.
        sha256: What its bytes must hash to.
        config: Says where Hearth's own folder is; default: the settings of this user.
        settings: The hub's; default: those of the environment.

    Raises:
        SourceError: The source failed, or does not have these bytes any more.
        HearthError: See `pull`.
    """
    config, settings = config or load_config(), settings or hub_settings()
    is_url = Reference.parse(reference).kind is ReferenceKind.URL
    options = PullOptions(to=path.parent if is_url else None, allow_large=True)
    target = path.resolve()
    with put_aside(target):
        plan = plan_pull(
            reference, config=config, options=options, settings=settings, use_copies=False
        )
        wanted = [
            planned
            for planned in plan.files
            if plan.place.bytes_path(planned.file) == target
            and planned.file.sha256 in (None, sha256)
        ]
        if not wanted:
            raise SourceError(
                f"{plain(reference)} does not have the bytes of {plain(path, 300)} any more.",
                hint="Pull the model anew.",
            )
        narrowed = replace(plan, files=tuple(wanted))
        narrowed.check(allow_large=True)
        meter = Meter(narrowed.total_bytes, _nobody)
        _carry_out(narrowed, options, settings, meter, threading.Event())


def _register(plan: PullPlan, digests: dict[Path, str], library: Library) -> ModelEntry:
    """Let the library know what came, and from where; return its entry."""
    try:
        entry = library.register(plan.opens, plan.pinned, digests)
    except ModelNotFound:  # a folder that the library does not search
        entry = library.resolve(str(plan.opens))
    if entry.problem is None or plan.commit is not None:
        return entry
    # A file that nobody vouches for may be an error page with a model's name.
    for planned in plan.files:
        target = plan.place.bytes_path(planned.file)
        target.replace(quarantine_path(target))
    raise BadModelFile(
        f"{entry.problem} It is put aside as {plain(quarantine_path(plan.opens), 300)}.",
        hint="Check that the address leads to the file itself, and not to a page about it.",
    )


def _carry_out(
    plan: PullPlan,
    options: PullOptions,
    settings: HubSettings,
    meter: Meter,
    cancelled: threading.Event,
) -> dict[Path, str]:
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
            first_pause_s=options.first_pause_s,
        )
        headers = Hub(settings).headers() if is_hub else {}
        return Run(plan, means, headers, meter)()


def _nobody(progress: PullProgress) -> None:
    """Nobody wants to know."""
