"""Models by name: folders with a model.yaml, or a network of one's own without any.

What neither the card nor the caller says is found from the network itself (``deepvis.models.listing``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from deepvis.core.files import home_of_user
from deepvis.core.nearest import nearest
from deepvis.core.regular_file import instead_of_file
from deepvis.models import listing
from deepvis.models.card import CARD_NAME, Card, read_card
from deepvis.models.dictionary_file import opened_with, read_dictionary
from deepvis.models.feeding import given_inputs, preprocessor_of, zero_notes
from deepvis.models.image_folders import has_images, image_folders
from deepvis.models.labels import read_labels
from deepvis.models.listed_layers import (
    check_layers,
    check_names,
    groups_of,
    listed_layers,
    short_names_of,
    those_in_graph,
    with_added,
)
from deepvis.models.model import Model
from deepvis.models.opening_notes import label_notes, mean_notes, remedy
from deepvis.network.inputs import picture_input, picture_shape, region_inputs
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef, Opened, Source, file_and_callable, name_of, open_source

DEFAULT_MODEL = "caffenet-mini"
# names that tell nothing of a network
GENERIC = ("deploy", "train_val", "net", "network", "model", "models", "test", "make", "build", "create", "get_model")
_PACKAGE = Path(__file__).resolve().parents[1]
MODELS_FOLDERS = (_PACKAGE.parent / "models", _PACKAGE / "_models")  # in the repository; once installed

# models that were opened from an object, not by a name: this process finds them by these references
IN_MEMORY = "module"
_in_memory: WeakValueDictionary[NetworkRef, Model] = WeakValueDictionary()

# what a caller may say better than card and network; see load_model
OVERRIDES = frozenset(
    {
        *("input_size", "data_blob", "channel_order", "input_scale", "label_layers", "prob_layer", "layers"),
        *("layer_filter", "short_name", "unit_image_dir", "unit_image_layers", "remap", "panes", "fill"),
        *("std", "channels", "layout", "inputs", "trust_file", "dictionary"),
    }
)


def models_folder() -> Path:
    """The folder of the models that come with the project."""
    return next((folder for folder in MODELS_FOLDERS if folder.is_dir()), MODELS_FOLDERS[0])


def data_folder_of(folder: Path) -> Path | None:
    """Where files of the model in ``folder`` are put if not there: of one of an installed package, the user's folder.

    ``$DEEPVIS_MODELS``, else ``deepvis/models`` in ``$XDG_DATA_HOME`` or ``~/.local/share``; in it, one of its name.
    """
    if folder.resolve().parent != MODELS_FOLDERS[1].resolve():
        return None
    root = os.environ.get("DEEPVIS_MODELS") or home_of_user("XDG_DATA_HOME", ".local/share") / "models"
    return Path(root) / folder.name


def _card(path: Path) -> Card:
    return replace(read_card(path), data_folder=data_folder_of(path.parent))


def model_names() -> tuple[str, ...]:
    """The names of all models in the models folder; their cards are not read."""
    return tuple(sorted(path.parent.name for path in models_folder().glob(f"*/{CARD_NAME}")))


def list_models() -> list[Card]:
    """The cards of all models in the models folder, by name. Folders whose card is wrong raise ModelError."""
    return [_card(path) for path in sorted(models_folder().glob(f"*/{CARD_NAME}"))]


def find_card(name_or_folder: str | Path | None = None) -> Card:
    """The card of a model by its name, or by a folder that holds model.yaml. Raises ModelError."""
    name = str(name_or_folder or DEFAULT_MODEL)
    named = models_folder() / name
    for folder in (named, Path(name)):
        if name.strip("./\\") and (folder / CARD_NAME).is_file():
            return _card(folder / CARD_NAME)
    if Path(name).is_file() and Path(name).name == CARD_NAME:
        return _card(Path(name))
    names = model_names()
    hint = nearest(name, names, f"there are: {', '.join(names) or 'none'}")
    raise ModelError(f"no model is named {name!r}, and no folder of that name holds {CARD_NAME}; {hint}")


def load_model(
    name_or_folder: str | Path | None = None,
    *,
    prototxt: str | Path | None = None,
    weights: str | Path | None = None,
    mean: str | Path | Sequence[float] | None = None,
    labels: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Model:
    """``open_model`` of what is named: a model by name or folder, or a network of one's own by its files."""
    options = {key: value for key, value in (overrides or {}).items() if value is not None}
    ref = NetworkRef(
        None if name_or_folder is None else str(name_or_folder),
        None if prototxt is None else str(prototxt),
        None if weights is None else str(weights),
        str(mean) if isinstance(mean, (str, Path)) else None if mean is None else tuple(mean),
        None if labels is None else str(labels),
        tuple(options.items()),
    )
    return open_model(ref)


