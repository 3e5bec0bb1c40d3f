"""The sizes of a state-space layer (Mamba), which scratch memory and states depend on."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.models.gguf.architectures import architectures
from hearth.models.gguf.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A state-space layer.

    Args:
        conv_kernel: Tokens that the convolution looks back over, its own included.
        inner_size: Width inside of the layer.
        state_size: Numbers of the state per channel.
        num_groups: Groups that share their projections; 0 for the first Mamba.
        num_heads: Heads of Mamba 2, or the rank of the time step of the first.
    """

    conv_kernel: int
    inner_size: int
    state_size: int
    num_groups: int
    num_heads: int


def recurrence(fields: Fields, architecture: str) -> Recurrence | None:
    """Return the sizes of a model's state-space layers, or None where it has none."""
    inner_size = fields.size("ssm.inner_size", 0)
    if architecture not in architectures().recurrent or not inner_size:
        return None
    return Recurrence(
        conv_kernel=fields.size("ssm.conv_kernel", 0),
        inner_size=inner_size,
        state_size=fields.size("ssm.state_size", 0),
        num_groups=fields.size("ssm.group_count", 0),
        num_heads=fields.size("ssm.time_step_rank", 0),
    )
