"""Delivers one record: decide, find its parents, claim its row, deliver it, store the outcome."""
