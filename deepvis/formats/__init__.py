"""Network files and frameworks, each turned into a graph."""
