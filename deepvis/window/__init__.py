"""The window: events to state, state to requests, answers to a picture."""