def memory_ref(model: Model) -> NetworkRef:
    """A reference by which ``open_model`` finds this very model, in this process, as long as it lives.

    For what has no file: the jobs of the optimizer and of the scan name their networks so. Reads the weights. Raises
    ModelError.
    """
    ref = NetworkRef(network=f"{IN_MEMORY}:{model.name}", options=(("identity", model.identity),))
    _in_memory[ref] = model
    return ref


def is_in_memory(model: Model) -> bool:
    """It was a module in memory."""
    return str(model.file).startswith(f"{IN_MEMORY}:")


def _model_in_memory(ref: NetworkRef) -> Model | None:
    if ref.network is None or not ref.network.startswith(f"{IN_MEMORY}:") or dict(ref.options).keys() != {"identity"}:
        return None
    model = _in_memory.get(ref)
    if model is None:
        raise ModelError(
            f"{ref.network.partition(':')[2]}: the network was a module in the memory of another process, or is gone; "
            "give the module again, or name it as FILE.py:NAME with its weights"
        )
    return model


def open_model(ref: NetworkRef, opened: Opened | None = None) -> Model:
    """A model by name or folder, the embedded one where nothing is named, or a network of one's own by its files.

    opened: a network that is open already, as ``formats.torch.opener.opened_module`` gives it; then ``ref.network`` is
    only its name, and size, channels and inputs are those that it was opened with.
    With a network's file no card is read unless a model is named too; then the files replace those of its card.
    The options of ``ref``: input_size (height, width), data_blob, channel_order, input_scale, label_layers, prob_layer,
    layers (those of the list), layer_filter (name -> True to leave it out), short_name (name -> short one),
    unit_image_dir, unit_image_layers, remap, panes, fill (True: layers without weights are filled by their fillers, a
    module's keep their initial values); std, dictionary (a file, whose atoms are a further layer), and of modules
    channels, layout, inputs, trust_file (see ``Source``).
    The weights are read when Model.graph is first asked for. Raises ModelError.
    """
    if opened is None and (given := _model_in_memory(ref)) is not None:
        return given
    overrides = dict(ref.options)
    for key in overrides.keys() - OVERRIDES:
        names = sorted(OVERRIDES)
        raise ModelError(f"the override {key!r} is unknown; {nearest(key, names, f'there are: {names}')}")
    if ref.network is not None and ref.model is None:
        card = _own_card(ref.network)
    else:
        card = find_card(ref.model)
    net_file = Path(ref.network) if ref.network is not None else _network_of(card)
    if opened is not None:
        return _assemble(card, overrides, net_file, None, ref, opened)
    weights_file = Path(ref.weights) if ref.weights is not None else card.path("weights")
    if weights_file is not None and not weights_file.is_file():
        if ref.weights is not None:
            raise ModelError(f"{weights_file}: found {instead_of_file(weights_file)}, expected the network's weights")
        weights_file = None if overrides.get("fill") else _present(card, "weights")
    return _assemble(card, overrides, net_file, weights_file, ref, None)


def _own_card(network: str) -> Card:
    """Stands in for the card of a network without one: its name, and the folder for its unit images.

    That of its file; of what is imported by name, a folder of that name in the current one.
    """
    name = name_of(network)
    if name is None:
        return Card(Path(network).parent, {"name": _own_name(Path(network))})
    package, thing = name
    title = package.rpartition(".")[2] if thing.lower() in GENERIC else thing
    return Card(Path(title), {"name": title})


def _own_name(network: Path) -> str:
    """A name for a network without a card: its file's, or its folder's where the file is called deploy."""
    file, _ = file_and_callable(network)
    generic = file.stem.lower() in GENERIC
    return (file.resolve().parent.name if generic else file.stem) or file.stem


def _network_of(card: Card) -> Path:
    """The network's file, which is there, or what stands in its place. Raises ModelError."""
    named = card.network
    return _present(card, "prototxt") if card.get("prototxt") else Path(named)


