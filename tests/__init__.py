"""The tests. Metrics have a namespace from the beginning: Powertools sends them off, whoever runs the code."""

import os

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "DokStampSync")
