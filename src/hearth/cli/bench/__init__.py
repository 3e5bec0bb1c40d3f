"""`hearth bench`: measure how fast models are, and how good. One module per verb."""
