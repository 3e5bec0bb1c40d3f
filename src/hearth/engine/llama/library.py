"""The native library itself: loaded once, checked against the version this code was written for.

llama.cpp changes its structures almost every release, and ctypes would read them wrongly without a
word. So the binding is pinned, and a different one is refused (`EngineMissing`) instead of tried.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections import deque
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from hearth.engine.llama.buffers import LoggedBuffer, logged_buffer, without_repeats
from hearth.errors import EngineMissing

BINDING_VERSION = "0.3.36"
KEPT_LOG_LINES = 40
KEPT_BUFFERS = 1000
GPU_DEVICE = 1  # ggml_backend_dev_type


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInfo:
    """What the native engine was built for.

    Args:
        version: Version of llama-cpp-python.
        flags: CPU features and options that were compiled in, as llama.cpp names them.
        gpu_offload: True when the build has a GPU back-end.
        gpu_free_bytes: Free memory of the GPUs that this build sees, together.
    """

    version: str
    flags: dict[str, bool]
    gpu_offload: bool
    gpu_free_bytes: int


class LogLines:
    """What is kept of the library's log: its last warnings, and the buffers that it allocated.

    The first explain a failed load; the second are what memory really went to.
    """

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=KEPT_LOG_LINES)
        self._buffers: deque[LoggedBuffer] = deque(maxlen=KEPT_BUFFERS)
        self._lock = threading.Lock()

    def add(self, level: int, text: bytes) -> None:
        """Take a line; levels are ggml's (2 info, 3 warning, 4 error, 5 continuation)."""
        line = text.decode("utf-8", "replace").strip()
        buffer = logged_buffer(line)
        with self._lock:
            if line and level >= 3:
                self._lines.append(line)
            if buffer is not None:
                self._buffers.append(buffer)

    def buffers(self) -> list[LoggedBuffer]:
        """Return the buffers that were allocated in this process, as they stand now."""
        with self._lock:
            return without_repeats(self._buffers)

    def tail(self, count: int = 3) -> str:
        """Return the last warnings and errors as one line of text."""
        with self._lock:
            return " | ".join(list(self._lines)[-count:])


@cache
def library() -> ModuleType:
    """Load llama.cpp and check that it is the version this code knows.

    Raises:
        EngineMissing: It is not installed, cannot be loaded, or is another version.
    """
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError, FileNotFoundError) as error:
        raise EngineMissing(
            f"The engine (llama-cpp-python) cannot be loaded: {error}.",
            hint="Run `make up`, or `pip install --force-reinstall --no-cache-dir "
            f"llama-cpp-python=={BINDING_VERSION}`.",
        ) from error
    if llama_cpp.__version__ != BINDING_VERSION:
        raise EngineMissing(
            f"The engine is llama-cpp-python {llama_cpp.__version__}; Hearth needs exactly "
            f"{BINDING_VERSION}, since its structures change between releases.",
            hint=f"Run `pip install llama-cpp-python=={BINDING_VERSION}`.",
        )
    _check_structures(llama_cpp)
    keep_log(llama_cpp)
    llama_cpp.llama_backend_init()
    return llama_cpp


def _check_structures(lib: ModuleType) -> None:
    """Compare defaults that lie late in the structures: a shifted field would show here."""
    context, model = lib.llama_context_default_params(), lib.llama_model_default_params()
    seen = (context.n_ctx, context.n_batch, context.n_ubatch, context.type_k, context.type_v)
    if seen != (512, 2048, 512, 1, 1) or not model.use_extra_bufts or model.vocab_only:
        raise EngineMissing(
            f"The engine's default settings are {seen}; this version of Hearth does not know them.",
            hint=f"Run `pip install --force-reinstall llama-cpp-python=={BINDING_VERSION}`.",
        )


@cache
def log_lines() -> LogLines:
    """Return the log of this process's library."""
    return LogLines()


def keep_log(lib: ModuleType) -> None:
    """Have the library tell `log_lines` what it does; so it is unless somebody else listened."""
    lib.llama_log_set(_log_callback(lib), None)


@cache
def _log_callback(lib: ModuleType) -> Any:
    # Cached, because the library keeps the pointer: a collected callback is a crash.
    return lib.llama_log_callback(lambda level, text, _data: log_lines().add(level, text))


def build_info() -> BuildInfo:
    """Return the build's version and flags; this loads the library."""
    lib = library()
    return BuildInfo(
        version=lib.__version__,
        flags=_flags(lib),
        gpu_offload=bool(lib.llama_supports_gpu_offload()),
        gpu_free_bytes=_gpu_free_bytes(),
    )


def engine_name() -> str:
    """Return the version and what it was built for in one line: what tells builds apart."""
    lib = library()
    used = " ".join(name for name, is_on in _flags(lib).items() if is_on)
    return f"llama-cpp-python {lib.__version__} {used}".strip()


def _flags(lib: ModuleType) -> dict[str, bool]:
    text = lib.llama_print_system_info().decode("utf-8", "replace")
    pairs = re.findall(r"([A-Z][A-Z0-9_]*) = (\d+)", text)
    return {name: value != "0" for name, value in pairs}


def _gpu_free_bytes() -> int:
    """Ask ggml's device list, which the binding does not cover, for the free memory of GPUs."""
    from llama_cpp._ggml import libggml

    libggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    libggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    libggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    libggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    size_pointer = ctypes.POINTER(ctypes.c_size_t)
    libggml.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size_pointer, size_pointer]
    free_bytes = 0
    for index in range(libggml.ggml_backend_dev_count()):
        device = libggml.ggml_backend_dev_get(index)
        if libggml.ggml_backend_dev_type(device) == GPU_DEVICE:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            libggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
            free_bytes += free.value
    return free_bytes
