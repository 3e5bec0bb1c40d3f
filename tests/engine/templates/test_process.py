"""Rows T2 to T6 on the real child process: templates that would hang or eat all memory."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from hearth.children import KEPT_VARIABLES
from hearth.engine.children import ENGINE_VARIABLES
from hearth.engine.frames import MAX_FRAME_BYTES
from hearth.engine.templates.messages import Render, TemplateLimits
from hearth.engine.templates.process import TemplateProcess
from hearth.errors import (
    EngineCrashed,
    InvalidRequest,
    TemplateError,
    TemplateTimeout,
    TemplateUnsafe,
)

QUICK = TemplateLimits(cpu_s=0.2, wall_s=20.0, memory_bytes=512 << 20)
HARMLESS = Render("{{ greeting }}, {{ 'you' | upper }}", {"greeting": "Hello"})


PARENT_OF_A_RENDERER = """
import asyncio
from hearth.engine.templates.process import TemplateProcess
from hearth.engine.templates.messages import Render, TemplateLimits

async def main():
    process = TemplateProcess(TemplateLimits(cpu_s=0.3))
    await process.render(Render("", {}))
    print(process.pid, flush=True)
    await process.render(Render("{{ 9 ** 99999999 }}", {}))  # it is killed in the middle of this

asyncio.run(main())
"""


@pytest.fixture
async def process() -> AsyncIterator[TemplateProcess]:
    process = TemplateProcess(QUICK)
    yield process
    await process.close()


def of(source: str, **variables: Any) -> Render:
    return Render(source, {"big": "a " * 1_000_000} | variables)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_gone(pid: int | None) -> bool:
    return pid is not None and not psutil.pid_exists(pid)


async def test_renders_again_and_again_in_one_child(process: TemplateProcess) -> None:
    assert process.pid is None
    assert await process.render(HARMLESS) == "Hello, YOU"
    pid = process.pid
    assert await process.render(Render("{{ 6 * 7 }}", {})) == "42"
    assert await process.render(HARMLESS) == "Hello, YOU"
    assert process.pid == pid
    await process.close()
    assert process.pid is None
    assert is_gone(pid)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",  # T2
        "{{ 9 ** 99999999 }}",  # T3: while it is compiled
        "{% set n = 99999999 %}{{ 9 ** n }}",  # T3: while it is rendered
        "{% set ns = namespace(s='') %}{% for i in range(99999) %}{% for j in range(50) %}"
        "{% set ns.s = ns.s ~ 'a' %}{% endfor %}{% endfor %}",  # T5: five million joins
        "{{ big | wordwrap(1) | wordwrap(1) | wordwrap(1) | length }}",  # T5
    ],
    ids=["nested loops", "constant power", "power", "joins", "wordwrap"],
)
async def test_a_template_that_never_ends_is_ended_and_the_next_one_works(
    process: TemplateProcess, source: str
) -> None:
    with pytest.raises(TemplateTimeout, match=r"0\.2 s of processor time") as caught:
        await process.render(of(source))
    assert caught.value.http_status == 422
    assert process.pid is None
    assert await process.render(HARMLESS) == "Hello, YOU"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces RLIMIT_AS")
async def test_t5_t6_memory_is_bounded_and_the_child_survives() -> None:
    process = TemplateProcess(TemplateLimits(memory_bytes=256 << 20))
    sources = [
        "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(40) %}"
        "{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s | length }}",
        "{{ 'a' * 3000000000 }}",
        "{{ 'a' | center(3000000000) }}",
        "{{ '%3000000000d' | format(1) }}",
        "{{ '%3000000000d' % 1 }}",
        "{{ ('a\n' * 10000) | indent(100000) }}",
        "{{ [[1, [2]], [3]] | tojson(indent=1000000000) }}",
        "{{ [0] * 999999999 }}",
    ]
    await process.render(HARMLESS)
    pid = process.pid
    for source in sources:
        with pytest.raises(TemplateTimeout, match="memory"):
            await process.render(of(source))
    assert await process.render(HARMLESS) == "Hello, YOU"
    assert process.pid == pid
    await process.close()


async def test_output_over_the_limit_is_refused(process: TemplateProcess) -> None:
    with pytest.raises(TemplateTimeout, match="16,777,216 bytes"):
        await process.render(of("{% for i in range(9) %}{{ big }}{% endfor %}"))
    assert (
        len(await process.render(of("{% for i in range(8) %}{{ big }}{% endfor %}"))) == 16_000_000
    )


async def test_errors_cross_as_what_they_are(process: TemplateProcess) -> None:
    with pytest.raises(TemplateUnsafe, match="__class__"):
        await process.render(of("{{ ''.__class__ }}"))
    with pytest.raises(TemplateError, match="refused the conversation: Not like this") as caught:
        await process.render(of("{{ raise_exception('Not like this') }}"))
    assert caught.value.http_status == 400
    with pytest.raises(TemplateError, match="nested too deeply"):
        await process.render(of("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}"))


async def test_a_conversation_that_fits_no_frame_is_refused(process: TemplateProcess) -> None:
    with pytest.raises(InvalidRequest, match="at most"):
        await process.render(Render("", {"text": "a" * MAX_FRAME_BYTES}))
    with pytest.raises(InvalidRequest, match="surrogates"):
        await process.render(Render("", {"text": "\ud800"}))
    assert process.pid is None  # nothing was started for it


async def test_the_clock_bounds_what_processor_time_does_not() -> None:
    process = TemplateProcess(TemplateLimits(cpu_s=60.0, wall_s=1.0))
    await process.render(HARMLESS)
    pid = process.pid
    with pytest.raises(TemplateTimeout, match=r"after 1 s\."):
        await process.render(of("{{ 9 ** 99999999 }}"))
    assert is_gone(pid)
    await process.close()


async def test_a_cancelled_caller_leaves_no_stale_answer() -> None:
    process = TemplateProcess(TemplateLimits())
    await process.render(HARMLESS)
    pid = process.pid
    task = asyncio.create_task(process.render(of("{{ 9 ** 99999999 }}")))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_gone(pid)
    assert await process.render(HARMLESS) == "Hello, YOU"
    await process.close()


async def test_callers_take_turns(process: TemplateProcess) -> None:
    calls = [process.render(Render("{{ n }}", {"n": n})) for n in range(20)]
    assert await asyncio.gather(*calls) == [str(n) for n in range(20)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_child_that_is_killed_fails_one_call_at_most() -> None:
    process = TemplateProcess(TemplateLimits())
    await process.render(HARMLESS)
    task = asyncio.create_task(process.render(of("{{ 9 ** 99999999 }}")))
    await asyncio.sleep(0.02)
    os.kill(process.pid or 0, signal.SIGKILL)
    with pytest.raises(EngineCrashed, match="ended with status -9"):
        await task
    assert await process.render(HARMLESS) == "Hello, YOU"
    await process.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_the_child_ends_with_its_parent() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT_OF_A_RENDERER, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert is_running(pid)
    parent.kill()
    await parent.communicate()
    async with asyncio.timeout(20):
        while is_running(pid):  # noqa: ASYNC110 - nobody tells a grandparent of an end
            await asyncio.sleep(0.02)


async def test_a_child_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/no/such/python")
    process = TemplateProcess(QUICK)
    with pytest.raises(EngineCrashed, match=r"status 1: .+"):
        await process.render(HARMLESS)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_child_has_no_secrets_and_is_confined(
    process: TemplateProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTH_API_KEY", "secret")
    monkeypatch.setenv("TZ", "UTC")
    await process.render(HARMLESS)
    child = psutil.Process(process.pid)
    assert "TZ" in child.environ()
    assert set(child.environ()) <= {*KEPT_VARIABLES, "PYTHONUTF8", *ENGINE_VARIABLES}
    assert child.environ()["TZ"] == "UTC"
    assert os.getsid(child.pid) == child.pid
    assert process.ready is not None
    assert process.ready.confined, process.ready.layers
    status = await asyncio.to_thread(Path(f"/proc/{child.pid}/status").read_text)
    assert "Seccomp:\t2\n" in status
    assert "NoNewPrivs:\t1\n" in status


async def test_every_filter_and_test_works_without_files(process: TemplateProcess) -> None:
    """What jinja2 imports at first use must have been imported before the files were shut off."""
    from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_TESTS

    sources = [f"{{{{ x | {name} }}}}" for name in (*DEFAULT_FILTERS, "tojson")]
    sources += [f"{{{{ x is {name} }}}}" for name in DEFAULT_TESTS if name.isalpha()]
    problems = []
    for source in sources:
        for subject in ("text <b>bold</b>", ["b", "a"], {"k": 1}, 3):
            try:
                await process.render(Render(source, {"x": subject}))
            except TemplateError as error:
                problems.append(error.message)
    assert problems  # most filters take only one kind of subject
    assert not [p for p in problems if "PermissionError" in p or "ModuleNotFoundError" in p]
    assert len(await process.render(Render("{{ strftime_now('%A %B %c %x %X %Z') }}", {}))) > 10
