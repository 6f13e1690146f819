"""One record's way: decide, find its parents, claim it, deliver it, write down what came of it."""
