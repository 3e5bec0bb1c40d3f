"""What is this model? Every format read as hostile input, and one library of all that is here.

`gguf/` reads the format that Hearth's engine runs. `library.Library` is the one list of models.
"""
