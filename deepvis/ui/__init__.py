"""Scene -> pixels -> window. Nothing here starts a thread or runs a network."""
