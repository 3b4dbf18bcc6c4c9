"""What training files hold besides the network: losses are left out, and with them their labels.

Every such change leaves a sentence among the notes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from deepvis.formats.caffe import schema
from deepvis.formats.caffe.layer import weight_count

Shape = tuple[int, ...]

_JUDGES = frozenset(("Accuracy", "HDF5Output", "DetectionEvaluate", "SegAccuracy", "BoxAnnotatorOHEM"))
# a loss that holds an activation of its own leaves that in its place
_ACTIVATION_OF_LOSS = {
    "SoftmaxWithLoss": "Softmax",
    "SoftmaxWithLossOHEM": "Softmax",
    "SigmoidCrossEntropyLoss": "Sigmoid",
}
AUTOMATIC = "(automatic)"
# what files do to labels before a loss reads them
_REARRANGING = frozenset(("Silence", "Slice", "Flatten", "Reshape", "Split", "Concat", "Permute"))


def is_loss(layer_type: str) -> bool:
    """Whether layers of this type only train or judge a network."""
    return "Loss" in layer_type or layer_type in _JUDGES


def with_automatic_tops(layers: Sequence[Any]) -> list[Any]:
    """The layers, losses without a top given one: "(automatic)", which is no output. Source: Caffe's AutoTopBlobs."""
    found: list[Any] = []
    for layer in layers:
        if layer.type.endswith("Loss") and not layer.top:
            taken = {blob for other in found for blob in other.top}
            bare, layer = layer, schema.LayerParameter()
            layer.CopyFrom(bare)
            layer.top.append(AUTOMATIC if AUTOMATIC not in taken else f"{AUTOMATIC} {layer.name}")
        found.append(layer)
    return found


# --- layers of another phase ---------------------------------------------------------------------


def with_spare(
    layers: Sequence[Any], left_out: Sequence[Any], inputs: Mapping[str, Shape], notes: list[str]
) -> list[Any]:
    """The layers, with those of another phase or stage that make what nothing makes in this one, before who reads it.

    So too the losses that only training has, where no layer here says what the network's outputs mean: their Softmax
    is wanted. LRCN's training files reshape by stages, Network in Network's loss is there in training alone.
    """
    found = list(layers)
    place = 0
    while place < len(found):
        made = {*inputs, *(blob for layer in found[:place] for blob in layer.top)}
        wanting = [blob for blob in found[place].bottom if blob not in made]
        later = {blob for layer in found[place:] for blob in layer.top}
        spare = next((each for each in left_out if _serves(each, wanting, made, later)), None)
        if spare is None:
            place += 1
            continue
        found.insert(place, spare)
        notes.append(f"layer {spare.name!r} ({spare.type}) of another phase or stage was taken: nothing else makes it")
    ends = {kind for layer in found for kind in (layer.type, _ACTIVATION_OF_LOSS.get(layer.type))}
    if ends.isdisjoint(_ACTIVATION_OF_LOSS.values()):
        made = {*inputs, *(blob for layer in found for blob in layer.top)}
        found += [each for each in left_out if each.type in _ACTIVATION_OF_LOSS and made.issuperset(each.bottom)]
    return found


def spare_makers(layers: Sequence[Any], left_out: Sequence[Any]) -> list[Any]:
    """The layers of another phase or stage that may make what nothing makes in this one, from other blobs."""
    made = {blob for layer in layers for blob in layer.top}
    wanting = {blob for layer in layers for blob in layer.bottom} - made
    found = []
    for layer in reversed(left_out):
        if layer.bottom and wanting.intersection(layer.top):
            found.append(layer)
            wanting.update(set(layer.bottom) - made)
    return found


def _serves(spare: Any, wanting: Sequence[str], made: Collection[str], later: Collection[str]) -> bool:
    """Whether a layer of another phase makes what is wanted, from what there is."""
    return bool(
        spare.bottom
        and set(spare.top).intersection(wanting)
        and set(spare.bottom).issubset(made)
        and not set(spare.top).intersection(later)
    )


# --- losses ------------------------------------------------------------------------------------


