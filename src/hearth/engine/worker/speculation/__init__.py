"""Speculation: guess how answers go on, and compute several tokens in one step.

Reading the weights costs a step about as much for a few tokens as for one, so a right guess is a
token for little.

    lookup.py      where the end of a text has stood before, and how it went on there
    copying.py     guesses from that, with their chances
    draft_model.py guesses from a small model; draft_loading.py gets it into memory
    drafting.py    when it is asked
    acceptance.py  how often guesses are right
    guess.py       what all guesses are: tokens and chances
    lengths.py     how many of them pay, from what steps of each size take on this machine
    speculator.py  puts guesses behind the shares of a step

They are verified where answers grow, in `hearth.engine.worker.growing`, so that what an answer says
depends on none of this.
"""
