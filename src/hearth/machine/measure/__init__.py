"""Measure what this machine can do: memory, disk, loopback. Nothing here needs the engine.

No compiled code of Hearth's own is involved: NumPy's loops reach the memory's bandwidth, and the
C library has a function that walks a chain of pointers. Each figure is the median of repeats, with
the smallest and the largest beside it.
"""
