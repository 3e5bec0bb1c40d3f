"""What the card of a model shows: its facts in groups, types of weights, origin and places."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from hearth.models.card import ModelCard
from hearth.models.catalogue import match_family
from hearth.models.library import ModelEntry
from hearth.web import figures
from hearth.web.parts import part


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a card: a word and its value, with a short explanation where it needs one."""

    word: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeShare:
    """The part of a model's bytes that one tensor type takes."""

    type: str
    size_bytes: int
    share: float


def shape_facts(card: ModelCard) -> list[Fact]:
    """Return what the model is made of."""
    bits = f"{card.bits_per_weight:.2f}" if card.bits_per_weight else ""
    return [
        *_told(
            ("Parameters", _parameters(card.num_parameters), ""),
            ("Used per token", _active(card), ""),
            ("Experts", _experts(card), "chosen anew for every token"),
            ("Layers", _thousands(card.num_layers), _layer_note(card)),
            ("Width", _thousands(card.width), ""),
            ("Feed-forward width", _thousands(card.feed_forward_length), ""),
            ("Attention heads", _thousands(card.num_heads), _head_note(card)),
            ("Head size", _thousands(card.head_size), ""),
            ("Bits per weight", bits, ""),
        ),
        *_adapter_facts(card),
    ]


def language_facts(card: ModelCard) -> list[Fact]:
    """Return what the model reads and writes, and how it is spoken to."""
    return _told(
        ("Context", _tokens(card.context_length), _rope_note(card)),
        ("Sliding window", _tokens(card.sliding_window), _window_note(card)),
        ("Vocabulary", _tokens(card.vocab_size), ""),
        ("Tokenizer", card.tokenizer or "", ""),
        ("Chat template", _template_word(card), ""),
    )


def ability_words(card: ModelCard) -> list[tuple[str, bool]]:
    """Return the abilities that are known, each with whether the model has it."""
    known = (
        ("Calls tools", card.abilities.tools),
        ("Thinks aloud", card.abilities.thinking),
        ("Sees images", card.abilities.images),
    )
    return [(word, has) for word, has in known if has is not None]


def type_shares(card: ModelCard) -> list[TypeShare]:
    """Return the tensor types with their parts of the whole, the largest first."""
    total = sum(card.bytes_by_type.values())
    return [
        TypeShare(type=name, size_bytes=size_bytes, share=size_bytes / max(total, 1))
        for name, size_bytes in card.bytes_by_type.items()
    ]


def headline(card: ModelCard) -> list[str]:
    """Return the few words that say what a model is."""
    words = [card.architecture, card.kind if card.kind != "model" else None]
    if card.num_parameters:
        words.append(f"{figures.parameters(card.num_parameters)} parameters")
    words += [card.quantization, figures.size(card.size_bytes)]
    return [word for word in words if word]


def draw_card_body(
    card: ModelCard, heat: Markup, entry: ModelEntry | None, fetched_bytes: int | None
) -> Markup:
    """Return everything under the head of a card.

    Args:
        card: What the model is.
        heat: The heat map of its tensors.
        entry: The model in the library: where it lies; None for one that is not here.
        fetched_bytes: What has travelled of one that is not here.
    """
    return part(
        "card_body",
        card=card,
        shape=shape_facts(card),
        language=language_facts(card),
        abilities=ability_words(card),
        family=match_family(card),
        digest=(entry.digest if entry else None) or card.sha256,
        verified=entry is not None and entry.is_verified,
        places=entry.locations if entry else (),
        fetched_bytes=fetched_bytes,
        types=type_shares(card),
        heat=heat,
    )


def _told(*rows: tuple[str, str, str]) -> list[Fact]:
    """Return the facts that have a value."""
    return [Fact(word=word, value=value, note=note) for word, value, note in rows if value]


def _thousands(number: int | None) -> str:
    return f"{number:,}" if number else ""


def _parameters(number: int | None) -> str:
    return figures.parameters(number) if number else ""


def _tokens(number: int | None) -> str:
    return figures.count(number, "token") if number else ""


def _active(card: ModelCard) -> str:
    return (
        "" if card.active_parameters == card.num_parameters else _parameters(card.active_parameters)
    )


def _experts(card: ModelCard) -> str:
    return f"{card.num_experts_used} of {card.num_experts}" if card.num_experts else ""


def _adapter_facts(card: ModelCard) -> list[Fact]:
    adapter = card.adapter
    if adapter is None:
        return []
    return _told(
        ("Method", adapter.method, ""),
        ("Rank", _thousands(adapter.rank), ""),
        ("Alpha", f"{adapter.alpha:g}" if adapter.alpha else "", ""),
        ("Changes", ", ".join(adapter.targets), ""),
    )


def _template_word(card: ModelCard) -> str:
    if card.kind != "model":
        return ""
    return "in the file" if card.chat_template else "none"


def _layer_note(card: ModelCard) -> str:
    num_recurrent = card.num_recurrent_layers
    return f"{num_recurrent:,} of them keep a state of fixed size" if num_recurrent else ""


def _head_note(card: ModelCard) -> str:
    if card.num_kv_heads and card.num_kv_heads != card.num_heads:
        return f"sharing {figures.count(card.num_kv_heads, 'head')} of keys and values"
    return ""


def _window_note(card: ModelCard) -> str:
    if card.num_windowed_layers and card.num_layers:
        return f"in {card.num_windowed_layers} of {card.num_layers} layers"
    return ""


def _rope_note(card: ModelCard) -> str:
    scaling = card.rope_scaling
    if scaling is None:
        return ""
    times = f" {scaling.factor:g} times" if scaling.factor else ""
    original = scaling.original_context_length
    return f"stretched{times} by {scaling.kind}" + (f", from {original:,}" if original else "")
