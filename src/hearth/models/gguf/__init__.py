"""GGUF, the file format of llama.cpp: bounds first, then memory, and never a native reader.

`header.read_header` reads one file, `parts.read_parts` all files of a model, and `info.inspect`
says what the model is, down to what each layer will keep in memory.
"""
