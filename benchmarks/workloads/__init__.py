"""Workloads that are measured side by side, and what measuring them takes.

models.py     the model files: the starter, and a shape of a billion weights made here
texts.py      prompts, of which none begins as an earlier one did
answers.py    a client that times a streamed answer and costs next to nothing itself
raw_loop.py   the yardstick: llama_decode in a plain loop, as a process of its own
sides.py      what is compared: Hearth with some settings, the raw loop, another server
gates.py      whether the machine is quiet enough for a sample to count
cases.py      what a case and a workload are
table.py      what is measured: all workloads, with their limits
measures.py   how: from a side to a figure and its counters
pairing.py    samples in the order A B B A, and the ratio of each such block
results.py    blocks as lines of JSON, kept and taken up again
summary.py    from blocks to medians, intervals and verdicts
page.py       docs/benchmarks.md
"""
