"""The devices that this build of the engine computes on, and how fast bytes move around them.

    devices()              what there is: the processor, GPUs
    with Workbench(device, size_bytes) as bench:
        bench.to_device_s()  seconds in which a block comes from the host to the device
        bench.to_host_s()    and back
        bench.copy_s()       and from one place on the device to another

Blocks on the host's side lie in memory that the device's driver gave for it (pinned), where it
gives any: from there the engine copies at the link's full speed. The copy is one of the engine's
own operations, computed by the device; one graph holds several of them, so that starting it does
not count. Native code can end the process on a driver that misbehaves: call this in a child.
Source: ggml.h, ggml-alloc.h and ggml-backend.h of ggml 0.25.3 (llama-cpp-python 0.3.36).
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Literal

from hearth.engine.llama.library import library
from hearth.errors import EngineError

Kind = Literal["cpu", "gpu", "gpu in the processor", "other"]

COPIES = 8  # in one graph
FLOAT_BYTES = 4
_F32 = 0  # ggml_type
_KINDS: dict[int, Kind] = {0: "cpu", 1: "gpu", 2: "gpu in the processor"}  # ggml_backend_dev_type
_CONTEXT_BYTES = 2**20  # descriptions of a few tensors and one graph
_POINTER, _SIZE, _INT, _TEXT = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_char_p
_SIZE_POINTER = ctypes.POINTER(_SIZE)


class _InitParams(ctypes.Structure):
    """struct ggml_init_params."""

    _fields_ = (("mem_size", _SIZE), ("mem_buffer", _POINTER), ("no_alloc", ctypes.c_bool))


# name: (result, arguments)
_PROTOTYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "ggml_init": (_POINTER, (_InitParams,)),
    "ggml_free": (None, (_POINTER,)),
    "ggml_new_tensor_1d": (_POINTER, (_POINTER, _INT, ctypes.c_int64)),
    "ggml_cpy": (_POINTER, (_POINTER, _POINTER, _POINTER)),
    "ggml_new_graph": (_POINTER, (_POINTER,)),
    "ggml_build_forward_expand": (None, (_POINTER, _POINTER)),
    "ggml_backend_alloc_ctx_tensors": (_POINTER, (_POINTER, _POINTER)),
    "ggml_backend_buffer_clear": (None, (_POINTER, ctypes.c_uint8)),
    "ggml_backend_buffer_free": (None, (_POINTER,)),
    "ggml_backend_buffer_get_base": (_POINTER, (_POINTER,)),
    "ggml_backend_buft_alloc_buffer": (_POINTER, (_POINTER, _SIZE)),
    "ggml_backend_dev_count": (_SIZE, ()),
    "ggml_backend_dev_get": (_POINTER, (_SIZE,)),
    "ggml_backend_dev_name": (_TEXT, (_POINTER,)),
    "ggml_backend_dev_description": (_TEXT, (_POINTER,)),
    "ggml_backend_dev_type": (_INT, (_POINTER,)),
    "ggml_backend_dev_memory": (None, (_POINTER, _SIZE_POINTER, _SIZE_POINTER)),
    "ggml_backend_dev_init": (_POINTER, (_POINTER, _TEXT)),
    "ggml_backend_dev_supports_op": (ctypes.c_bool, (_POINTER, _POINTER)),
    "ggml_backend_dev_host_buffer_type": (_POINTER, (_POINTER,)),
    "ggml_backend_free": (None, (_POINTER,)),
    "ggml_backend_graph_compute": (_INT, (_POINTER, _POINTER)),
    "ggml_backend_synchronize": (None, (_POINTER,)),
    "ggml_backend_tensor_set": (None, (_POINTER, _POINTER, _SIZE, _SIZE)),
    "ggml_backend_tensor_get": (None, (_POINTER, _POINTER, _SIZE, _SIZE)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device as ggml lists it.

    Args:
        index: Its place in ggml's list.
        name: ggml's own, such as "CUDA0".
        description: The maker's name of it.
    """

    index: int
    name: str
    description: str
    kind: Kind
    free_bytes: int
    total_bytes: int

    @property
    def is_gpu(self) -> bool:
        """Return whether it is a GPU, with memory of its own or without."""
        return self.kind in ("gpu", "gpu in the processor")


def devices() -> tuple[Device, ...]:
    """Return the devices of this build; this loads the library."""
    return tuple(_device(index) for index in range(_call("ggml_backend_dev_count")))


