"""Check a model's files in a process of their own, before any native code sees them.

The check itself (`hearth.models.gguf`) reads with bounds and is tested against hostile files. That
it is right is not taken for granted: it runs in a child with little memory and little time, so that
a file which outwits it costs one refusal, and neither the server nor the machine. A file that has
not changed since is not checked again.
"""

from __future__ import annotations

import signal
import subprocess
import threading
from collections import OrderedDict
from pathlib import Path

from hearth.children import child_command, child_environment
from hearth.errors import HearthError, SetupError
from hearth.models.bytes import bad_file
from hearth.models.gguf.info import ModelInfo
from hearth.models.validate.messages import Check, Limits, Refused, decode_reply, encode

MAX_REMEMBERED = 64

Stamp = tuple[tuple[int, int, int], ...]  # size, time of change and number of each file


class Validator:
    """Checks models, and remembers those that have passed.

    Args:
        limits: What one check may cost.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._passed: OrderedDict[Path, tuple[Stamp, ModelInfo]] = OrderedDict()
        self._lock = threading.Lock()

    def inspect(self, path: Path) -> ModelInfo:
        """Describe a model as `gguf.info.inspect` does, from a process of its own.

        Raises:
            ModelNotFound: There is no such file.
            BadModelFile: A file is damaged, a part is missing, the model cannot be what it claims,
                or checking it costs more than the limits.
            SetupError: No process can be started.
        """
        with self._lock:
            known = self._passed.get(path)
        if known is not None and known[0] == _stamp(known[1]):
            return known[1]
        info = check_in_child(path, self._limits)
        stamp = _stamp(info)
        if stamp is not None:
            with self._lock:
                self._passed[path] = (stamp, info)
                self._passed.move_to_end(path)
                while len(self._passed) > MAX_REMEMBERED:
                    self._passed.popitem(last=False)
        return info


def check_in_child(path: Path, limits: Limits) -> ModelInfo:
    """Start a child, have it check a model, and return what it found; see `Validator.inspect`."""
    try:
        done = subprocess.run(
            child_command("hearth.models.validate"),
            input=encode(Check(str(path), limits)),
            capture_output=True,
            env=child_environment(),
            start_new_session=True,
            timeout=limits.wall_s,
        )
    except subprocess.TimeoutExpired as error:
        raise bad_file(path, f"checking its header took longer than {limits.wall_s:g} s") from error
    except OSError as error:
        raise SetupError(f"The check of model files cannot be started: {error}.") from error
    if done.returncode:
        raise bad_file(path, f"checking its header failed: {_cause(done)}")
    reply = decode_reply(done.stdout)
    if isinstance(reply, Refused):
        raise HearthError.from_data(reply.error)
    return reply.info


def _cause(done: subprocess.CompletedProcess[bytes]) -> str:
    if done.returncode == -getattr(signal, "SIGXCPU", 0):
        return "it took too much processor time"
    if done.returncode < 0:
        return f"the process was ended by signal {-done.returncode}"
    last_line = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return last_line or f"the process ended with status {done.returncode}"


def _stamp(info: ModelInfo) -> Stamp | None:
    """Return what changes when one of a model's files does; None when one is gone."""
    try:
        found = [file.stat() for file in info.files]
    except OSError:
        return None
    return tuple((each.st_size, each.st_mtime_ns, each.st_ino) for each in found)