def _present(card: Card, key: str) -> Path:
    path = card.path(key)
    if path is None or not path.is_file():
        raise ModelError(f"model {card.name}: the file {path} is missing; {remedy(card, key)}")
    return path


def _mean_of(card: Card) -> Path | tuple[float, ...] | None:
    """The card's mean. Raises ModelError for a file that is not there."""
    return _present(card, "mean") if card.path("mean") else card.get("mean")


def _assemble(
    card: Card, overrides: Mapping[str, Any], file: Path, weights: Path | None, ref: NetworkRef, given: Opened | None
) -> Model:
    def option(key: str, found: Any = None) -> Any:
        return overrides.get(key, card.get(key, found))

    source = _source(file, weights, overrides, option)
    opened = open_source(source) if given is None else given
    graph = opened.structure
    blob = picture_input(graph.name, graph.inputs, source.data_input if given is None else None)
    mean = ref.mean if ref.mean is not None else _mean_of(card)
    shape = picture_shape(graph.name, blob, graph.inputs[blob])
    preprocessor, assumed, feeding_notes = preprocessor_of(shape, opened, mean, option)
    dictionary = None
    if (named := overrides.get("dictionary")) is not None:
        dictionary = read_dictionary(Path(named))
        opened = opened_with(opened, dictionary, Path(named), preprocessor.signature)
        graph = opened.structure
    in_graph = {name: shape for name, shape in graph.inputs.items() if name != blob}
    values = given_inputs(in_graph, source.inputs if in_graph or opened.assumed is None else ())
    layers = with_added(listed_layers(graph, overrides, card), graph)
    prob = option("prob_layer", None)
    prob = listing.probability_layer(graph) if prob is None else prob
    check_layers(graph, card, {"prob_layer": [prob] if prob else []})
    class_layers, remap = option("label_layers", None), dict(option("remap", {}))
    images, further = image_folders(card, overrides)
    folders = (images, *further)
    check_names(
        graph,
        card,
        {
            "label_layers": class_layers or (),
            "short_names": [name for name in card.get("short_names", ()) if name not in graph.inputs],
            "unit_image_layers": option("unit_image_layers", None) or (),
            "remap": [*remap, *(name for name in remap.values() if not has_images(folders, name))],
        },
    )
    classes = those_in_graph(graph, class_layers) if class_layers else listing.class_layers(graph, prob)
    names, labels_file = _labels(card, ref)
    return Model(
        name=card.name,
        folder=card.folder,
        file=file,
        weights=weights,
        opened=opened,
        data_blob=blob,
        preprocessor=preprocessor,
        labels=names,
        labels_file=labels_file,
        label_layers=frozenset(classes),
        prob_layer=prob,
        layer_names=layers,
        groups=groups_of(layers, card.get("groups"), graph.added),
        short_names=short_names_of(layers, card.get("short_names", {}), overrides.get("short_name"), graph.added),
        remap={**listing.borrowed_images(graph, layers), **remap},
        unit_image_dir=images,
        further_images=further,
        unit_image_layers=option("unit_image_layers", None),
        presets=card.get("presets", ()),
        panes=option("panes", {}),
        notes=(
            *graph.notes,
            *feeding_notes,
            *zero_notes(in_graph, values, region_inputs(graph)),
            *mean_notes(opened, preprocessor),
            *label_notes(card, graph, classes, names),
        ),
        input_values=values,
        assumed=assumed,
        dictionary=dictionary,
    )


def _source(file: Path, weights: Path | None, overrides: Mapping[str, Any], option: Callable[[str], Any]) -> Source:
    """What an opener is given. option: what the overrides say, or else the card."""
    return Source(
        file,
        weights,
        option("data_blob"),
        option("input_size"),
        bool(overrides.get("fill", False)),
        option("channels"),
        option("layout"),
        tuple(overrides.get("inputs", ())),
        bool(overrides.get("trust_file", False)),
    )


def _labels(card: Card, ref: NetworkRef) -> tuple[tuple[str, ...], Path | None]:
    """(the names of the classes, their file). Raises ModelError for a named file that cannot be read."""
    file = Path(ref.labels) if ref.labels is not None else card.path("labels")
    return (read_labels(file) if file is not None and (ref.labels or file.is_file()) else ()), file
