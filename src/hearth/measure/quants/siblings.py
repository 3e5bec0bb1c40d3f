"""The models that are put side by side: a reference, and what was quantized from it.

A sibling that is missing is made, and stays in the library: it is a model like any other, and a
record of it can only be replayed while its bytes are there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config
from hearth.errors import HearthError, InvalidRequest
from hearth.forge.quantize import QuantizeOptions, origin_of, quantize
from hearth.forge.quantize.source import SourceModel, find_source
from hearth.measure.quants.plan import QuantsPlan
from hearth.models.blueprint import Mix, mixes
from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.gguf.info import ModelInfo
from hearth.models.labels import plain
from hearth.models.library import Library
from hearth.models.library.digests import digest_of_model

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """One of the models.

    Args:
        name: What the library calls it.
        path: What the engine opens.
        is_requantized: Whether it says that it was quantized from quantized weights.
        is_made: Whether it was made just now.
    """

    name: str
    path: Path
    info: ModelInfo
    is_reference: bool = False
    is_requantized: bool = False
    is_made: bool = False


def find_siblings(
    plan: QuantsPlan, config: Config, progress: Progress, cancelled: threading.Event
) -> tuple[Sibling, ...]:
    """Return the reference and its siblings, in this order; make those that are missing.

    Raises:
        ModelNotFound: There is no such model.
        InvalidRequest: There is nothing to compare, or weights would be quantized twice and nobody
            agreed to that.
        RequestAborted: It was stopped.
        HearthError: As `hearth.forge.quantize.quantize` raises.
    """
    source = find_source(plan.model, config)
    progress(0, 0, f"Hashing {plain(source.entry.name)}")
    digest = digest_of_model(config, source.entry, cancelled=cancelled.is_set)
    made_before = dict(_made_from(digest, config))
    known = {mix.name: mix for mix in mixes()}
    found = [_sibling(source, is_reference=True)]
    for candidate in plan.candidates or made_before:
        mix = known.get(candidate.upper())
        if mix is None:
            found.append(_sibling(find_source(candidate, config)))
        elif mix.name in made_before:
            found.append(_sibling(find_source(str(made_before[mix.name]), config)))
        else:
            found.append(_make(source, mix, plan, config, progress, cancelled))
    _check(found, plan)
    return tuple(found)


def reference_alone(plan: QuantsPlan, config: Config) -> Sibling:
    """Return the reference, where nothing is made of it.

    Raises:
        ModelNotFound: There is no such model.
    """
    return _sibling(find_source(plan.model, config), is_reference=True)


def _made_from(digest: str, config: Config) -> Iterator[tuple[str, Path]]:
    """Yield what was quantized here from a model: the mix's name, and the path."""
    for entry in Library(config).list():
        if entry.path.parent != config.models_dir or entry.problem is not None:
            continue
        header = _header(entry.path)
        origin = origin_of(header) if header else None
        if header and origin and origin.sha256 == digest:
            name = _mix_of(header)
            if name:
                yield name, entry.path


def _header(path: Path) -> GgufHeader | None:
    try:
        return read_header(path)
    except HearthError:  # of another format, or damaged: not what is looked for
        return None


def _mix_of(header: GgufHeader) -> str | None:
    """Return the mix that a file was quantized by; pure ones have the number of usual ones."""
    number = header.metadata.get("general.file_type")
    types = {tensor.type.name for tensor in header.tensors if tensor.type.block > 1}
    fitting = [
        mix.name
        for mix in mixes()
        if mix.file_type == number and (len(types) == 1 or not mix.is_pure)
    ]
    return fitting[-1] if fitting else None


def _sibling(source: SourceModel, *, is_reference: bool = False, is_made: bool = False) -> Sibling:
    origin = origin_of(source.headers[0])
    return Sibling(
        name=source.entry.name,
        path=source.entry.path,
        info=source.info,
        is_reference=is_reference,
        is_requantized=origin is not None and origin.is_requantized,
        is_made=is_made,
    )


def _make(
    source: SourceModel,
    mix: Mix,
    plan: QuantsPlan,
    config: Config,
    progress: Progress,
    cancelled: threading.Event,
) -> Sibling:
    def tell(done: int, total: int, doing: str) -> None:
        progress(0, 0, f"{doing} ({done / total:.0%})" if total else doing)

    made = quantize(
        str(source.entry.path),
        mix.name,
        config,
        QuantizeOptions(allow_requantize=plan.allow_requantize),
        progress=tell,
        cancelled=cancelled,
    )
    return _sibling(find_source(made.path, config), is_made=True)


def _check(found: list[Sibling], plan: QuantsPlan) -> None:
    reference, *others = found
    if not others:
        name = plain(plan.model)
        raise InvalidRequest(
            f"Nothing here was quantized from {name!r}, and no candidate is named.",
            hint=f"Name some: hearth bench quants {name} Q8_0 Q4_K_M",
            param="candidates",
        )
    for other in others:
        if other.path == reference.path:
            raise InvalidRequest(
                f"{plain(other.name)!r} is the reference itself.", param="candidates"
            )
    names = [one.name for one in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InvalidRequest(
            f"Two of the models are called {plain(twice[0])!r}; name each once.",
            param="candidates",
        )
