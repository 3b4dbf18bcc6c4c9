"""A network description -> numbers, with PyTorch: forward onto a tape, back from any unit in any mode."""
