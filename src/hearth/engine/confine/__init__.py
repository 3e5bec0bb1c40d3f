"""Shut a worker process off from files, the network and other programs, and prove it.

Two layers, both of the Linux kernel and both one-way (nothing that runs later can undo them):

1. `restrict_files` (Landlock) before the engine starts any thread: from then on the process and
   all threads that it starts may read the model and the libraries, and nothing else.
2. `restrict_system_calls` (seccomp) once the model is loaded: from then on no file can be opened
   at all, no socket made, no program started, on every thread of the process.

`prove` then tries what must fail. Elsewhere than on Linux a layer says that it is inactive, and
why; nothing here ever pretends.

What a process must have done before the second layer, because it opens files or makes sockets:
import every module that it will ever need (also those that libraries import at first use, such as
`numpy.random`), create its event loop, open its log file and pipes, load the model. What goes on
working: memory, threads, clocks, random numbers, locks, what is already open.
"""

from hearth.engine.confine.landlock import restrict_files, runtime_paths
from hearth.engine.confine.layer import Layer
from hearth.engine.confine.proof import Attempt, Proof, prove
from hearth.engine.confine.seccomp import restrict_system_calls

__all__ = [
    "Attempt",
    "Layer",
    "Proof",
    "prove",
    "restrict_files",
    "restrict_system_calls",
    "runtime_paths",
]
