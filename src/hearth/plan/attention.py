"""Time to look back at keys and values, read off what was measured of an engine's kernels.

One token's look back is slow where the keys of a head lie far apart, as they do with many heads of
keys: each one then begins another page of memory. It is quick where several query heads share a
key, which the first of them brings near. And the deeper it looks, the less the caches hold. Each
of the three is measured by itself, and what lies between the measured numbers is interpolated.

Without flash attention rows of all sequences are multiplied together with all keys that there are,
so that the more rows come at once, the quicker each is; with it, what counts is whether there are
enough rows of one sequence for its tiled form.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hearth.machine.profile import OperationSpeed
from hearth.plan.arithmetic import Range

Points = Sequence[tuple[float, Range]]
# By name and type of the keys and values, then by tokens that looked back together.
Looks = Mapping[tuple[str, str | None], Mapping[int, Sequence[OperationSpeed]]]

FLASH, FULL = "attention", "full attention"  # names of what was measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look back at keys and values.

    Args:
        kv_type: Of the keys and values.
        head_size: Numbers of a key.
        kv_heads: Heads of keys; `group` query heads share each.
        cells: Earlier tokens that each token looks back at.
        rows: Tokens that look back together.
        flash: Whether without a matrix of all queries and keys.
    """

    kv_type: str
    head_size: int
    kv_heads: float
    group: float
    cells: float
    rows: float
    flash: bool = True


def looks_of(operations: Iterable[OperationSpeed]) -> Looks:
    """Return those operations that look back, in the order in which they are looked up."""
    found: defaultdict[tuple[str, str | None], defaultdict[int, list[OperationSpeed]]]
    found = defaultdict(lambda: defaultdict(list))
    for row in operations:
        if row.name in (FLASH, FULL) and row.cells:
            found[row.name, row.kv_type][row.batch_size].append(row)
    return found


def look_time(looks: Looks, look: Look) -> Range | None:
    """Return seconds for each operation of a look back; None where its kind was not measured.

    Args:
        looks: That were measured.
        look: The one that is wanted.
    """
    by_rows = looks.get((FLASH if look.flash else FULL, look.kv_type))
    if not by_rows:
        return None
    fewer = max((count for count in by_rows if count <= look.rows), default=min(by_rows))
    more = min((count for count in by_rows if count >= look.rows), default=max(by_rows))
    points = [(count, _at_rows(by_rows[count], look)) for count in {fewer, more}]
    return _between(points, look.rows)


def _at_rows(rows: Sequence[OperationSpeed], look: Look) -> Range:
    """Return the time where as many rows were computed together."""
    least = min(row.cells or 1 for row in rows)
    shallow = [row for row in rows if row.cells == least]
    time = _by_group(_of_size(shallow, look.head_size), look.kv_heads, look.group)
    deep = _of_size([row for row in rows if row not in shallow], look.head_size)
    # Of another size where this one was not timed deep down: keys lie as far apart with more heads.
    size = deep[0].head_size or 1 if deep else 1
    alike = [row for row in shallow if row.head_size == size]
    if not alike:
        return time
    deeper = _depths(deep, alike, look.kv_heads * look.head_size / size)
    return time.times(_between([(least, Range.exactly(1.0)), *deeper], look.cells).likely)


def _of_size(rows: Sequence[OperationSpeed], head_size: int) -> list[OperationSpeed]:
    """Return the rows with the heads that come nearest to a size."""
    if not rows:
        return []
    size = _nearest({row.head_size or 1 for row in rows}, head_size)
    return [row for row in rows if (row.head_size or 1) == size]


def _by_group(rows: Sequence[OperationSpeed], kv_heads: float, group: float) -> Range:
    """Return the time at one depth: linear in how many looks a key serves, from key to key."""
    groups: defaultdict[int, list[OperationSpeed]] = defaultdict(list)
    for row in rows:
        groups[row.heads_per_kv or 1].append(row)
    points = [
        (1 / shared, _between([(row.kv_heads or 1, _seconds(row)) for row in each], kv_heads))
        for shared, each in groups.items()
    ]
    return _linear(sorted(points, key=_place), 1 / max(group, 1e-9))


def _depths(
    deep: Iterable[OperationSpeed], shallow: Sequence[OperationSpeed], kv_heads: float
) -> Iterator[tuple[float, Range]]:
    """Yield by how much a look back takes longer where it is deeper, by tokens."""
    slower: defaultdict[int, list[tuple[float, Range]]] = defaultdict(list)
    for row in deep:
        usual = _by_group(shallow, row.kv_heads or 1, row.heads_per_kv or 1)
        factor = Range.exactly(_seconds(row).likely / usual.likely)
        slower[row.cells or 1].append((row.kv_heads or 1, factor))
    for cells, factors in slower.items():
        yield cells, _between(factors, kv_heads)


def _seconds(row: OperationSpeed) -> Range:
    speed = row.speed
    return Range(low=speed.low, likely=speed.value, high=speed.high).dividing(1.0)


def _between(points: Points, place: float) -> Range:
    """Return a value between points: linear in the logarithm of the place, the last one beyond."""
    logs = sorted(((math.log(where), value) for where, value in points), key=_place)
    return _linear(logs, math.log(max(place, 1e-9)))


def _linear(points: Points, place: float) -> Range:
    if place <= points[0][0]:
        return points[0][1]
    for (left, before), (right, after) in itertools.pairwise(points):
        if place <= right:
            part = (place - left) / (right - left)
            return before.times(1 - part).plus(after.times(part))
    return points[-1][1]


def _place(point: tuple[float, Range]) -> float:
    return point[0]


def _nearest(known: Iterable[int], wanted: float) -> int:
    """Return the known value in the nearest proportion to the wanted one."""
    return min(known, key=lambda value: (abs(math.log(value / max(wanted, 1e-9))), value))
