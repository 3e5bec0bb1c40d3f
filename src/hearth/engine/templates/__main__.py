"""The process that renders chat templates: `python -m hearth.engine.templates`.

A template can spend for ever inside one call of native code (`9**99999999`), where no Python
program can stop it. So it is rendered here, in a process that has nothing to lose: no secrets in
its environment, no more than a given memory, a processor-time alarm that the system itself
enforces, and, where the system can, neither files nor network. It reads frames on standard input
and answers on standard output; it ends with its input, and with its parent.

It starts while a person waits, so it imports little.
"""

from __future__ import annotations

import signal
import sys
from typing import BinaryIO

import msgspec

from hearth.children import tie_to_parent
from hearth.engine.confine import restrict_files, restrict_system_calls
from hearth.engine.frames import read_frame
from hearth.engine.templates.messages import (
    Failed,
    Ready,
    Render,
    Rendered,
    TemplateLimits,
    encode,
)
from hearth.engine.templates.sandbox import TemplateSandbox, as_template_error

# Rendering this loads what jinja2 and the C library load at first use: codecs, time zones, modules.
EVERYTHING_LAZY = "{{ 'caf\\u00e9' | pprint | striptags }}{{ strftime_now('%c %Z') }}"


def main() -> None:
    """Take the limits, give up all rights, then render until the input ends."""
    tie_to_parent()
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    first = read_frame(requests)
    if first is None:
        return
    limits = msgspec.msgpack.decode(first, type=TemplateLimits)
    sandbox = TemplateSandbox(limits.output_bytes)
    sandbox.render(EVERYTHING_LAZY, {})
    _limit_memory(limits.memory_bytes)
    layers = (restrict_files(()), restrict_system_calls())
    ready = Ready(all(layer.active for layer in layers), tuple(map(str, layers)))
    _write(replies, encode(ready))
    while (frame := read_frame(requests)) is not None:
        _write(replies, _answer(sandbox, frame, limits.cpu_s))


def _answer(sandbox: TemplateSandbox, frame: bytes, cpu_s: float) -> bytes:
    """Render within the processor time; this is the border where a template's errors end."""
    _set_alarm(cpu_s)
    try:
        request = msgspec.msgpack.decode(frame, type=Render)
        return encode(Rendered(sandbox.render(request.template, request.variables)))
    except Exception as error:
        return encode(Failed(as_template_error(error).as_data()))
    finally:
        _set_alarm(0)


def _set_alarm(cpu_s: float) -> None:
    """Have the system end this process after so much processor time; 0 calls it off.

    Nobody handles the signal, so it also ends a process that is deep in native code.
    """
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, cpu_s)


def _limit_memory(memory_bytes: int) -> None:
    if sys.platform == "linux":  # elsewhere the system does not enforce it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _write(stream: BinaryIO, frame: bytes) -> None:
    stream.write(frame)
    stream.flush()


if __name__ == "__main__":
    main()
