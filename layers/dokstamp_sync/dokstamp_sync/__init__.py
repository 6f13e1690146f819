"""What every function of the sync shares.

Arrows point one way: worker -> dokstamp and mapping -> records, outcomes, errors, order.
"""

import gc
import os

__version__ = "1.0.0"

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # None of what is imported is garbage. edge/cold.py turns the collector on again.
    gc.disable()
