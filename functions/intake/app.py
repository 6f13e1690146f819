"""The intake: checks what the SIS sends, and starts a run for it. See dokstamp_sync.intake."""

from dokstamp_sync.intake.entry import handler

__all__ = ["handler"]
