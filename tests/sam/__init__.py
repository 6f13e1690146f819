"""`make sam-test`: every function once, in a container."""
