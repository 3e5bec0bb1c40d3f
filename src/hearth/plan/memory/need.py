"""What a loaded model takes, by part, by device, and by what the system can take back.

Two questions have different answers. *What must be free?* counts each byte once: `total_bytes`.
*What will the worker be seen to hold?* counts the pages of the file as well whose weights were
copied into the processor's own order: `resident_bytes`. The system takes those pages back as soon
as anybody needs them, and nobody reads them again: `reclaimable_bytes`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryParts:
    """Bytes by part.

    Args:
        weights_bytes: All tensors of the files, each once.
        kv_bytes: Keys and values.
        compute_bytes: Scratch memory of one pass.
        output_bytes: Rows of logits.
        overhead_bytes: Programs, tokenizer, bookkeeping.
        state_bytes: States of recurrent layers.
        tied_copy_bytes: The input embeddings once more, where they are the output matrix as well
            and the two must lie differently or on different devices.
        projector_bytes: What turns pictures or sound into embeddings, with its scratch memory.
        adapter_bytes: Adapters (LoRA).
    """

    weights_bytes: int = 0
    kv_bytes: int = 0
    compute_bytes: int = 0
    output_bytes: int = 0
    overhead_bytes: int = 0
    state_bytes: int = 0
    tied_copy_bytes: int = 0
    projector_bytes: int = 0
    adapter_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        """The sum of all parts."""
        return sum(self.parts().values())

    def parts(self) -> dict[str, int]:
        """Return the bytes of each part by its name, also those that are 0."""
        names = [field.name for field in fields(MemoryParts)]
        return {name.removesuffix("_bytes"): getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceNeed(MemoryParts):
    """What lies on one device: "host" (main memory) or "gpu" (all GPUs together)."""

    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryNeed(MemoryParts):
    """Bytes that a loaded model needs, by part.

    Args:
        repacked_bytes: Of the weights on the host, those that are copied into the processor's own
            order: memory of the worker's own, where the others are pages of the file.
        mapped_bytes: Pages of the files that the worker keeps mapped.
        worker_bytes: Of the overhead, what is the worker's own and no page of a library.
        library_bytes: Of the overhead, pages of libraries that the worker has mapped.
        devices: The same parts by device, the host first.
    """

    repacked_bytes: int = 0
    mapped_bytes: int = 0
    worker_bytes: int = 0
    library_bytes: int = 0
    devices: tuple[DeviceNeed, ...] = ()

    @property
    def host(self) -> MemoryParts:
        """What lies in main memory."""
        return self.devices[0] if self.devices else self

    @property
    def anonymous_bytes(self) -> int:
        """Memory of the worker's own, which only the worker's end gives back."""
        host = self.host
        return (
            self.repacked_bytes
            + host.kv_bytes
            + host.state_bytes
            + host.compute_bytes
            + host.output_bytes
            + host.tied_copy_bytes
            + host.projector_bytes
            + host.adapter_bytes
            + self.worker_bytes
        )

    @property
    def reclaimable_bytes(self) -> int:
        """Pages of the files that stay mapped although nothing is read from them any more."""
        return max(0, self.mapped_bytes - (self.host.weights_bytes - self.repacked_bytes))

    @property
    def resident_bytes(self) -> int:
        """What the system will show as the worker's resident memory, shared pages included."""
        return self.anonymous_bytes + self.mapped_bytes + self.library_bytes
