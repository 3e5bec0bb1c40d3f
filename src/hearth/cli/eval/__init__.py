"""`hearth eval`: what a model knows and does, one module per evaluator."""
