"""A child that times the engine's kernels one by one, and whole models a pass at a time."""
