"""The mapping: which SIS id became which DokStamp uuid, and what was last delivered of each record."""
