"""From two numbers of layers to all of them: what is shared, and what each layer adds.

    seconds per token = a + b x work of the layers

The work of a decode step is the bytes that it reads, of a prompt the weights that it multiplies
with, so that layers of several kinds count for what they are. Memory goes the same way over the
bytes that layers hold; scratch memory is made once, for the largest layer, and does not grow.

The range of what comes out joins the high end of one run to the low end of the other, both ways:
a run with few layers says little about many, and this shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hearth.errors import EngineError
from hearth.measure.twin.result import DecodeSpeed, Figure, MemoryUse, PromptSpeed, TwinRun
from hearth.plan.shape import LayerShape, ModelShape, kv_bytes_read

Work = Callable[[LayerShape], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight line through two points, drawn out to a third place.

    Args:
        near: Place of the smaller run; `far` of the larger, `whole` where the value is wanted.
    """

    near: float
    far: float
    whole: float

    def at_whole(self, near_value: float, far_value: float) -> float:
        """Return the value at the third place, given those at the first two."""
        return far_value + (far_value - near_value) * self._reach

    def figure(self, near: Figure, far: Figure) -> Figure:
        """Return the speed at the third place; speeds are drawn out as times."""
        value = 1 / max(self.at_whole(1 / near.value, 1 / far.value), 1 / far.value)
        slow = 1 / max(self.at_whole(1 / near.high, 1 / far.low), 1 / value)
        fast = 1 / min(max(self.at_whole(1 / near.low, 1 / far.high), 1 / far.high), 1 / value)
        return Figure(value=value, low=slow, high=fast)

    def bytes(self, near: int, far: int) -> int:
        """Return bytes at the third place."""
        return round(self.at_whole(near, far))

    @property
    def _reach(self) -> float:
        if self.far == self.near:  # layers that have nothing of the kind, such as a cache
            return 0.0
        return (self.whole - self.far) / (self.far - self.near)


def extrapolate(shape: ModelShape, near: TwinRun, far: TwinRun, *, kv_type: str) -> TwinRun:
    """Return what the whole model would give, from two runs with fewer layers.

    Args:
        shape: The whole model.
        near: The run with fewer layers.
        far: The run with more, which measured the same.
        kv_type: Type of the keys and values.

    Raises:
        EngineError: The runs did not measure the same.
    """
    share = shape.num_experts_used / shape.num_experts if shape.num_experts else 0.0

    def line(work: Work) -> Line:
        sums = [
            sum(map(work, shape.layers[:count]))
            for count in (near.num_layers, far.num_layers, len(shape.layers))
        ]
        return Line(near=sums[0], far=sums[1], whole=sums[2])

    def weights(part: LayerShape) -> float:
        return part.weights + share * part.expert_weights

    def held(part: LayerShape) -> float:
        return part.weight_bytes + part.expert_bytes

    def read(depth: int) -> Work:
        return lambda part: (
            part.weight_bytes
            + share * part.expert_bytes
            + kv_bytes_read(shape, part, depth=depth, kv_type=kv_type)
        )

    if [_key(each) for each in near.decodes] != [_key(each) for each in far.decodes]:
        raise EngineError("Two runs of one try measured different things.")
    return TwinRun(
        num_layers=len(shape.layers),
        how="extrapolated",
        load_s=_seconds(line(held), near.load_s, far.load_s),
        prompts=tuple(
            PromptSpeed(
                tokens=one.tokens,
                tokens_per_s=line(weights).figure(one.tokens_per_s, other.tokens_per_s),
            )
            for one, other in zip(near.prompts, far.prompts, strict=True)
        ),
        decodes=tuple(
            DecodeSpeed(
                depth=one.depth,
                users=one.users,
                tokens_per_s=line(read(one.depth)).figure(one.tokens_per_s, other.tokens_per_s),
            )
            for one, other in zip(near.decodes, far.decodes, strict=True)
        ),
        memory=_memory(shape, near.memory, far.memory, line),
    )


def _memory(
    shape: ModelShape, near: MemoryUse, far: MemoryUse, line: Callable[[Work], Line]
) -> MemoryUse:
    def held(part: LayerShape) -> float:
        return part.weight_bytes + part.expert_bytes

    def cached(part: LayerShape) -> float:
        return part.cache.key_width + part.cache.value_width + part.cache.state_bytes

    def told(one: int | None, other: int | None) -> int | None:
        return None if one is None or other is None else line(held).bytes(one, other)

    return MemoryUse(
        weights_bytes=line(held).bytes(near.weights_bytes, far.weights_bytes),
        kv_bytes=line(cached).bytes(near.kv_bytes, far.kv_bytes),
        compute_bytes=far.compute_bytes,
        output_bytes=far.output_bytes,
        anonymous_bytes=told(near.anonymous_bytes, far.anonymous_bytes),
        file_bytes=told(near.file_bytes, far.file_bytes),
    )


def _seconds(line: Line, near: Figure, far: Figure) -> Figure:
    value = max(line.at_whole(near.value, far.value), far.value)
    return Figure(value=value, low=value, high=value)


def _key(speed: DecodeSpeed) -> tuple[int, int]:
    return speed.depth, speed.users
