"""Prove it: what must run the engine to know something.

Here lives whatever loads a model, or calls the engine's own kernels, to find a figure: calibration
(how fast each kernel is on this machine), twins (a model measured before it is downloaded). Figures
go down as data, a machine profile or a record, for `hearth.plan` to reckon with; what shows them
lives above, and no face is known here.
"""
