"""The settings: their table, their types, the names of 2015."""
