"""Read a Python pickle without running it: which names it would import, which objects it lists.

`pickletools.genops` cuts the bytes into instructions, `PickleMachine` follows them without doing
what they say, and what can grow is bounded here.
"""

from __future__ import annotations

import io
import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from hearth.errors import BadModelFile
from hearth.models.formats.pickle_machine import Name, PickleMachine

MAX_OPERATIONS = 400_000  # ten thousand tensors; each may leave a hundred bytes behind
MAX_NAMES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a pickle holds.

    Args:
        result: What loading would return, in inert form.
        names: Everything that loading would import.
        end: Offset of the byte after the pickle.
    """

    result: object
    names: frozenset[Name]
    end: int


def scan_pickle(raw: bytes, fail: Callable[[str], BadModelFile], *, start: int = 0) -> Scan:
    """Follow a pickle's instructions.

    Args:
        raw: The pickle; what follows it is ignored. The caller has bounded its size.
        fail: Makes the error for this file.
        start: Where the pickle begins.

    Raises:
        BadModelFile: It is no pickle, is damaged, or is longer than any checkpoint's.
    """
    machine = PickleMachine()
    stream = io.BytesIO(raw)
    stream.seek(start)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python, about escapes in a stranger's texts
            for number, (operation, argument, _) in enumerate(pickletools.genops(stream)):
                if number == MAX_OPERATIONS or len(machine.names) > MAX_NAMES:
                    raise fail("its pickle is longer than that of any checkpoint")
                machine.step(operation.name, argument)
    # What damaged bytes lead to: a stack that is empty, a number or a text that is none.
    except (ValueError, IndexError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise fail(f"its pickle is damaged ({type(error).__name__})") from error
    return Scan(result=machine.result, names=frozenset(machine.names), end=stream.tell())
