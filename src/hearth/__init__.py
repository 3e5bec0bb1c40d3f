"""Hearth: run your own LLM at home, know what it can do here, and make it better."""

__version__ = "0.1.0"
