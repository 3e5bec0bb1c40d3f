"""The process that checks one model: `python -m hearth.models.validate`."""

from __future__ import annotations

import sys
from pathlib import Path

from hearth.children import limit_resources, tie_to_parent
from hearth.errors import HearthError
from hearth.models.bytes import bad_file
from hearth.models.gguf.info import inspect
from hearth.models.validate.messages import (
    Check,
    Passed,
    Refused,
    decode_check,
    encode,
)


def main() -> None:
    """Read the question, take the limits, answer."""
    tie_to_parent()
    question = decode_check(sys.stdin.buffer.read())
    limits = question.limits
    limit_resources(memory_bytes=limits.memory_bytes, cpu_s=limits.cpu_s)
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


if __name__ == "__main__":
    main()
