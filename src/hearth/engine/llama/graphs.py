"""Single operations of the engine's CPU kernels, timed: ggml's own graphs, through ctypes.

A graph of one kind of operation over weights that hold zeros takes as long as the same operation
inside a model (the kernels do not look at the values), and needs no file, no tokenizer and no
model. What is built here lives in one ggml context and ends with it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import cache
from typing import Any

from hearth.engine.llama.library import library
from hearth.errors import EngineError

CPU_DEVICE = 0  # ggml_backend_dev_type
F32, F16, I32 = 0, 1, 26  # ggml_type
PAGE_BYTES = 4096
GRAPH_SIZE = 1024  # nodes that a graph is made for
NODE_BYTES = 1024  # of a tensor's description and its places in a graph

_POINTER, _SIZE, _INT, _LONG = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int64
_FLOAT, _BOOL = ctypes.c_float, ctypes.c_bool


class _InitParams(ctypes.Structure):
    """ggml_init_params."""

    _fields_ = (("mem_size", _SIZE), ("mem_buffer", _POINTER), ("no_alloc", _BOOL))


# name: (result, arguments). Source: ggml.h, ggml-backend.h and ggml-cpu.h of ggml 0.25.3.
_FUNCTIONS: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "ggml_init": (_POINTER, (_InitParams,)),
    "ggml_free": (None, (_POINTER,)),
    "ggml_new_tensor_4d": (_POINTER, (_POINTER, _INT, _LONG, _LONG, _LONG, _LONG)),
    "ggml_nbytes": (_SIZE, (_POINTER,)),
    "ggml_mul_mat": (_POINTER, (_POINTER,) * 3),
    "ggml_mul_mat_id": (_POINTER, (_POINTER,) * 4),
    "ggml_add": (_POINTER, (_POINTER,) * 3),
    "ggml_mul": (_POINTER, (_POINTER,) * 3),
    "ggml_rms_norm": (_POINTER, (_POINTER, _POINTER, _FLOAT)),
    "ggml_swiglu_split": (_POINTER, (_POINTER,) * 3),
    "ggml_concat": (_POINTER, (_POINTER,) * 3 + (_INT,)),
    "ggml_ssm_conv": (_POINTER, (_POINTER,) * 3),
    "ggml_ssm_scan": (_POINTER, (_POINTER,) * 8 + (_LONG,)),
    "ggml_transpose": (_POINTER, (_POINTER,) * 2),
    "ggml_soft_max_ext": (_POINTER, (_POINTER,) * 3 + (_FLOAT,) * 2),
    "ggml_permute": (_POINTER, (_POINTER, _POINTER, _INT, _INT, _INT, _INT)),
    "ggml_flash_attn_ext": (_POINTER, (_POINTER,) * 5 + (_FLOAT,) * 3),
    "ggml_new_graph_custom": (_POINTER, (_POINTER, _SIZE, _BOOL)),
    "ggml_build_forward_expand": (None, (_POINTER, _POINTER)),
    "ggml_backend_cpu_init": (_POINTER, ()),
    "ggml_backend_cpu_set_n_threads": (None, (_POINTER, _INT)),
    "ggml_backend_cpu_buffer_type": (_POINTER, ()),
    "ggml_backend_graph_compute": (_INT, (_POINTER, _POINTER)),
    "ggml_backend_free": (None, (_POINTER,)),
    "ggml_backend_dev_by_type": (_POINTER, (_INT,)),
    "ggml_backend_dev_backend_reg": (_POINTER, (_POINTER,)),
    "ggml_backend_reg_get_proc_address": (_POINTER, (_POINTER, ctypes.c_char_p)),
    "ggml_backend_dev_supports_op": (_BOOL, (_POINTER,) * 2),
    "ggml_backend_buft_alloc_buffer": (_POINTER, (_POINTER, _SIZE)),
    "ggml_backend_buft_get_alloc_size": (_SIZE, (_POINTER,) * 2),
    "ggml_backend_buffer_get_base": (_POINTER, (_POINTER,)),
    "ggml_backend_buffer_clear": (None, (_POINTER, ctypes.c_uint8)),
    "ggml_backend_buffer_free": (None, (_POINTER,)),
    "ggml_backend_tensor_alloc": (_INT, (_POINTER, _POINTER, _POINTER)),
}


@cache
def ggml() -> ctypes.CDLL:
    """Load ggml and tell ctypes of the functions above.

    Raises:
        EngineMissing: The engine is not installed, or another version.
        EngineError: It lacks one of the functions.
    """
    library()
    from llama_cpp._ggml import libggml

    for name, (result, arguments) in _FUNCTIONS.items():
        try:
            function = getattr(libggml, name)
        except AttributeError as error:
            raise EngineError(f"The engine has no {name}; its kernels cannot be timed.") from error
        function.restype, function.argtypes = result, list(arguments)
    return libggml  # type: ignore[no-any-return]


class Area:
    """Memory that tensors of a graph lie in; every graph starts at its beginning again.

    Args:
        size_bytes: Of all of it; its pages are touched, since untouched ones are all the same.
        order: One of `own_orders`, in which weights lie; None for that of the file.

    Raises:
        EngineError: There is not that much memory.
    """

    def __init__(self, size_bytes: int, order: int | None = None) -> None:
        lib = ggml()
        self.size_bytes = size_bytes
        self._kind = order or lib.ggml_backend_cpu_buffer_type()
        self._buffer = lib.ggml_backend_buft_alloc_buffer(self._kind, size_bytes)
        if not self._buffer:
            raise EngineError(f"There are no {size_bytes:,} bytes of memory to measure in.")
        lib.ggml_backend_buffer_clear(self._buffer, 0)
        self._base = lib.ggml_backend_buffer_get_base(self._buffer)

    def put(self, tensor: int, offset: int) -> None:
        """Let a tensor lie at an offset; past the end it begins at the start again."""
        size = ggml().ggml_backend_buft_get_alloc_size(self._kind, tensor)
        if size > self.size_bytes:
            raise EngineError(f"A tensor of {size:,} bytes does not fit in {self.size_bytes:,}.")
        place = offset % (self.size_bytes - size + 1) // PAGE_BYTES * PAGE_BYTES
        if ggml().ggml_backend_tensor_alloc(self._buffer, tensor, self._base + place):
            raise EngineError("The engine takes no tensor at this place.")

    def close(self) -> None:
        """Free the memory; graphs over it must be closed before."""
        ggml().ggml_backend_buffer_free(self._buffer)


def own_orders() -> list[int]:
    """Return the kinds of memory in which the processor's kernels have weights in their own order.

    They come in the order in which llama.cpp offers a matrix to them: the first that takes it has
    it. Most builds have one, "CPU_REPACK"; processors with AMX have another before it.
    """
    lib = ggml()
    registry = lib.ggml_backend_dev_backend_reg(_processor())
    name = b"ggml_backend_dev_get_extra_bufts"
    address = lib.ggml_backend_reg_get_proc_address(registry, name)
    if not address:
        return []
    kinds = ctypes.CFUNCTYPE(ctypes.POINTER(_POINTER), _POINTER)(address)(_processor())
    found: list[int] = []
    while kinds and kinds[len(found)]:
        found.append(int(kinds[len(found)]))
    return found


def can_compute(result: int) -> bool:
    """Return whether the processor computes an operation, given where its weights lie.

    Args:
        result: What `Graph.then` returned.
    """
    return bool(ggml().ggml_backend_dev_supports_op(_processor(), result))


def _processor() -> int:
    return int(ggml().ggml_backend_dev_by_type(CPU_DEVICE))


class Processor:
    """ggml's CPU back-end with some threads."""

    def __init__(self, threads: int) -> None:
        self._pointer = ggml().ggml_backend_cpu_init()
        ggml().ggml_backend_cpu_set_n_threads(self._pointer, threads)

    def compute(self, graph: Graph) -> None:
        """Compute a graph once."""
        status = ggml().ggml_backend_graph_compute(self._pointer, graph.pointer)
        if status:
            raise EngineError(f"ggml cannot compute a graph: status {status}.")

    def close(self) -> None:
        """End its threads."""
        ggml().ggml_backend_free(self._pointer)


