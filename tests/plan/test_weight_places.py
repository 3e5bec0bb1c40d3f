"""Where weights lie: on which device, copied or as pages of the file."""

from __future__ import annotations

import pytest

from hearth.models.blueprint import public_model, quantized
from hearth.models.gguf.info import ModelInfo, describe
from hearth.plan.memory import memory_need
from hearth.plan.memory.orders import order_of, processor_orders
from hearth.plan.memory.weights import place_weights

AVX512 = frozenset({"avx2", "avx512f"})
AMX = AVX512 | {"amx_int8"}


def model(name: str, quantization: str) -> ModelInfo:
    return describe(quantized(public_model(name).blueprint, quantization).header)


@pytest.mark.parametrize(
    ("quantization", "flags", "is_copied"),
    [
        ("Q4_0", frozenset({"avx2"}), True),
        ("Q4_0", frozenset(), False),
        ("Q8_0", AVX512, False),
        ("Q2_K", frozenset({"avx2"}), False),
        ("Q2_K", AVX512, True),
        ("Q8_0", frozenset({"asimddp"}), True),
        ("Q8_0", AMX, True),
        ("F16", AMX, True),
        ("BF16", AMX, False),
    ],
)
def test_types_that_a_processor_rearranges_are_copied(
    quantization: str, flags: frozenset[str], is_copied: bool
) -> None:
    info = model("Llama-3.1-8B", quantization)
    places = place_weights(info, orders=processor_orders(flags))
    # A mix keeps a few tensors in a type that may be copied where most are not.
    assert (places.repacked_bytes > 0.3 * info.weight_bytes) == is_copied
    assert places.repacked_bytes < places.host_bytes  # embeddings and norms never are


def test_copies_in_tiles_are_larger_than_what_they_are_copies_of() -> None:
    info = model("Llama-3.1-8B", "Q8_0")
    settings = {"cells": 4096, "num_sequences": 1, "micro_batch_tokens": 512}
    tiles = memory_need(info, **settings, cpu_flags=AMX)  # type: ignore[arg-type]
    plain = memory_need(info, **settings, cpu_flags=AMX, repack=False)  # type: ignore[arg-type]
    more = tiles.weights_bytes - plain.weights_bytes
    assert more == pytest.approx(tiles.repacked_bytes * 4 / 38, rel=1e-3)


def test_the_first_order_that_fits_is_taken() -> None:
    orders = processor_orders(AMX)
    tiles, rows = orders["Q4_K"]
    assert order_of(orders, "Q4_K", 64) is tiles
    assert order_of(orders, "Q4_K", 8) is rows
    assert order_of(orders, "Q4_K", 64, is_expert=True) is rows
    assert order_of(orders, "Q4_K", 4) is None
    assert order_of(orders, "Q8_0", 64, is_expert=True) is None


def test_copied_weights_are_seen_twice_and_needed_once() -> None:
    info = model("Llama-3.1-8B", "Q4_0")
    settings = {"cells": 4096, "num_sequences": 1, "micro_batch_tokens": 512}
    copied = memory_need(info, **settings, cpu_flags=AVX512)  # type: ignore[arg-type]
    plain = memory_need(info, **settings, cpu_flags=AVX512, repack=False)  # type: ignore[arg-type]
    assert copied.total_bytes == plain.total_bytes
    assert plain.reclaimable_bytes < 2**20
    assert copied.reclaimable_bytes > 0.8 * copied.repacked_bytes
    assert copied.resident_bytes - plain.resident_bytes > 0.8 * copied.repacked_bytes
    assert copied.anonymous_bytes - plain.anonymous_bytes == copied.repacked_bytes


def test_layers_lie_where_they_are_computed() -> None:
    info = model("Llama-3.1-8B", "Q4_K_M")
    settings = {"cells": 4096, "num_sequences": 1, "micro_batch_tokens": 512}
    whole = memory_need(info, **settings)  # type: ignore[arg-type]
    for layers in (0, 1, 9, info.num_layers, info.num_layers + 1):
        need = memory_need(info, **settings, gpu_layers=layers)  # type: ignore[arg-type]
        assert sum(device.weights_bytes for device in need.devices) == info.weight_bytes
        assert need.kv_bytes == whole.kv_bytes
        on_gpu = need.devices[1] if layers else None
        per_layer = whole.kv_bytes // info.num_layers
        assert (on_gpu.kv_bytes if on_gpu else 0) == max(0, layers - 1) * per_layer
    everything = memory_need(info, **settings, gpu_layers=99)  # type: ignore[arg-type]
    assert 0 < everything.host.weights_bytes < 0.1 * info.weight_bytes  # the input embeddings
    assert everything.host.compute_bytes < whole.compute_bytes


def test_tied_embeddings_lie_on_both_devices() -> None:
    info = model("Llama-3.2-1B", "Q8_0")
    settings = {"cells": 512, "num_sequences": 1, "micro_batch_tokens": 512}
    assert memory_need(info, **settings).tied_copy_bytes == 0  # type: ignore[arg-type]
    split = memory_need(info, **settings, gpu_layers=1)  # type: ignore[arg-type]
    assert split.devices[1].tied_copy_bytes == split.tied_copy_bytes > 0
    assert split.devices[1].total_bytes > split.tied_copy_bytes


def test_more_never_needs_less() -> None:
    for name in ("Llama-3.2-1B", "gemma-3-1b-it", "mamba-130m-hf", "Falcon-H1-0.5B-Base"):
        info = model(name, "Q4_K_M")
        before = 0
        for cells, sequences in ((512, 1), (512, 4), (4096, 4), (4096, 60), (32_768, 60)):
            need = memory_need(
                info, cells=cells, num_sequences=sequences, micro_batch_tokens=512
            ).total_bytes
            assert need >= before, (name, cells, sequences)
            before = need
