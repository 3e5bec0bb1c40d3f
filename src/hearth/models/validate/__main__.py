"""The process that checks one model: `python -m hearth.models.validate`."""

from __future__ import annotations

import math
import sys
from pathlib import Path

from hearth.children import tie_to_parent
from hearth.errors import HearthError
from hearth.models.bytes import bad_file
from hearth.models.gguf.info import inspect
from hearth.models.validate.messages import (
    Check,
    Limits,
    Passed,
    Refused,
    decode_check,
    encode,
)


def main() -> None:
    """Read the question, take the limits, answer."""
    tie_to_parent()
    question = decode_check(sys.stdin.buffer.read())
    _take_limits(question.limits)
    sys.stdout.buffer.write(encode(_answer(question)))


def _answer(question: Check) -> Passed | Refused:
    path = Path(question.path)
    try:
        return Passed(inspect(path))
    except HearthError as error:
        return Refused(error.as_data())
    except MemoryError:
        limit = f"{question.limits.memory_bytes >> 20:,} MiB"
        return Refused(bad_file(path, f"reading its header takes more than {limit}").as_data())


def _take_limits(limits: Limits) -> None:
    if sys.platform == "win32":  # has no such limits; the deadline still holds
        return
    import resource

    cpu_s = math.ceil(limits.cpu_s)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    if sys.platform == "linux":  # elsewhere the system does not enforce it
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


if __name__ == "__main__":
    main()
