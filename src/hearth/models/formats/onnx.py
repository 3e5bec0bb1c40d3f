"""Describe ONNX files: the initializers of the graph, which are the weights.

An ONNX file is one message of Protocol Buffers. Only the fields that matter are looked into; the
rest, the weights among them, is skipped without being read, so that a file of two gigabytes costs
as little as a small one. Source of the field numbers: onnx.proto of onnx/onnx.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from hearth.models.bytes import ByteSource, bad_file
from hearth.models.card import ModelCard, TensorEntry
from hearth.models.formats.documents import number_of, part_of, read_json, text_of
from hearth.models.formats.engines import other_way
from hearth.models.formats.files import ModelFiles
from hearth.models.formats.hub_folder import describe_folder
from hearth.models.formats.protobuf import Field, MessageReader
from hearth.models.labels import plain

MAX_TENSORS = 65_536
MAX_NAME_BYTES = 4096
MAX_DIMS = 16
MAX_INPUTS = 8
MAX_ELEMENTS = 2**63 - 1
_GENAI_CONFIG = "genai_config.json"

# TensorProto.DataType: name on the card and bits per number.
_TYPES = MappingProxyType(
    {
        1: ("F32", 32),
        2: ("U8", 8),
        3: ("I8", 8),
        4: ("U16", 16),
        5: ("I16", 16),
        6: ("I32", 32),
        7: ("I64", 64),
        9: ("BOOL", 8),
        10: ("F16", 16),
        11: ("F64", 64),
        12: ("U32", 32),
        13: ("U64", 64),
        16: ("BF16", 16),
        17: ("F8_E4M3", 8),
        19: ("F8_E5M2", 8),
        21: ("U4", 4),
        22: ("I4", 4),
        23: ("F4", 4),
    }
)
_NO_WEIGHTS = frozenset({"I64", "I32", "BOOL", "U64"})  # shapes and indices
_PACKED_OPERATOR = "MatMulNBits"

# Numbers of the fields that matter.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER = 1, 5
_NODE_INPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE = 1, 4, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_INT = 1, 3
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW_DATA = 1, 2, 8, 9


def is_onnx(start: bytes, name: str) -> bool:
    """Say whether a file is an ONNX model: it has no mark of its own but its name's ending."""
    return name.lower().endswith(".onnx") and start[:1] == b"\x08"


def onnx_card(files: ModelFiles, names: Sequence[str]) -> ModelCard:
    """Describe an ONNX model.

    Args:
        files: The model's folder.
        names: Its graphs; where there are several, the one called `model.onnx` is described.

    Raises:
        BadModelFile: The graph is damaged or claims something impossible.
    """
    main = next((name for name in names if name.endswith("model.onnx")), names[0])
    tensors = read_graph(files.source(main), main)
    # Weights over two gigabytes lie in a second file.
    used = sorted(name for name in files.sizes if name.startswith((f"{main}_", f"{main}.")))
    card = _with_genai(describe_folder(files, [main, *used], tensors), files)
    others = [name for name in names if name != main]
    noted = (f"{len(others)} more graphs are here, {others[0]} among them",) if others else ()
    return replace(
        card,
        format="onnx",
        warnings=(*card.warnings, *noted),
        if_not=other_way("onnx", lineage=card.lineage),
    )


def read_graph(source: ByteSource, file: str) -> tuple[TensorEntry, ...]:
    """Return the initializers of a graph.

    Args:
        source: The file's bytes; the weights are not read.
        file: What the tensors say that their file is called.

    Raises:
        BadModelFile: It is damaged or claims something impossible.
    """
    reader = MessageReader(source)
    found: dict[str, TensorEntry] = {}
    packed: dict[str, int] = {}
    for part in reader.fields(0, source.size_bytes):
        for field in reader.message(part) if part.number == _MODEL_GRAPH else ():
            if field.number == _GRAPH_INITIALIZER:
                tensor = _tensor(reader, field, source, file)
                found[tensor.name] = tensor
            elif field.number == _GRAPH_NODE:
                packed |= _packed_weights(reader, field)
            if len(found) > MAX_TENSORS:
                raise bad_file(source.name, f"it has more than {MAX_TENSORS:,} tensors")
    return tuple(
        replace(tensor, num_weights=packed.get(tensor.name, tensor.num_weights))
        for tensor in found.values()
    )


def _tensor(reader: MessageReader, message: Field, source: ByteSource, file: str) -> TensorEntry:
    shape: list[int] = []
    name, kind, offset = "", 0, None
    for field in reader.message(message):
        if field.number == _TENSOR_DIMS:
            shape += reader.numbers(field, MAX_DIMS)
        elif field.number == _TENSOR_TYPE:
            kind = field.value or 0
        elif field.number == _TENSOR_NAME:
            name = plain(reader.text(field, MAX_NAME_BYTES), MAX_NAME_BYTES)
        elif field.number == _TENSOR_RAW_DATA:
            offset = field.start
    type_name, bits = _TYPES.get(kind, (f"type {kind}", 0))
    count = math.prod(shape)
    if len(shape) > MAX_DIMS or count > MAX_ELEMENTS:
        raise bad_file(source.name, f"tensor {name} has an impossible shape")
    return TensorEntry(
        name=name,
        shape=tuple(shape),
        type=type_name,
        size_bytes=-(-count * bits // 8),
        num_weights=0 if type_name in _NO_WEIGHTS else count,
        file=file,
        offset=offset,
    )


def _packed_weights(reader: MessageReader, node: Field) -> dict[str, int]:
    """Return how many weights stand behind the inputs of an operator that unpacks them."""
    inputs: list[str] = []
    sizes: dict[str, int] = {}
    operator = ""
    for field in reader.message(node):
        if field.number == _NODE_INPUT and len(inputs) < MAX_INPUTS:
            inputs.append(reader.text(field, MAX_NAME_BYTES))
        elif field.number == _NODE_OPERATOR:
            operator = reader.text(field, MAX_NAME_BYTES)
        elif field.number == _NODE_ATTRIBUTE:
            parts = {part.number: part for part in reader.message(field)}
            if {_ATTRIBUTE_NAME, _ATTRIBUTE_INT} <= parts.keys():
                name = reader.text(parts[_ATTRIBUTE_NAME], MAX_NAME_BYTES)
                sizes[name] = parts[_ATTRIBUTE_INT].value or 0
    if operator != _PACKED_OPERATOR or len(inputs) < 2:
        return {}
    weights = min(sizes.get("K", 0) * sizes.get("N", 0), MAX_ELEMENTS)
    return {inputs[1]: weights} | dict.fromkeys(inputs[2:], 0)


def _with_genai(card: ModelCard, files: ModelFiles) -> ModelCard:
    """Fill what config.json did not tell from the configuration of ONNX Runtime GenAI."""
    model = part_of((read_json(files, _GENAI_CONFIG) or {}).get("model"))
    decoder = part_of(model.get("decoder"))
    return replace(
        card,
        architecture=card.architecture or _label(model.get("type")),
        num_layers=card.num_layers or number_of(decoder.get("num_hidden_layers")),
        width=card.width or number_of(decoder.get("hidden_size")),
        num_heads=card.num_heads or number_of(decoder.get("num_attention_heads")),
        num_kv_heads=card.num_kv_heads or number_of(decoder.get("num_key_value_heads")),
        head_size=card.head_size or number_of(decoder.get("head_size")),
        context_length=card.context_length or number_of(model.get("context_length")),
        vocab_size=card.vocab_size or number_of(model.get("vocab_size")),
    )


def _label(value: object) -> str | None:
    found = text_of(value)
    return plain(found) if found else None
