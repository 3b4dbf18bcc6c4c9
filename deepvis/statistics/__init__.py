"""Statistics of a network's units over photos, and section S1 of the paper measured."""