def without_losses(layers: Sequence[Any], inputs: dict[str, Shape], notes: list[str]) -> list[Any]:
    """The layers without losses and accuracies, without what only these feed, and without their labels.

    Each SoftmaxWithLoss leaves its Softmax, unless the network has that already: the one that weighs most, of several
    alike the last, is called "prob", others after their loss. Takes the labels out of ``inputs``.
    """
    kept: list[Any] = []
    gone: set[str] = set()  # blobs that no layer makes any more
    freed: set[str] = set()  # blobs that a layer read that is gone
    stand_ins = _stand_ins(layers)
    for index, layer in enumerate(layers):
        if not is_loss(layer.type) and not gone.intersection(layer.bottom):
            kept.append(layer)
            continue
        gone.update(layer.top)
        freed.update(layer.bottom)
        start = f"layer {layer.name!r} ({layer.type}) was "
        if index in stand_ins:
            kept.append(stand_ins[index])
            notes.append(f"{start}replaced by the {stand_ins[index].type} {stand_ins[index].name!r}")
        else:
            notes.append(f"{start}left out: it only serves training")
    return _without_labels(kept, inputs, freed, notes) if freed else kept


def _stand_ins(layers: Sequence[Any]) -> dict[int, Any]:
    """Place of a loss -> the Softmax or Sigmoid that stands in for it, where it needs one."""
    there = {(layer.type, layer.bottom[0]) for layer in layers if len(layer.bottom) == 1}
    losses = {}
    for index, layer in enumerate(layers):
        kind = _ACTIVATION_OF_LOSS.get(layer.type)
        if kind is not None and layer.bottom and (kind, layer.bottom[0]) not in there:
            there.add((kind, layer.bottom[0]))
            losses[index] = layer
    taken = {blob for layer in layers for blob in layer.top} | {layer.name for layer in layers}
    main = max(losses, key=lambda index: (_weight(losses[index]), index), default=None)
    found = {}
    for index in sorted(losses, key=lambda index: index != main):
        loss = losses[index]
        own = [f"{loss.name}_prob", *(f"prob{number}" for number in range(len(taken) + 1))]
        name = next(name for name in (["prob"] if index == main else []) + own if name not in taken)
        taken.add(name)
        found[index] = _activation(loss, name)
    return found


def _weight(loss: Any) -> float:
    """Of its first top in the whole loss."""
    return loss.loss_weight[0] if loss.loss_weight else 1.0


def _activation(loss: Any, name: str) -> Any:
    kind = _ACTIVATION_OF_LOSS[loss.type]
    layer = schema.LayerParameter(name=name, type=kind, bottom=[loss.bottom[0]], top=[name])
    if kind == "Softmax" and loss.HasField("softmax_param"):
        layer.softmax_param.CopyFrom(loss.softmax_param)
    return layer


def _without_labels(layers: Sequence[Any], inputs: dict[str, Shape], freed: set[str], notes: list[str]) -> list[Any]:
    """The layers without those that only make an input ready for the losses; such inputs leave ``inputs``.

    Of the first input, the picture, those that rearrange it; of others, labels, all without weights that end in a loss:
    DeepLab shrinks its labels by an Interp.
    """
    kept, first = list(layers), next(iter(inputs), "")
    for name in list(inputs)[1:] + list(inputs)[:1]:
        blobs, rearranging = {name}, []
        for layer in kept:
            serves = layer.type in _REARRANGING or (name != first and not weight_count(layer))
            if serves and layer.bottom and blobs.issuperset(layer.bottom):
                blobs.update(layer.top)
                rearranging.append(layer)
        others = [layer for layer in kept if all(layer is not own for own in rearranging)]
        ends = blobs - freed - {blob for own in rearranging for blob in own.bottom}
        others += [layer for layer in rearranging if layer.type not in _REARRANGING and ends.intersection(layer.top)]
        is_read = any(blobs.intersection(layer.bottom) for layer in others)
        if len(inputs) > 1 and blobs & freed and not is_read:
            del inputs[name]
            kept = [layer for layer in kept if all(layer is not own for own in rearranging)]
            notes.append(f"input {name!r} was left out: nothing but a loss reads it")
    return kept
