"""The threads beside the window."""
