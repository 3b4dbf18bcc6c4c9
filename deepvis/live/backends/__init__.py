"""What the window can run a network on."""
