"""What quantizing a model will do and come to, decided before anything is written."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth.config import Config, ensure_home
from hearth.errors import DiskFull, InvalidRequest
from hearth.forge.quantize.decisions import UNQUANTIZED, Outcome, outcomes
from hearth.forge.quantize.source import SourceModel, find_source
from hearth.machine.probe import read_machine
from hearth.models.blueprint import Mix, mixes
from hearth.models.blueprint.mixing import mix_named
from hearth.models.gguf.parts import whole_name
from hearth.models.labels import plain
from hearth.models.library.importing import SPARE_BYTES, free_target
from hearth.models.sources.tree import GGUF_SUFFIX

MAX_THREADS = 512

REQUANTIZING = (
    "its weights are quantized already ({types}): what they lost stays lost, and the error of the "
    "second rounding comes on top; measured against the same quantization made from F16 or BF16, "
    "the result is worse"
)
_QUANT_AT_END = re.compile(
    r"[-._ ](?:I?Q\d(?:_\w+)*|F16|F32|BF16|FP16|MXFP4\w*)$", flags=re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeOptions:
    """What a person may ask of quantizing.

    Args:
        name: What the new model shall be called; None: as the model, with the quantization.
        allow_requantize: Whether weights that are quantized already may be quantized again.
        threads: Threads that compute; None: the usable cores.
    """

    name: str | None = None
    allow_requantize: bool = False
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizePlan:
    """What quantizing will do; it prints itself.

    Args:
        source: The model.
        outcome: What becomes of its tensors.
        name: What the new model will be called.
        target: Where it will lie.
        free_bytes: Free space of that disk.
        allow_requantize: Whether somebody agreed to quantizing twice.
    """

    source: SourceModel
    outcome: Outcome
    name: str
    target: Path
    free_bytes: int
    threads: int
    allow_requantize: bool

    @property
    def quantization(self) -> str:
        """Name of the mix."""
        return self.outcome.mix.name

    @property
    def short_bytes(self) -> int:
        """Bytes that the disk lacks; 0 where there is room."""
        return max(0, self.outcome.size_bytes + SPARE_BYTES - self.free_bytes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before, as clauses."""
        notes = []
        if self.outcome.requantized:
            notes.append(REQUANTIZING.format(types=", ".join(self.outcome.requantized)))
        if self.quantization in UNQUANTIZED and self.outcome.requantized:
            notes.append("it becomes larger, and no better: no bit comes back")
        return tuple(notes)

    def check(self) -> None:
        """Refuse what cannot, or should not simply, be carried out.

        Raises:
            InvalidRequest: Nothing would change, or weights would be quantized twice and nobody
                agreed to that.
            DiskFull: The disk has no room for the new file.
        """
        model = plain(self.source.entry.name)
        if not self.outcome.num_changed:
            raise InvalidRequest(
                f"{model!r} is {self.quantization} already: no tensor would change.",
                hint=f"`hearth quantize {model}` lists what else it can be made into.",
                param="quantization",
            )
        if self.outcome.requantized and not self.allow_requantize:
            raise InvalidRequest(
                f"{model!r} should not simply be quantized again: {self.notes[0]}.",
                hint="Take the model at F16 or BF16 where there is one; else say that it is meant, "
                "with --allow-requantize.",
                param="allow_requantize",
            )
        if self.short_bytes:
            raise DiskFull(
                f"{plain(self.name)} will have {self.outcome.size_bytes / 1e9:.2f} GB, and "
                f"{SPARE_BYTES / 1e9:.1f} GB are to stay free; {plain(self.target.parent, 300)} "
                f"has {self.free_bytes / 1e9:.2f} GB free.",
                hint="Free some space (`hearth models gc`), or take fewer bits.",
            )

    def as_data(self) -> dict[str, Any]:
        """Return the plan as plain data, for programs."""
        source = self.source
        return {
            "model": source.entry.name,
            "architecture": source.info.architecture,
            "from": source.info.quantization,
            "from_bytes": source.info.file_bytes,
            "quantization": self.quantization,
            "size_bytes": self.outcome.size_bytes,
            "bits_per_weight": self.outcome.bits_per_weight,
            "tensors": dict(self.outcome.num_by_type),
            "num_changed": self.outcome.num_changed,
            "requantized": list(self.outcome.requantized),
            "name": self.name,
            "path": str(self.target),
            "free_bytes": self.free_bytes,
            "threads": self.threads,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """Say it in a few lines."""
        source, outcome = self.source, self.outcome
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in outcome.num_by_type.items())
        lines = [
            f"{plain(source.entry.name)} ({source.info.quantization}, "
            f"{source.info.file_bytes / 1e6:,.0f} MB) -> {self.quantization}: "
            f"{outcome.size_bytes / 1e6:,.0f} MB, {outcome.bits_per_weight:.2f} bits per weight",
            f"tensors   {kinds}; {outcome.num_changed:,} of {len(outcome.types):,} change",
            f"file      {plain(self.target, 300)} ({self.free_bytes / 1e9:.1f} GB free)",
            f"threads   {self.threads}",
            *(f"note      {note}" for note in self.notes),
        ]
        return "\n".join(lines)


def plan_quantize(
    model: str,
    quantization: str,
    config: Config,
    options: QuantizeOptions | None = None,
    *,
    is_trusted: bool = True,
) -> QuantizePlan:
    """Decide what quantizing a model will do; nothing is written.

    Args:
        model: A name of the library or a path.
        quantization: Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0 ... in any case.
        config: Says where models lie.
        options: What a person asked for.
        is_trusted: False for requests over the network: they may not name paths.

    Raises:
        ModelNotFound: There is no such model.
        BadModelFile: It is damaged.
        InvalidRequest: It is not in GGUF, there is no such quantization, or the name is taken.
        EngineError: The engine refuses the model.
    """
    options = options or QuantizeOptions()
    _check_threads(options.threads)
    mix = _mix(quantization)
    source = find_source(model, config, is_trusted=is_trusted)
    name = options.name or default_name(source, mix.name)
    target = free_target(config.models_dir, name)
    (outcome,) = outcomes(source, [mix], config)
    ensure_home(config)
    return QuantizePlan(
        source=source,
        outcome=outcome,
        name=name,
        target=target,
        free_bytes=shutil.disk_usage(config.models_dir).free,
        threads=options.threads or read_machine(config).cpu.num_threads,
        allow_requantize=options.allow_requantize,
    )


def default_name(source: SourceModel, quantization: str) -> str:
    """Return what a quantized copy is called: as the model's file, with another quantization."""
    file = source.files[0]
    is_named = file.suffix.lower() == GGUF_SUFFIX  # and no blob of another program
    stem = whole_name(file) if is_named else re.sub(r"[^\w.-]", "-", source.entry.name)
    return f"{_QUANT_AT_END.sub('', stem) or stem}-{quantization}"


def _mix(quantization: str) -> Mix:
    try:
        return mix_named(quantization)
    except InvalidRequest as error:
        raise InvalidRequest(
            f"Hearth cannot quantize to {plain(quantization)!r}.",
            hint=f"It can to {', '.join(mix.name for mix in mixes())}. Types with fewer bits need "
            "an importance matrix.",
            param="quantization",
        ) from error


def _check_threads(threads: int | None) -> None:
    if threads is not None and not 1 <= threads <= MAX_THREADS:
        raise InvalidRequest(
            f"{threads} threads are asked for; 1 to {MAX_THREADS} are allowed.", param="threads"
        )
