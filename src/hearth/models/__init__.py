"""What is this model? File formats read as hostile input, and the library of models on disk."""
