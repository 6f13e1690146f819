"""From the inbox to a run: check the message, settle what can be settled without a run, start the run."""
