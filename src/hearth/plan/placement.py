"""Which device computes which layer: all on one, or split as llama.cpp splits.

llama.cpp counts the output as one more layer and gives GPUs the last ones: layer i of n lies on a
GPU if i >= n + 1 - gpu_layers. Source: llama_model::load_tensors.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearth.errors import InvalidRequest
from hearth.plan.devices import Computer, Device
from hearth.plan.shape import LayerShape, ModelShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The parts of a model that one device computes, in their order.

    Args:
        visits: How often a pass comes to this device: more than once where devices take turns, as
            with experts in main memory and the rest on a GPU.
    """

    device: Device
    parts: tuple[LayerShape, ...]
    visits: int = 1

    @property
    def weight_bytes(self) -> float:
        """Bytes of the weights that lie there."""
        return sum(part.weight_bytes + part.expert_bytes for part in self.parts)


def place(
    shape: ModelShape, computer: Computer, gpu_layers: int | None = None
) -> tuple[Placement, ...]:
    """Divide a model's layers among the devices of a computer.

    Args:
        shape: The model.
        computer: GPUs first, the processor last, as `Computer` has them.
        gpu_layers: Layers on GPUs, the output counted as one; None means as many as fit.

    Raises:
        InvalidRequest: The computer has no device, or no processor for the layers left over.
    """
    gpus = [device for device in computer.devices if device.kind == "gpu"]
    hosts = [device for device in computer.devices if device.kind == "cpu"]
    if not computer.devices:
        raise InvalidRequest("No device of this machine has a known memory bandwidth.")
    parts = shape.parts
    wanted = len(parts) if gpu_layers is None else min(gpu_layers, len(parts))
    on_gpus = _fill(parts, gpus, wanted, is_asked=gpu_layers is not None)
    left = len(parts) - sum(len(each.parts) for each in on_gpus)
    if left and not hosts:
        raise InvalidRequest(
            f"{left} of {len(parts)} layers of {shape.name} do not fit into the memory of "
            f"{', '.join(gpu.name for gpu in gpus)}, and no main memory is known.",
            hint="Name the main memory as well, such as DDR5-5600 x2.",
        )
    host = (Placement(device=hosts[0], parts=parts[:left]),) if left else ()
    return (*host, *on_gpus)


def _fill(
    parts: tuple[LayerShape, ...], gpus: list[Device], wanted: int, *, is_asked: bool
) -> tuple[Placement, ...]:
    """Give the last layers to the GPUs, the last GPU first, as far as memory goes."""
    found: list[Placement] = []
    end = len(parts)
    first = len(parts) - wanted
    for number, gpu in enumerate(reversed(gpus)):
        room = gpu.memory_bytes if gpu.memory_bytes is not None else float("inf")
        share = -(-(end - first) // (len(gpus) - number)) if is_asked else end - first
        start = end
        while start > first and end - start < share:
            part = parts[start - 1]
            room -= part.weight_bytes + part.expert_bytes
            if room < 0 and not is_asked:
                break
            start -= 1
        if start < end:
            found.append(Placement(device=gpu, parts=parts[start:end]))
        end = start
    return tuple(reversed(found))
