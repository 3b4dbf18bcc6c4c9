"""Tables of what users write (settings, model cards): names, types, defaults, help and options; checked by pydantic."""
