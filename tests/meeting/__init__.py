"""Where two records meet: by a key, by an id that looks like a code, by arriving in the wrong order."""
