"""The parent's side of the harness: a child process that asks, line by line, in JSON."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hearth.children import child_command, child_environment
from hearth.errors import EngineError, InvalidRequest, RequestAborted

# Nothing is fetched, whatever a task names; what is read is kept for this run alone.
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_EVALUATE_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
}
LOOK_EVERY_S = 0.2
END_TIMEOUT_S = 10.0
LAST_CHARACTERS = 2000  # of what the child said, for an error


class Child:
    """A harness that runs; made by `start`."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log
        self.was_cancelled = False

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell the child something.

        Raises:
            EngineError: It has ended.
        """
        assert self._process.stdin is not None, "it was started with a pipe"
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._ended() from error

    def receive(self) -> dict[str, Any]:
        """Return the next thing that the child says.

        Raises:
            InvalidRequest: It says that a task cannot be run.
            EngineError: It ended without a word.
            RequestAborted: It was stopped.
        """
        assert self._process.stdout is not None, "it was started with a pipe"
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        message: dict[str, Any] = json.loads(line)
        if message["say"] == "error":
            raise InvalidRequest(
                f"The harness cannot run this: {message['message']}",
                hint="Tasks and data are read from --tasks-folder alone, without the network.",
            )
        return message

    def _ended(self) -> EngineError | RequestAborted:
        if self.was_cancelled:
            return RequestAborted("The harness was stopped; nothing of it was noted.")
        said = self._log.read_text(encoding="utf-8", errors="replace")[-LAST_CHARACTERS:]
        return EngineError(f"The harness ended without a result. Its last words: {said.strip()}")


@contextmanager
def start(
    folder: Path, job: Mapping[str, Any], cancelled: threading.Event | None
) -> Iterator[Child]:
    """Start the harness in a folder of tasks, and end it when the block ends.

    Args:
        folder: Its current folder, so that tasks find their data beside them.
        job: What to run; see `hearth.measure.harness.__main__`.
        cancelled: Set to end it at once.
    """
    with tempfile.TemporaryDirectory(prefix="hearth-harness-") as scratch:
        log = Path(scratch) / "log"
        with log.open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(
                child_command("hearth.measure.harness"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=folder,
                env=child_environment(HF_HOME=scratch, **_OFFLINE),
            )
        child = Child(process, log)
        ended = threading.Event()
        watcher = threading.Thread(target=_kill_when, args=(child, process, cancelled, ended))
        watcher.start()
        try:
            child.send(job)
            yield child
        finally:
            ended.set()
            watcher.join()
            _end(process)


def _kill_when(
    child: Child,
    process: subprocess.Popen[str],
    cancelled: threading.Event | None,
    ended: threading.Event,
) -> None:
    while cancelled is not None and not ended.wait(LOOK_EVERY_S):
        if cancelled.is_set():
            child.was_cancelled = True
            process.kill()
            return


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # what was still to be sent has nobody to read it
    process.wait(END_TIMEOUT_S)
