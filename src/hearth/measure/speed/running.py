"""Open the targets that a person named, measure them, and close them whatever happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from hearth.config import Config
from hearth.measure.evidence import Draft, Progress
from hearth.measure.speed.compare import compare
from hearth.measure.speed.measure import measure_speed
from hearth.measure.speed.plan import ComparePlan, SpeedPlan
from hearth.measure.speed.target import Target
from hearth.measure.speed.targets import api_keys, is_address, open_target


async def run_speed(
    config: Config,
    target: str,
    plan: SpeedPlan,
    report: Progress,
    *,
    key_from: Sequence[str] = (),
    is_trusted: bool = True,
) -> Draft:
    """Measure how fast a target answers.

    Args:
        config: Says where Hearth's home is.
        target: A model's name or path, or [DIALECT+]URL#MODEL.
        plan: What is measured.
        report: Told how far it is.
        key_from: [HOST=]VARIABLE: where the key of a server is.
        is_trusted: False for requests over the network: they may name neither paths nor servers.

    Raises:
        HearthError: The target cannot be understood, reached, loaded, or failed.
    """
    async with _opened(config, [target], key_from, is_trusted) as (one,):
        return await measure_speed(one, plan, report, config=config, key_from=key_from)


async def run_compare(
    config: Config,
    a: str,
    b: str,
    plan: ComparePlan,
    report: Progress,
    *,
    key_from: Sequence[str] = (),
    is_trusted: bool = True,
) -> Draft:
    """Compare two targets; see `run_speed`. The same twice is one target, asked under two names."""
    async with _opened(config, [a, b], key_from, is_trusted) as targets:
        one, other = targets[0], targets[-1]
        return await compare(one, other, plan, report, config=config, key_from=key_from)


@asynccontextmanager
async def _opened(
    config: Config, texts: Sequence[str], key_from: Sequence[str], is_trusted: bool
) -> AsyncIterator[list[Target]]:
    """Open each target once, in the order given."""
    named = list(dict.fromkeys(texts))
    keys = api_keys(key_from, len({text for text in named if is_address(text)}))
    async with AsyncExitStack() as stack:
        targets: list[Target] = []
        for text in named:
            target = open_target(config, text, keys, is_trusted=is_trusted)
            stack.push_async_callback(target.close)
            targets.append(target)
        yield targets
