"""What is this model? File formats read as hostile input, and the library of models on disk.

`info.inspect` is the one door to a file: a further format is told apart there. `library.Library`
is the one list of models: a further source is one more line in its `_sources`.
"""
