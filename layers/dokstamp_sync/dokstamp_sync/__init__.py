"""What every function of the sync shares.

Arrows point one way: worker -> dokstamp and mapping -> records, outcomes, errors, order.
"""

__version__ = "1.0.0"
