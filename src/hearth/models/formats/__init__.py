"""Formats other than GGUF: one module per format, each read as hostile input and never loaded."""
