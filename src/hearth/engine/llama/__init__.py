"""llama.cpp, through llama-cpp-python's low-level API: the only importer of `llama_cpp`.

    library.py   the loaded library: version guard, log lines, build flags
    vocab.py     text to tokens and back
    model.py     weights in memory
    context.py   key/value memory and `llama_decode`
    sampler.py   llama.cpp's sampler chain
    devices.py   ggml's devices, and bytes moved to, from and in them

Everything native that can crash a process on bad arguments is checked on this side of the border.
Source for the pitfalls: llama.h of ggml-org/llama.cpp@0c1e57098, bound by llama-cpp-python 0.3.36.
"""
