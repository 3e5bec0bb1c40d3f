"""What is asked of the process that simulates a load, and what it answers, in msgpack."""

from __future__ import annotations

from typing import Any

import msgspec

from hearth.models.gguf.info import ModelInfo
from hearth.plan.layouts import PLAIN
from hearth.plan.load import LoadPlan
from hearth.plan.memory import MemoryParts, kept_sequences


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one question may cost.

    Args:
        memory_bytes: Address space; Python with the engine's libraries takes a third of it.
        cpu_s: Processor time; the system rounds it up to whole seconds.
        wall_s: Time until the child is ended.
    """

    memory_bytes: int = 2 << 30
    cpu_s: float = 10.0
    wall_s: float = 60.0


class SimulationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a model would be loaded.

    Args:
        cells: Tokens that the shared memory holds.
        sequences: Sequence ids, running and kept; also the most rows of logits in a batch.
        gpu_layers: Layers on a GPU, the output counted as one.
    """

    cells: int
    sequences: int
    batch_tokens: int = 512
    micro_batch_tokens: int = 512
    kv_type: str = "f16"
    flash_attention: str = "auto"
    gpu_layers: int = 0
    repack: bool = True

    @staticmethod
    def of(plan: LoadPlan, info: ModelInfo) -> SimulationSettings:
        """Return the settings that a plan would load a model with."""
        return SimulationSettings(
            cells=plan.cells.value,
            sequences=plan.num_sequences.value + kept_sequences(info),
            batch_tokens=max(plan.batch_tokens.value, plan.num_sequences.value),
            micro_batch_tokens=plan.micro_batch_tokens.value,
            kv_type=plan.kv_type.value,
            flash_attention=plan.flash_attention.value,
            gpu_layers=plan.gpu_layers.value,
            repack=plan.layout.value != PLAIN,
        )


class Ask(msgspec.Struct, frozen=True):
    """The question: what would the model at this path take?"""

    path: str
    settings: SimulationSettings
    limits: Limits


class Simulation(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What llama.cpp would take, in bytes; its log rounds to a hundredth of a MiB.

    Args:
        compute_by_device: Scratch memory by the device's name, such as "CPU" or "CUDA0".
    """

    weights_bytes: int
    kv_bytes: int
    state_bytes: int
    compute_bytes: int
    output_bytes: int
    compute_by_device: dict[str, int]

    @property
    def parts(self) -> MemoryParts:
        """The same by the names of a closed formula's parts."""
        return MemoryParts(
            weights_bytes=self.weights_bytes,
            kv_bytes=self.kv_bytes,
            state_bytes=self.state_bytes,
            compute_bytes=self.compute_bytes,
            output_bytes=self.output_bytes,
        )

    @property
    def total_bytes(self) -> int:
        """The sum of the parts."""
        return self.parts.total_bytes


class Failed(msgspec.Struct, frozen=True, tag=True):
    """There is no answer; the error as `HearthError.as_data`."""

    error: dict[str, Any]


def encode(message: Ask | Simulation | Failed) -> bytes:
    """Return a message as bytes."""
    return msgspec.msgpack.encode(message)


def decode_ask(payload: bytes) -> Ask:
    """Return the question."""
    return msgspec.msgpack.decode(payload, type=Ask)


def decode_reply(payload: bytes) -> Simulation | Failed:
    """Return the answer."""
    return msgspec.msgpack.decode(payload, type=Simulation | Failed)
