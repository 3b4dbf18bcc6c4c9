"""What goes wrong with a model's files."""


class ModelError(ValueError):
    """One sentence: the file, line or layer, what was found, what was expected, the next step."""
