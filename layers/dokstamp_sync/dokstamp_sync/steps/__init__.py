"""What a step is made of: what it gets to work with, and the rules that several steps share."""
