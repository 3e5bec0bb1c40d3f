"""Looking inside models: the numbers of a tensor, and what differs between two models.

Everything is streamed: a piece of a tensor is in memory at a time, whatever the model's size.
"""
