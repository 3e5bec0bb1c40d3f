"""Change a model: make another one of it, whole or not at all, and say in it what it came from."""
