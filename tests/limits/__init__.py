"""How near to DokStamp's limit the workers come, and how little they go beyond it: in simulated time and for real."""
