"""A model as facts: sizes -> tensor table -> types -> header -> a stand-in file without weights.

    from hearth.models.blueprint import public_model, quantized, write_stand_in

    model = public_model("Llama-3.1-8B").blueprint      # metadata and tensor table
    small = model.scaled(num_layers=8, width=1024)      # the same architecture, another size
    file = quantized(small, "Q4_K_M")                   # a type per tensor, as llama.cpp mixes them
    describe(file.header)                               # plan without any file
    write_stand_in(path, file)                          # a sparse file that the engine runs

`public_models()` lists well-known models with the address of their config.json. A stand-in has the
header of the real model and holes for weights; only what must not be zero is written (norms,
router weights, recurrent parameters, rows of the embeddings), so that it computes finite numbers
and uses experts evenly. `stand_in_of` makes one from the header of a real or a remote model.
"""

from hearth.models.blueprint.blueprint import Blueprint, blueprint
from hearth.models.blueprint.facts import LatentAttention, ModelFacts, StateSpace
from hearth.models.blueprint.mixing import Mix, mixes
from hearth.models.blueprint.public import PublicModel, public_model, public_models
from hearth.models.blueprint.quantized import Quantized, quantized
from hearth.models.blueprint.stand_in import stand_in_of, write_stand_in
from hearth.models.blueprint.tensors import TensorShape, blueprint_architectures

__all__ = [
    "Blueprint",
    "LatentAttention",
    "Mix",
    "ModelFacts",
    "PublicModel",
    "Quantized",
    "StateSpace",
    "TensorShape",
    "blueprint",
    "blueprint_architectures",
    "mixes",
    "public_model",
    "public_models",
    "quantized",
    "stand_in_of",
    "write_stand_in",
]
