"""Any body whatsoever, through the intake and through a step's worker: see bench.py for what must hold.

`python -m tests.fuzz` (`make fuzz`) searches for minutes; test_fuzz.py repeats a small part of that search each time
the tests run, and test_once_failed.py everything that was ever found.
"""
