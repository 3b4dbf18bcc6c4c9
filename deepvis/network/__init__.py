"""One network, whatever file it came from: a graph of pure operations, run forward and backward."""
