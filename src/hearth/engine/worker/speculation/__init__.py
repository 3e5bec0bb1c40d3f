"""Speculation: guess how answers go on, and compute several tokens in one step.

Reading the weights costs a step about as much for a few tokens as for one, so a right guess is a
token for little. `lookup` finds guesses in the text itself, `acceptance` learns how often they are
right, and `lengths` chooses how many pay, from what steps of each size take on this machine.
`speculator` puts them together; `hearth.engine.worker.growing` verifies, and keeps what answers
say independent of all of it.
"""
