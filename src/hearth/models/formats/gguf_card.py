"""Describe a GGUF: a model, or what else the format carries (adapters, projectors, vocabularies).

A model that the engine knows goes through `gguf.info.describe`, which also proves that it can be
what it claims. Of everything else, only what the header says in so many words is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hearth.models.card import (
    CardFile,
    Lineage,
    ModelCard,
    RopeScaling,
    TensorEntry,
    bytes_by_type,
)
from hearth.models.formats.chat_template import template_abilities
from hearth.models.formats.documents import decimal_of
from hearth.models.formats.engines import LLAMA_CPP, other_way
from hearth.models.formats.files import ModelFiles
from hearth.models.formats.gguf_companions import describe_adapter, describe_projector
from hearth.models.formats.gguf_origin import gguf_lineage
from hearth.models.formats.gguf_values import label, number, text
from hearth.models.formats.lineage import find_lineage, read_readme
from hearth.models.gguf.architectures import architectures
from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.gguf.info import ModelInfo, describe
from hearth.models.gguf.metadata import GgufArray, Value
from hearth.models.gguf.parts import bounded, check_complete, part_paths
from hearth.models.gguf.quantization import bits_per_weight, quantization_name
from hearth.models.labels import plain

_KINDS_BY_REASON = {"an embedding model": "embedding", "an encoder": "encoder"}


def gguf_card(files: ModelFiles, name: str) -> ModelCard:
    """Describe a GGUF file, with the further parts of its model.

    Args:
        files: Where the file and its parts are.
        name: The only or the first file.

    Raises:
        BadModelFile: A file is damaged, a part is missing, or the model cannot be what it claims.
    """
    headers = _headers(files, name)
    card = _common(files, headers)
    metadata = headers[name].metadata
    kind = metadata.get("general.type", "model")
    if kind == "adapter":
        return describe_adapter(card, metadata)
    if kind == "imatrix":
        return replace(card, kind="imatrix", if_not=other_way("imatrix"))
    if card.architecture == "clip":
        return describe_projector(card, metadata)
    if not card.tensors:
        return replace(card, kind="vocabulary", if_not=other_way("vocabulary"))
    if card.architecture not in architectures().known:
        return _unknown(card)
    return _model(card, describe(*headers.values()), metadata)


def _headers(files: ModelFiles, name: str) -> dict[str, GgufHeader]:
    """Return the header of each file of the model by the file's name, in order."""
    first = read_header(files.source(name))
    count = number(first.metadata, "split.count") or 1
    names = [path.as_posix() for path in part_paths(Path(name))]
    if count <= 1 or len(names) != count:
        names = [name]
    elif number(first.metadata, "split.no"):
        raise files.fail("it is a later part of a model", f"Use {names[0]}.")
    missing = [part for part in names if part not in files.sizes]
    if missing:
        listed = ", ".join(missing[:5]) + (" ..." if len(missing) > 5 else "")
        raise files.fail(
            f"{len(missing)} of its {count} parts are missing: {listed}",
            "Download the missing files into the same folder.",
        )
    headers = tuple(bounded([first], (read_header(files.source(part)) for part in names[1:])))
    check_complete(headers)
    return dict(zip(names, headers, strict=True))


