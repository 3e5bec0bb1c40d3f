"""What have I got? CPU, memory, storage and accelerators of this machine, as frozen values.

Everything is read, nothing is run and nothing is measured. What runs the engine to know something
lives elsewhere.
"""
