"""What stands on a card, row by row: facts in the words that people use, unknown ones left out."""

from __future__ import annotations

from collections.abc import Iterator

from hearth.models.card import Abilities, AdapterFacts, ModelCard

_SHORT = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


def identity_rows(card: ModelCard) -> Iterator[tuple[str, str]]:
    """Yield what the model is called, where it comes from, and what may be done with it."""
    if card.license:
        yield "licence", card.license
    lineage = card.lineage
    if lineage.adapter_of:
        yield "belongs to", lineage.adapter_of
    if lineage.base_models:
        yield "made from", ", ".join(lineage.base_models)
    if lineage.merged_from:
        method = f" (by {lineage.merge_method})" if lineage.merge_method else ""
        yield "merged from", ", ".join(lineage.merged_from) + method
    if card.sha256:
        yield "sha256", card.sha256


def network_rows(card: ModelCard) -> Iterator[tuple[str, str]]:
    """Yield the shape of the network."""
    if card.architecture:
        yield "architecture", card.architecture
    if card.num_parameters:
        yield "parameters", _parameters(card)
    if card.num_experts:
        yield "experts", f"{card.num_experts}, of which a token uses {card.num_experts_used}"
    if card.num_layers:
        yield "layers", _layers(card)
    if card.num_heads:
        yield "attention", _heads(card)
    if card.context_length:
        yield "context", _context(card)
    if card.vocab_size:
        kind = f", {card.tokenizer}" if card.tokenizer else ""
        yield "vocabulary", f"{card.vocab_size:,} tokens{kind}"
    if card.kind in ("model", "embedding"):
        yield "chat template", "its own" if card.chat_template else "none in its files"
        yield "made for", _abilities(card.abilities)
    if card.adapter is not None:
        yield "adapter", _adapter(card.adapter)


def storage_rows(card: ModelCard) -> Iterator[tuple[str, str]]:
    """Yield how the weights are stored, apart from the bar that draws it."""
    if card.quantization and card.bits_per_weight:
        yield "quantization", f"{card.quantization}, {card.bits_per_weight:.2f} bits per weight"
    elif card.quantization:
        yield "quantization", card.quantization
    if card.tensors:
        files = f" in {len(card.files)} files" if len(card.files) > 1 else ""
        yield "tensors", f"{len(card.tensors):,}{files}"


def short_count(count: int) -> str:
    """Return a count as people say it: 134.5M, 7.2B."""
    for size, letter in _SHORT:
        if count >= size:
            value = count / size
            return f"{value:.0f}{letter}" if value >= 1000 else f"{value:.3g}{letter}"
    return str(count)


def _parameters(card: ModelCard) -> str:
    assert card.num_parameters is not None  # the caller has looked
    total = f"{short_count(card.num_parameters)} ({card.num_parameters:,})"
    active = card.active_parameters
    if active is None or active == card.num_parameters:
        return total
    part = active / card.num_parameters
    return f"{total}, {short_count(active)} used per token ({part:.0%})"


def _layers(card: ModelCard) -> str:
    told = str(card.num_layers)
    if card.width:
        told += f" of width {card.width:,}"
    kinds = []
    if card.num_windowed_layers and card.sliding_window:
        window = f"{card.sliding_window:,}"
        kinds.append(f"{card.num_windowed_layers} look back over {window} tokens only")
    if card.num_recurrent_layers:
        kinds.append(f"{card.num_recurrent_layers} keep a state of fixed size")
    return "; ".join([told, *kinds])


def _heads(card: ModelCard) -> str:
    told = f"{card.num_heads} heads"
    if card.head_size:
        told += f" of {card.head_size}"
    if card.num_kv_heads and card.num_heads and card.num_kv_heads < card.num_heads:
        shared = card.num_heads // card.num_kv_heads
        told += f", {card.num_kv_heads} for keys and values ({shared} share one)"
    return told


def _context(card: ModelCard) -> str:
    told = f"{card.context_length:,} tokens"
    rope = card.rope_scaling
    if rope is None:
        return told
    told += f", stretched by {rope.kind}"
    if rope.factor is not None and rope.factor != 1:
        told += f" {rope.factor:g} times"
    if rope.original_context_length:
        told += f" from {rope.original_context_length:,}"
    return told


def _abilities(abilities: Abilities) -> str:
    listed = {
        "tools": abilities.tools,
        "thinking": abilities.thinking,
        "images": abilities.images,
    }
    able = [name for name, value in listed.items() if value]
    unknown = [name for name, value in listed.items() if value is None]
    told = ", ".join(["text", *able])
    return f"{told} (not known: {', '.join(unknown)})" if unknown else told


def _adapter(adapter: AdapterFacts) -> str:
    told = adapter.method
    if adapter.rank is not None:
        told += f", rank {adapter.rank}"
    if adapter.alpha is not None:
        told += f", alpha {adapter.alpha:g}"
    if adapter.targets:
        told += f", changes {', '.join(adapter.targets)}"
    return told