class Graph:
    """Operations that are computed one after the other.

    Args:
        scratch: Where inputs and results lie.
    """

    def __init__(self, scratch: Area) -> None:
        lib = ggml()
        self._scratch = scratch
        self._used = 0
        self._context = lib.ggml_init(_InitParams(GRAPH_SIZE * NODE_BYTES, None, True))
        self.pointer = lib.ggml_new_graph_custom(self._context, GRAPH_SIZE, False)

    def tensor(self, kind: int, *shape: int, area: Area | None = None, offset: int = 0) -> int:
        """Return a new tensor of zeros: in `area`, else behind the others in the scratch memory."""
        four = (*shape, 1, 1, 1)[:4]
        made = int(ggml().ggml_new_tensor_4d(self._context, kind, *four))
        if area is not None:
            area.put(made, offset)
        else:
            self._place(made)
        return made

    def then(self, operation: str, *arguments: Any) -> int:
        """Compute an operation, such as "mul_mat", and return its result."""
        made = int(getattr(ggml(), f"ggml_{operation}")(self._context, *arguments))
        self._place(made)
        ggml().ggml_build_forward_expand(self.pointer, made)
        return made

    def permuted(self, tensor: int) -> int:
        """Return a view of a tensor with its second and third dimension exchanged."""
        return int(ggml().ggml_permute(self._context, tensor, 0, 2, 1, 3))

    def transposed(self, tensor: int) -> int:
        """Return a view of a tensor with its first and second dimension exchanged."""
        return int(ggml().ggml_transpose(self._context, tensor))

    def rewind(self, used: int) -> None:
        """Let the next results lie over earlier ones, as in a model."""
        self._used = used

    @property
    def used(self) -> int:
        """Scratch bytes that are taken."""
        return self._used

    def close(self) -> None:
        """Free the descriptions; the areas stay."""
        ggml().ggml_free(self._context)

    def _place(self, tensor: int) -> None:
        self._scratch.put(tensor, self._used)
        self._used += -(-ggml().ggml_nbytes(tensor) // PAGE_BYTES) * PAGE_BYTES
