"""What is measured: the table of all workloads, with the limits that each figure must keep.

W1 to W10 are those of a protocol for serving engines on small machines: one undisturbed stream,
prompts, shared beginnings, conversations, restarts, many streams, a long prompt among answers,
answers that copy, cold starts, and a machine that is not idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workloads.cases import FLASH, TIME, WITH, Case, Workload, hearth, raw
from workloads.contention import beside_hogs, with_less
from workloads.many import many
from workloads.measures import (
    cold_start,
    conversations,
    decode,
    edit,
    next_turn_after_restart,
    prompt,
    prose,
    shared_prefix,
)
from workloads.models import MIXED, MODELS, SMALL, STARTER, STARTER_Q4_0, STARTER_Q8_0
from workloads.sides import Setup, cores

PARITY = 0.97


def workloads(peers: Sequence[tuple[str, Setup]] = ()) -> tuple[Workload, ...]:
    """Return all workloads.

    Args:
        peers: Servers to be compared with, each with the model of ours that it serves.
    """
    own = (
        *_single_stream(),
        *_prompts(),
        *_prefixes(),
        *_restarts(),
        *many(),
        *_speculation(),
        *_cold(),
        *_contention(),
    )
    against = tuple(
        replace(workload, baseline=peer)
        for model, peer in peers
        for workload in own
        if workload.for_peers and workload.model == model
    )
    return (*own, *against)


def _single_stream() -> tuple[Workload, ...]:
    behind = Case(name="decode behind 4,000 tokens", measure=decode(depth=4000, num_tokens=96))
    deep = (replace(behind, target=PARITY, blocks=5),)
    usual = tuple(
        Workload(
            number="W1",
            title="one stream through HTTP",
            model=model,
            subject=hearth("Hearth without speculation", speculation="off"),
            baseline=raw(),
            cases=(
                Case(name="decode, one stream", measure=decode(num_tokens=256), target=PARITY),
                *(deep if model == STARTER else ()),
            ),
            for_peers=True,
        )
        for model in MODELS
    )
    flash = replace(usual[0], subject=hearth(FLASH, speculation="off", **WITH), cases=deep)
    return (*usual, flash)


def _prompts() -> tuple[Workload, ...]:
    prompts = [
        Case(name=f"prompt of {length:,} tokens", measure=prompt(length), unit=TIME)
        for length in (512, 1024, 2048)
    ]
    answers = Case(name="decode at the same time", measure=decode(), target=PARITY)
    split = tuple(replace(case, target=1.4) for case in prompts)
    # Random weights repeat themselves: what is guessed right would hide how fast a step is.
    alone = {"speculation": "off"}
    repacked = hearth("repacked", layout="repacked", **alone)
    title = "prompts, by how weights lie in memory"
    plain = [
        Workload(
            number="W2",
            title=title,
            model=model,
            subject=hearth("plain", layout="plain", **alone),
            baseline=repacked,
            cases=(prompts[1], replace(answers, name="decode", target=None)),
        )
        for model in (SMALL, MIXED)
    ]
    two = Workload(
        number="W2",
        title=title,
        model=MIXED,
        subject=hearth("two layouts", layout="split", **alone),
        baseline=repacked,
        cases=(*split, answers),
    )
    flash = replace(
        two,
        subject=hearth("two layouts, flash attention", layout="split", **alone, **WITH),
        baseline=hearth("repacked, flash attention", layout="repacked", **alone, **WITH),
    )
    peer = Workload(
        number="W2",
        title=title,
        model=MIXED,
        subject=hearth(),
        baseline=raw(),
        cases=tuple(prompts),
        for_peers=True,
    )
    return (two, flash, *plain, peer)


def _prefixes() -> tuple[Workload, ...]:
    shared = Workload(
        number="W3",
        title="users who begin alike: time until the last has a first token",
        model=STARTER,
        subject=hearth(),
        baseline=raw(context=20_480),  # nothing is shared there
        cases=tuple(
            Case(
                name=f"{users} users, 1,000 tokens in common",
                measure=shared_prefix(users),
                unit=TIME,
                counter=("over_ideal", 1.05),
                blocks=5,
                warm=False,
            )
            for users in (1, 8, 16)
        ),
        for_peers=True,
    )
    talking = Workload(
        number="W4",
        title="eight chats that take turns, two of them edited: sum of times to a first token",
        model=STARTER,
        subject=hearth(),
        baseline=hearth("no prefix cache", prefix_cache="off"),
        cases=(
            Case(
                name="8 chats of 6 turns",
                measure=conversations(),
                unit=TIME,
                blocks=5,
                warm=False,
            ),
        ),
        for_peers=True,
    )
    return shared, talking


def _restarts() -> tuple[Workload, ...]:
    restarted = Workload(
        number="W5",
        title="a conversation goes on after a restart: time to the first token",
        model=STARTER,
        subject=hearth("prefixes on disk", prefix_cache="disk"),
        baseline=hearth("prefixes in memory", prefix_cache="memory"),
        cases=(
            Case(
                name="next turn behind 2,000 tokens",
                measure=next_turn_after_restart(),
                unit=TIME,
                target=30.0,
                blocks=5,
                warm=False,
            ),
        ),
    )
    flash = replace(
        restarted,
        subject=hearth("on disk, with flash attention", prefix_cache="disk", **WITH),
        baseline=hearth("in memory, with flash attention", prefix_cache="memory", **WITH),
    )
    return tuple(
        replace(one, model=model) for one in (restarted, flash) for model in (STARTER, SMALL)
    )


def _speculation() -> tuple[Workload, ...]:
    return tuple(
        Workload(
            number="W8",
            title="answers that copy, and answers that do not",
            model=model,
            subject=hearth("speculation", speculation="auto"),
            baseline=hearth("no speculation", speculation="off"),
            cases=(
                Case(name="a file again, with 5 edits", measure=edit, target=1.5),
                Case(name="prose", measure=prose, target=0.98),
            ),
            for_peers=True,
        )
        for model in (STARTER, STARTER_Q4_0, STARTER_Q8_0)
    )


def _cold() -> tuple[Workload, ...]:
    return (
        Workload(
            number="W9",
            title="from starting the server to the first token",
            model=MIXED,
            subject=hearth(),
            baseline=hearth("repacked", layout="repacked"),
            cases=tuple(
                Case(
                    name=f"the file {where}",
                    measure=cold_start(cached=cached),
                    unit=TIME,
                    blocks=5,
                    warm=False,
                )
                for cached, where in ((True, "in the page cache"), (False, "on disk alone"))
            ),
            alone=True,
        ),
    )


def _contention() -> tuple[Workload, ...]:
    fixed = hearth("a thread for each core", speculation="off", threads=cores(), live_threads="off")
    return tuple(
        Workload(
            number="W10",
            title="one stream on a machine that is not idle",
            model=model,
            subject=hearth("live threads", speculation="off"),
            baseline=baseline,
            cases=(
                *(
                    Case(name=f"{hogs} busy loops", measure=beside_hogs(hogs), target=target)
                    for hogs, target in ((0, 0.98), (1, 1.4), (2, None))
                ),
                Case(name="3/4 of the processor time", measure=with_less(0.75)),
            ),
        )
        for model in (STARTER, SMALL)
        for baseline in (fixed, raw())
    )
