"""Mutation testing: `make mutants` changes one thing at a time in the modules that decide, and runs the tests.

A change that no test notices is a rule that no test holds. Our own tool, for neither library on PyPI fits: mutmut 3
takes no operators of others (a rejection turned into a wait), leaves properties, context managers and a module's
constants alone, empties every reason, and needs all tests to pass twice in one process; cosmic-ray changes the source
in place, one mutant after another, and runs all tests on each in a new process.
"""
