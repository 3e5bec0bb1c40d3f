"""Read what the system tells of this machine: nothing is run but small programs that ask drivers.

Everything is found without root and without the network; what cannot be is None, and `missing`
says why. Functions take the root of the file system, so that they can be tried on another one.
"""
