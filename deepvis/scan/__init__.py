"""The top-9 scan: which photos excite each unit most."""
