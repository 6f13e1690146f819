"""The edge of a queue."""
