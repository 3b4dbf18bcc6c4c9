"""The window in a browser: one more window for the loop, behind a server with pictures out and events in."""
