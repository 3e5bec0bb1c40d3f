"""What have I got? CPU, memory, storage, GPUs and links of a machine, as frozen values.

Reading takes milliseconds and changes nothing; measuring is done only when it is asked for. What
must run the engine to know something lives elsewhere and adds its figures to the profile.
"""
