"""Computed beginnings of prompts on disk: keys, files, limits, and the door to a worker."""
