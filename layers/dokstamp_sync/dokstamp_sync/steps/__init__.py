"""What a step is made of: what it gets to work with, and the business that several steps share."""