class Workbench:
    """Two blocks of a device's memory and one of the host's, to move bytes between.

    Args:
        device: One of `devices()`.
        size_bytes: Of each block; a multiple of 4.

    Raises:
        EngineError: The device cannot be used, or has not so much memory left.
    """

    def __init__(self, device: Device, size_bytes: int) -> None:
        self._device = device
        self._size_bytes = size_bytes
        self._release: list[Callable[[], None]] = []
        try:
            self._open()
        except EngineError:
            self.close()
            raise

    def __enter__(self) -> Workbench:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Give the memory back."""
        self.close()

    @property
    def is_pinned(self) -> bool:
        """Return whether the host's block was given by the device's driver."""
        return self._host_buffer is not None

    def to_device_s(self) -> float:
        """Copy the block from the host to the device; return the seconds that took."""
        return self._timed("ggml_backend_tensor_set", self._from, self._host, 0, self._size_bytes)

    def to_host_s(self) -> float:
        """Copy the block from the device to the host; return the seconds that took."""
        return self._timed("ggml_backend_tensor_get", self._from, self._host, 0, self._size_bytes)

    def copy_s(self) -> float:
        """Copy the block within the device; return the seconds of one copy.

        Raises:
            EngineError: The device could not compute it.
        """
        began = time.perf_counter()
        status = _call("ggml_backend_graph_compute", self._backend, self._graph)
        _call("ggml_backend_synchronize", self._backend)
        elapsed_s = time.perf_counter() - began
        if status:
            raise EngineError(f"{self._device.name} could not copy: ggml's status {status}.")
        return elapsed_s / COPIES

    def close(self) -> None:
        """Give everything back, the last first."""
        while self._release:
            self._release.pop()()

    def _timed(self, name: str, *arguments: Any) -> float:
        began = time.perf_counter()
        _call(name, *arguments)
        _call("ggml_backend_synchronize", self._backend)
        return time.perf_counter() - began

    def _open(self) -> None:
        pointer = _call("ggml_backend_dev_get", self._device.index)
        self._backend = self._keep(
            "ggml_backend_free", _call("ggml_backend_dev_init", pointer, None)
        )
        params = _InitParams(mem_size=_CONTEXT_BYTES, mem_buffer=None, no_alloc=True)
        context = self._keep("ggml_free", _call("ggml_init", params))
        count = self._size_bytes // FLOAT_BYTES
        self._from = _call("ggml_new_tensor_1d", context, _F32, count)
        to = _call("ggml_new_tensor_1d", context, _F32, count)
        self._graph = _call("ggml_new_graph", context)
        for _ in range(COPIES):
            copy = _call("ggml_cpy", context, self._from, to)
            if not _call("ggml_backend_dev_supports_op", pointer, copy):
                raise EngineError(f"{self._device.name} cannot copy within its memory.")
            _call("ggml_build_forward_expand", self._graph, copy)
        blocks = _call("ggml_backend_alloc_ctx_tensors", context, self._backend)
        self._keep("ggml_backend_buffer_free", blocks)
        _call("ggml_backend_buffer_clear", blocks, 1)  # memory that is really there
        self._open_host(pointer)

    def _open_host(self, device: int) -> None:
        kind = _call("ggml_backend_dev_host_buffer_type", device)
        self._host_buffer = (
            _call("ggml_backend_buft_alloc_buffer", kind, self._size_bytes) if kind else None
        )
        if self._host_buffer:
            self._keep("ggml_backend_buffer_free", self._host_buffer)
            self._host = _call("ggml_backend_buffer_get_base", self._host_buffer)
        else:
            self._block = ctypes.create_string_buffer(self._size_bytes)
            self._host = ctypes.addressof(self._block)
        ctypes.memset(self._host, 1, self._size_bytes)

    def _keep(self, release: str, thing: int | None) -> int:
        """Note how to give something back, or say that it could not be had."""
        if not thing:
            size = f"{3 * self._size_bytes} bytes"
            raise EngineError(f"{self._device.name} cannot be used, or not with {size} of memory.")
        self._release.append(lambda: _call(release, thing))
        return thing


def _device(index: int) -> Device:
    pointer = _call("ggml_backend_dev_get", index)
    free, total = _SIZE(), _SIZE()
    _call("ggml_backend_dev_memory", pointer, ctypes.byref(free), ctypes.byref(total))
    return Device(
        index=index,
        name=_words("ggml_backend_dev_name", pointer),
        description=_words("ggml_backend_dev_description", pointer),
        kind=_KINDS.get(_call("ggml_backend_dev_type", pointer), "other"),
        free_bytes=free.value,
        total_bytes=total.value,
    )


def _words(name: str, pointer: int) -> str:
    return (_call(name, pointer) or b"").decode("utf-8", "replace").strip()


def _call(name: str, *arguments: Any) -> Any:
    return _functions()[name](*arguments)


@cache
def _functions() -> dict[str, Callable[..., Any]]:
    """Bind what the binding does not cover; prototypes of our own touch nobody else's."""
    library()
    from llama_cpp._ggml import libggml

    return {
        name: ctypes.CFUNCTYPE(result, *arguments)((name, libggml))
        for name, (result, arguments) in _PROTOTYPES.items()
    }
