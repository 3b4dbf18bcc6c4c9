"""The changes of a picture, one kind a file. Each enters its rows as it is imported (core/picture_changes.py).

``ORDER`` is that of the chart; files that it does not name come after those, by name.
"""

from importlib import import_module

from deepvis.core.registry import modules_in

ORDER = ("colours", "blurring", "edges", "shuffling", "turning")

for _name in sorted(modules_in("changes"), key=lambda name: (name not in ORDER, [*ORDER, name].index(name))):
    import_module(f"{__name__}.{_name}")
