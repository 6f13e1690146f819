"""The whole fault matrix and the model, one after the other, with one report: `make faults`."""
