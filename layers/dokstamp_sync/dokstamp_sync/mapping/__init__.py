"""What is remembered of each record: which SIS id became which DokStamp uuid, and what was last delivered."""
