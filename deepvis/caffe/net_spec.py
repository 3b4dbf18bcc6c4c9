"""pycaffe's ``caffe.net_spec``: write networks in Python.

``L.Convolution(bottom, kernel_size=3)`` makes a Top; a NetSpec names the tops that are
assigned to it; ``to_proto`` gives the NetParameter. Source: the documented behaviour of
python/caffe/net_spec.py of BVLC Caffe 1.0.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import Any

from deepvis.caffe.proto import caffe_pb2


def param_name_dict() -> dict[str, str]:
    """Layer type -> name of its parameter without "_param": {"InnerProduct": "inner_product", ...}."""
    fields = caffe_pb2.LayerParameter.DESCRIPTOR.fields
    return {
        field.message_type.name.removesuffix("Parameter"): field.name.removesuffix("_param")
        for field in fields
        if field.name.endswith("_param") and field.message_type is not None
    }


def to_proto(*tops: Top):
    """A NetParameter with every layer that the tops need."""
    return _network_of(tops, {})


def _network_of(tops: Iterable[Top], names: dict[Any, str]):
    """names: of tops that have one already."""
    layers: OrderedDict[Function, Any] = OrderedDict()
    autonames: Counter[str] = Counter()
    for top in tops:
        top._to_proto(layers, names, autonames)
    net = caffe_pb2.NetParameter()
    net.layer.extend(layers.values())
    return net


def assign_proto(proto, name: str, value) -> None:
    """Set a field from a Python value: a dict fills a message, a list (or one value) a repeated field."""
    field = proto.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        raise AttributeError(f"{proto.DESCRIPTOR.name} has no field {name!r}")
    target = getattr(proto, name)
    if hasattr(target, "extend"):
        values = value if isinstance(value, (list, tuple)) else [value]
        if values and isinstance(values[0], dict):
            for item in values:
                message = target.add()
                for key, inner in item.items():
                    assign_proto(message, key, inner)
        else:
            target.extend(values)
    elif isinstance(value, dict):
        target.SetInParent()
        for key, inner in value.items():
            assign_proto(target, key, inner)
    else:
        setattr(proto, name, value)


class Top:
    """One output blob of a layer: the n-th top of the Function ``fn``."""

    def __init__(self, fn: Function, n: int) -> None:
        self.fn = fn
        self.n = n

    def to_proto(self):
        """A NetParameter with every layer that this top needs."""
        return to_proto(self)

    def _update(self, params: dict[str, Any]) -> None:
        self.fn._update(params)

    def _to_proto(self, layers, names, autonames) -> None:
        self.fn._to_proto(layers, names, autonames)


class Function:
    """A layer: its type, its bottoms (Tops of other layers) and its parameters.

    Parameters of its own: ``ntop`` (number of tops, 1), ``in_place`` (False), ``name``.
    Raises TypeError for an input that is no Top.
    """

    def __init__(self, type_name: str, inputs: tuple, params: dict[str, Any]) -> None:
        self.type_name = type_name
        for index, input_ in enumerate(inputs):
            if not isinstance(input_, Top):
                raise TypeError(f"{type_name} input {index} is not a Top (type is {type(input_)})")
        self.inputs = inputs
        self.params = dict(params)
        self.ntop = self.params.pop("ntop", 1)
        self.in_place = self.params.pop("in_place", False)
        self.tops = tuple(Top(self, n) for n in range(self.ntop))

    def _get_name(self, names, autonames) -> str:
        if self not in names and self.ntop > 0:
            names[self] = self._get_top_name(self.tops[0], names, autonames)
        elif self not in names:
            autonames[self.type_name] += 1
            names[self] = f"{self.type_name}{autonames[self.type_name]}"
        return names[self]

    def _get_top_name(self, top: Top, names, autonames) -> str:
        if top not in names:
            autonames[top.fn.type_name] += 1
            names[top] = f"{top.fn.type_name}{autonames[top.fn.type_name]}"
        return names[top]

    def _update(self, params: dict[str, Any]) -> None:
        self.params.update(params)

    def _to_proto(self, layers, names, autonames) -> None:
        if self in layers:
            return
        bottoms = []
        for input_ in self.inputs:
            input_.fn._to_proto(layers, names, autonames)
            bottoms.append(layers[input_.fn].top[input_.n])
        layer = caffe_pb2.LayerParameter()
        layer.type = self.type_name
        layer.bottom.extend(bottoms)
        if self.in_place:
            layer.top.extend(layer.bottom)
        else:
            layer.top.extend(self._get_top_name(top, names, autonames) for top in self.tops)
        layer.name = self._get_name(names, autonames)
        for key, value in self.params.items():
            self._assign(layer, key, value)
        layers[self] = layer

    def _assign(self, layer, key: str, value) -> None:
        own = _param_names.get(self.type_name, "") + "_param"
        is_own = (
            not key.endswith("param")
            and own in layer.DESCRIPTOR.fields_by_name
            and key in getattr(layer, own).DESCRIPTOR.fields_by_name
        )
        assign_proto(getattr(layer, own) if is_own else layer, key, value)


class NetSpec:
    """A network under construction: tops and top-less layers by the names they were assigned to."""

    def __init__(self) -> None:
        super().__setattr__("tops", OrderedDict())

    def __setattr__(self, name: str, value) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str):
        try:
            return self.tops[name]
        except KeyError:
            raise AttributeError(f"this NetSpec has no top {name!r}") from None

    def __setitem__(self, name: str, value) -> None:
        self.tops[name] = value

    def __getitem__(self, name: str):
        return self.tops[name]

    def __delitem__(self, name: str) -> None:
        del self.tops[name]

    def keys(self) -> list[str]:
        return list(self.tops)

    def vals(self) -> list:
        return list(self.tops.values())

    def update(self, name: str, params: dict[str, Any]) -> None:
        """Add to the parameters of the layer that makes the top ``name``."""
        self.tops[name]._update(params)

    def to_proto(self):
        """A NetParameter with every layer that the assigned tops need, under their names."""
        return _network_of(self.tops.values(), {top: name for name, top in self.tops.items()})


class Layers:
    """The pseudo-module ``layers``: ``L.Convolution(bottom, kernel_size=3)``."""

    def __getattr__(self, name: str):
        def layer(*inputs, **params):
            fn = Function(name, inputs, params)
            if fn.ntop == 0:
                return fn
            return fn.tops[0] if fn.ntop == 1 else fn.tops

        return layer


class _EnumsOf:
    def __init__(self, name: str) -> None:
        self._message = getattr(caffe_pb2, name + "Parameter")

    def __getattr__(self, name: str):
        return getattr(self._message, name)


class Parameters:
    """The pseudo-module ``params``: ``P.Pooling.MAX``."""

    def __getattr__(self, name: str) -> _EnumsOf:
        return _EnumsOf(name)


_param_names = param_name_dict()
layers = Layers()
params = Parameters()
