"""No failure is mute: whatever is raised, one log line, a metric and a visibility tell of it."""