def _common(files: ModelFiles, headers: Mapping[str, GgufHeader]) -> ModelCard:
    """Return what can be said of any GGUF."""
    name, first = next(iter(headers.items()))
    metadata = first.metadata
    listed = tuple(tensor for header in headers.values() for tensor in header.tensors)
    entries = _entries(headers)
    template = text(metadata, "tokenizer.chat_template")
    architecture = label(metadata, "general.architecture")
    is_part = metadata.get("general.type") == "adapter" or architecture == "clip"
    readme = read_readme(files)
    lineage = gguf_lineage(metadata, files.source(name), is_part=is_part)
    return ModelCard(
        format="gguf",
        kind="model",
        name=label(metadata, "general.name") or plain(files.name),
        files=tuple(
            CardFile(name=file, size_bytes=header.size_bytes) for file, header in headers.items()
        ),
        architecture=architecture,
        num_parameters=sum(tensor.num_elements for tensor in listed),
        active_parameters=sum(tensor.num_elements for tensor in listed),
        vocab_size=_vocab_size(metadata),
        tokenizer=label(metadata, "tokenizer.ggml.model"),
        chat_template=template,
        abilities=template_abilities(template),
        quantization=quantization_name(listed, metadata.get("general.file_type")),
        bits_per_weight=bits_per_weight(listed) or None,
        bytes_by_type=bytes_by_type(entries),
        license=label(metadata, "general.license") or readme.license,
        lineage=lineage if lineage != Lineage() or is_part else find_lineage(files, readme),
        warnings=tuple(warning for header in headers.values() for warning in header.warnings),
        tensors=entries,
    )


def _model(card: ModelCard, info: ModelInfo, metadata: Mapping[str, Value]) -> ModelCard:
    arch = info.architecture
    num_recurrent = sum(bool(layer.state_bytes) for layer in info.layers)
    has_heads = info.num_heads > 0 and any(layer.key_width for layer in info.layers)
    described = replace(
        card,
        kind=_KINDS_BY_REASON.get(info.cannot_chat or "", "model"),
        active_parameters=info.active_parameters,
        num_layers=info.num_layers,
        width=info.embedding_length,
        feed_forward_length=number(metadata, f"{arch}.feed_forward_length"),
        num_heads=info.num_heads if has_heads else None,
        num_kv_heads=info.num_kv_heads if has_heads else None,
        head_size=_head_size(info, metadata) if has_heads else None,
        num_experts=info.num_experts,
        num_experts_used=info.num_experts_used,
        sliding_window=number(metadata, f"{arch}.attention.sliding_window") or info.sliding_window,
        num_windowed_layers=sum(layer.windowed for layer in info.layers),
        num_recurrent_layers=num_recurrent,
        context_length=info.context_length,
        rope_scaling=_rope_scaling(metadata, arch),
        vocab_size=info.vocab_size,
    )
    if info.cannot_chat is None:
        return replace(described, runs_here=LLAMA_CPP)
    row = "embedding" if described.kind == "embedding" else "other_kind"
    return replace(described, if_not=other_way(row, family=info.cannot_chat))


def _head_size(info: ModelInfo, metadata: Mapping[str, Value]) -> int | None:
    """Return the size of a head as the network has it, which a compressed cache does not show."""
    latent = number(metadata, f"{info.architecture}.attention.key_length_mla")
    return latent or info.key_length or None


def _unknown(card: ModelCard) -> ModelCard:
    family = card.architecture or "(none named)"
    return replace(card, if_not=other_way("unknown_family", family=family))


def _entries(headers: Mapping[str, GgufHeader]) -> tuple[TensorEntry, ...]:
    return tuple(
        TensorEntry(
            name=tensor.name,
            shape=tensor.shape[::-1],
            type=tensor.type.name,
            size_bytes=tensor.size_bytes,
            num_weights=tensor.num_elements,
            file=file,
            offset=header.data_start + tensor.offset,
        )
        for file, header in headers.items()
        for tensor in header.tensors
    )


def _rope_scaling(metadata: Mapping[str, Value], arch: str) -> RopeScaling | None:
    kind = label(metadata, f"{arch}.rope.scaling.type")
    if kind is None or kind == "none":
        return None
    return RopeScaling(
        kind=kind,
        factor=decimal_of(metadata.get(f"{arch}.rope.scaling.factor")),
        original_context_length=number(metadata, f"{arch}.rope.scaling.original_context_length"),
    )


def _vocab_size(metadata: Mapping[str, Value]) -> int | None:
    tokens = metadata.get("tokenizer.ggml.tokens")
    return tokens.count if isinstance(tokens, GgufArray) else None
