"""The window: events to state, state to asks, answers to a picture."""
