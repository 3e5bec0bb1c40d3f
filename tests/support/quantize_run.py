"""Ask the engine what it would quantize a model to: run as a script, prints types as JSON.

Usage: quantize_run.py FILE MIXES-AS-JSON. For each mix, a pair of its number (llama_ftype) and
whether it is pure, what is printed has each tensor's type by the tensor's name. The engine decides
without reading weights (`dry_run`) and logs what; a file with a header and holes is enough.
"""

from __future__ import annotations

import ctypes
import json
import re
import sys

import llama_cpp

# "[   1/ 146]  output.weight - [ 2048, 128256, 1, 1], type =  f16, size = ... -> ... MiB (q6_K)"
DECISION = re.compile(r"\] +(\S+) +- \[[^\]]*\], type = +(\w+), .*?MiB(?: -> .*?\((\w+)\))?\n")


def decided(path: str, file_type: int, is_pure: bool) -> dict[str, str]:
    """Return the type that each tensor would have."""
    lines: list[str] = []
    log = llama_cpp.llama_log_callback(lambda _level, line, _data: lines.append(line.decode()))
    llama_cpp.llama_log_set(log, None)
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.pure, params.dry_run = file_type, is_pure, True
    failed = llama_cpp.llama_model_quantize(path.encode(), b"unused", ctypes.byref(params))
    if failed:
        raise SystemExit("".join(lines)[-2000:])
    return {name: (new or old).upper() for name, old, new in DECISION.findall("".join(lines))}


if __name__ == "__main__":
    found = [decided(sys.argv[1], *mix) for mix in json.loads(sys.argv[2])]
    sys.stdout.write(json.dumps(found))
