"""The process that quantizes one model: `python -m hearth.engine.quantizing`.

Order of life: the library is loaded -> all files but the model's and the new one are shut off, and
so are the network and other programs -> the library reads and writes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hearth.children import tie_to_parent
from hearth.engine import confine
from hearth.engine.llama.library import library
from hearth.engine.llama.quantizer import QuantizerSettings, decide, quantize
from hearth.engine.quantizing.messages import (
    Ask,
    Begun,
    Decided,
    Done,
    Failed,
    Reply,
    decode_ask,
    encode,
)
from hearth.errors import EngineError, HearthError


def main() -> int:
    """Read the question, shut the doors, do what is asked."""
    tie_to_parent()
    question = decode_ask(sys.stdin.buffer.readline())
    try:
        reply: Reply = _answer(question)
    except HearthError as error:
        reply = Failed(error.as_data())
    _say(reply)
    # Native destructors run threads down in an order that is not ours.
    os._exit(1 if isinstance(reply, Failed) else 0)


def _answer(question: Ask) -> Done:
    library()  # its files are opened before all are shut off
    layers = _confine(question) if question.confine else []
    path = Path(question.files[0])
    if question.target is None:
        for number, wanted in enumerate(question.wanted):
            for one in decide(path, wanted.file_type, is_pure=wanted.is_pure):
                _say(Decided(number, one.name, one.old, one.new))
    else:
        (wanted,) = question.wanted
        settings = QuantizerSettings(
            file_type=wanted.file_type,
            is_pure=wanted.is_pure,
            threads=question.threads,
            allow_requantize=question.allow_requantize,
            metadata=question.metadata,
        )
        quantize(path, Path(question.target), settings, lambda *begun: _say(Begun(*begun)))
    return Done(
        confined=bool(layers) and all(layer.active for layer in layers),
        confinement="; ".join(layer.detail for layer in layers) or "off: by the settings",
    )


def _confine(question: Ask) -> list[confine.Layer]:
    writable = [] if question.target is None else [Path(question.target)]
    if not all(path.is_file() for path in writable):  # a layer cannot name what is not there
        raise EngineError(f"{question.target} is to be written, and is not there.")
    files = confine.restrict_files([Path(file) for file in question.files], writable=writable)
    return [files, confine.restrict_system_calls(opens_files=True)]


def _say(reply: Reply) -> None:
    sys.stdout.buffer.write(encode(reply))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    raise SystemExit(main())
