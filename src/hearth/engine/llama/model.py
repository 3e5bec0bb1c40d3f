"""Weights in memory. One model may serve several contexts; it must outlive them all."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

from hearth.engine.llama.library import library, log_lines
from hearth.engine.llama.vocab import Vocab
from hearth.errors import LoadFailed


class Model:
    """A model file that llama.cpp has loaded.

    Args:
        path: A GGUF file that the validator has passed.
        gpu_layers: Layers to put on the GPU; 0 for none.
        repack: Let the CPU back-end rearrange weights for faster decoding.
        on_progress: Called with the loaded part, 0 to 1.
        simulate: Go through all of loading without reading or allocating anything: contexts of
            such a model log what they would take, and cannot compute.

    Raises:
        LoadFailed: llama.cpp refused the file; its own words are in the message.
    """

    def __init__(
        self,
        path: Path,
        *,
        gpu_layers: int = 0,
        repack: bool = True,
        on_progress: Callable[[float], None] | None = None,
        simulate: bool = False,
    ) -> None:
        self._lib = library()
        params = self._lib.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        params.use_extra_bufts = repack
        if simulate:
            params.no_alloc = True
            params.load_mode = self._lib.LLAMA_LOAD_MODE_NONE
        report = self._lib.llama_progress_callback(lambda part, _data: _report(on_progress, part))
        params.progress_callback = report
        self.pointer = self._lib.llama_model_load_from_file(str(path).encode(), params)
        if not self.pointer:
            raise LoadFailed(
                f"llama.cpp cannot load {path.name}: {log_lines().tail() or 'it gave no reason'}.",
                hint="Run `hearth models show` on the file; download it again if it is damaged.",
            )
        self.vocab = Vocab(self.pointer)

    @property
    def context_length(self) -> int:
        """Longest sequence the model was trained on, in tokens."""
        return int(self._lib.llama_model_n_ctx_train(self.pointer))

    @property
    def num_parameters(self) -> int:
        """Number of weights."""
        return int(self._lib.llama_model_n_params(self.pointer))

    @property
    def size_bytes(self) -> int:
        """Size of all tensors."""
        return int(self._lib.llama_model_size(self.pointer))

    @property
    def description(self) -> str:
        """llama.cpp's own short name: architecture, size and quantization."""
        buffer = ctypes.create_string_buffer(256)
        self._lib.llama_model_desc(self.pointer, buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace")

    @property
    def can_trim(self) -> bool:
        """Tell whether a sequence can be cut back to any earlier length.

        Recurrent and hybrid models keep a running state instead of one entry per token, so they
        can only go on or start again.
        """
        return not (
            self._lib.llama_model_is_recurrent(self.pointer)
            or self._lib.llama_model_is_hybrid(self.pointer)
        )

    def close(self) -> None:
        """Free the weights; every context of this model must be closed before."""
        if self.pointer:
            self._lib.llama_model_free(self.pointer)
            self.pointer = None


def _report(on_progress: Callable[[float], None] | None, part: float) -> bool:
    if on_progress is not None:
        on_progress(float(part))
    return True
