"""A matrix of faults: every call of every step meets every fault, and everything must still end up right, once.

`make faults` runs all of it, `tests/faults/test_faults.py` a part in which every call, every fault and
every point occurs.
"""
