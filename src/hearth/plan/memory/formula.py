"""How much memory a model needs here, in closed formulas: the parts put together, by device.

    weights   sum of the tensors' bytes, from the header: exact. Where they lie follows from the
              split, and from the types that the processor keeps in an order of its own
    output    4 sequences vocab: a row of logits for each, always in main memory
    overhead  the programs, the tokenizer's tables and the ledger of cells, as measured

Keys and values are in `hearth.plan.memory.caches`, scratch memory in `.compute`. Nothing here
knows the machine beyond the names of its processor's instruction sets.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from hearth.models.gguf.info import ModelInfo
from hearth.plan.memory.caches import kept_sequences, kv_bytes, state_bytes
from hearth.plan.memory.compute import compute_bytes, staging_bytes
from hearth.plan.memory.need import DeviceNeed, MemoryNeed, MemoryParts
from hearth.plan.memory.orders import processor_orders
from hearth.plan.memory.overhead import LIBRARY_BYTES, TEMPLATE_BYTES, worker_bytes
from hearth.plan.memory.weights import (
    WeightPlaces,
    first_gpu_layer,
    place_weights,
)

NO_FLAGS: frozenset[str] = frozenset()


def memory_need(
    info: ModelInfo,
    *,
    cells: int,
    num_sequences: int,
    micro_batch_tokens: int,
    kv_type: str = "f16",
    flash_attention: bool = True,
    gpu_layers: int = 0,
    repack: bool = True,
    cpu_flags: AbstractSet[str] = NO_FLAGS,
    projector_bytes: int = 0,
    adapter_bytes: int = 0,
    used_tokens: int | None = None,
) -> MemoryNeed:
    """Compute what a model needs with these settings.

    Args:
        info: The model.
        cells: Tokens that the memory shared by all sequences holds.
        num_sequences: Sequences that run at once.
        micro_batch_tokens: Most tokens computed in one pass.
        kv_type: A key of `KV_TYPES`.
        flash_attention: False takes scratch memory for the full attention matrix.
        gpu_layers: Layers on a GPU, the output counted as one; the last ones go there.
        repack: Whether the engine copies weights into the processor's own order.
        cpu_flags: The processor's instruction sets, as `Cpu.flags` has them; without them no
            weight counts as copied, which changes what is resident and hardly what is needed.
        projector_bytes: Size of a projector that is loaded as well.
        adapter_bytes: Size of the adapters that are loaded as well.
        used_tokens: Tokens that the only sequence really has. Scratch memory that longer ones, or
            several at once, would need is set aside and taken only when it is first written; it
            is left out then. None computes what may be taken at most.
    """
    sequence_ids = num_sequences + kept_sequences(info)
    used = cells if used_tokens is None else min(cells, used_tokens)
    batch = min(micro_batch_tokens, used)
    orders = processor_orders(cpu_flags) if repack else {}
    places = place_weights(info, gpu_layers=gpu_layers, orders=orders)
    scratch = compute_bytes(
        info,
        cells=used,
        micro_batch_tokens=batch,
        sequence_ids=sequence_ids if used_tokens is None else 1,
        flash_attention=flash_attention,
    )
    own_bytes = worker_bytes(info, cells=cells, batch_tokens=batch)
    first = first_gpu_layer(info, gpu_layers)
    on_host, on_gpu = info.layers[:first], info.layers[first:]
    host = DeviceNeed(
        device="host",
        weights_bytes=places.host_bytes,
        kv_bytes=kv_bytes(info, cells=cells, kv_type=kv_type, layers=on_host),
        state_bytes=state_bytes(info, num_sequences=sequence_ids, layers=on_host),
        compute_bytes=scratch if first else staging_bytes(info, cells=used, batch_tokens=batch),
        output_bytes=4 * info.vocab_size * sequence_ids,
        overhead_bytes=own_bytes + LIBRARY_BYTES + TEMPLATE_BYTES,
        tied_copy_bytes=places.host_tied_bytes,
        projector_bytes=0 if gpu_layers else projector_bytes,
        adapter_bytes=0 if gpu_layers else adapter_bytes,
    )
    devices = [host]
    if gpu_layers:
        gpu = DeviceNeed(
            device="gpu",
            weights_bytes=places.gpu_bytes,
            kv_bytes=kv_bytes(info, cells=cells, kv_type=kv_type, layers=on_gpu),
            state_bytes=state_bytes(info, num_sequences=sequence_ids, layers=on_gpu),
            compute_bytes=scratch,
            tied_copy_bytes=places.gpu_tied_bytes,
            projector_bytes=projector_bytes,
            adapter_bytes=adapter_bytes,
        )
        devices.append(gpu)
    return _joined(devices, places, own_bytes)


def _joined(devices: list[DeviceNeed], places: WeightPlaces, own_bytes: int) -> MemoryNeed:
    """Add the devices' parts up."""
    sums = {
        f"{name}_bytes": sum(getattr(device, f"{name}_bytes") for device in devices)
        for name in MemoryParts().parts()
    }
    return MemoryNeed(
        **sums,
        repacked_bytes=places.repacked_bytes,
        mapped_bytes=places.mapped_bytes,
        worker_bytes=own_bytes,
        library_bytes=LIBRARY_BYTES,
        devices=tuple(devices),
    )
