"""The methods of attribution, one a file. Each enters its row as it is imported; no torch here.

A file with a leading number would be in the way of names: the order in which key B runs through them is ``ORDER``,
files that it does not name come after those, by name.
"""

from importlib import import_module

from deepvis.core.registry import modules_in

ORDER = ("grad_cam", "layer_cam", "input_x_gradient", "integrated_gradients", "smooth_grad", "occlusion", "lrp")

for _name in sorted(
    modules_in("attribution/methods"), key=lambda name: (name not in ORDER, [*ORDER, name].index(name))
):
    import_module(f"{__name__}.{_name}")
