"""A dictionary of a layer: places drawn from photos, atoms learned from them, a file that any network opens with.

``NAME.npz`` holds the atoms (``models/dictionary_file.py``), ``NAME.json`` beside it, written last, how they were
learned and the figures; ``.NAME.npz.samples-DIGEST/`` the places drawn so far, gone once the file is there.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from deepvis import __version__
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import write_file
from deepvis.core.json_fields import JsonField
from deepvis.core.json_file import read_json, read_table
from deepvis.jobs.progress import Progress
from deepvis.models.dictionary_file import Dictionary, read_dictionary, write_dictionary
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef
from deepvis.scan.dictionary_learning import Figures, check_installed, encoder_of, figures_of, learned, method_for
from deepvis.scan.dictionary_samples import ChosenPhotos, Samples, drawn, forget_parts, part_files, photos_of
from deepvis.scan.network import ScanNetwork, one_torch_thread, open_network, torch_threads_restored
from deepvis.scan.scan_error import ScanError, going_on_later

VERSION = 1
OWN = ("version", "program", "name", "network", "layer", "atoms", "method_asked")  # what every json of ours has


@dataclass(frozen=True)
class DictionaryOrder:
    """What the user asked for. method: None for the one that suits. count: of photos, at most. output: the npz."""

    network: NetworkRef
    layer: str
    images: str
    output: Path
    atoms: int = 64
    method: str | None = None
    positions: int = 32
    count: int = 2000
    seed: int = 0
    device: str = "cpu"
    overwrite: bool = False


@dataclass(frozen=True, eq=False)
class Learned:
    """The json that came of an order. is_new: it was not there before."""

    facts: dict[str, Any]
    is_new: bool


def learn(order: DictionaryOrder, progress: Progress | None = None) -> Learned:
    """Write the dictionary, or find it done. Raises ScanError, ModelError."""
    check_installed()
    progress = progress or Progress()
    photos = photos_of(order.images, order.count)
    network = open_network(order.network, (order.layer,), order.device)
    asked = _asked(order, network, photos)
    files = part_files(network, order.layer, photos, order.positions, order.seed, order.output)
    is_begun = any(path.exists() for path in files.values())  # this very order: it may have been killed at its end
    if (found := finished(order, asked, is_begun=is_begun)) is not None:
        return Learned(found, is_new=False)
    with going_on_later(order.output):
        with torch_threads_restored():
            one_torch_thread()
            samples = drawn(network, order.layer, photos, order.positions, order.seed, files, progress)
        facts = _learn_from(order, samples, asked, progress)
        forget_parts(files)
    return Learned(facts, is_new=True)


def json_of(path: Path) -> Path:
    """The json beside a dictionary."""
    return path.with_suffix(".json")


def _asked(order: DictionaryOrder, network: ScanNetwork, photos: ChosenPhotos) -> dict[str, Any]:
    """All that decides the result."""
    return {
        "network": network.model.identity,
        "layer": order.layer,
        "atoms": order.atoms,
        "method_asked": order.method or "auto",
        "seed": order.seed,
        "photos": photos.digest,
        "positions_of_a_photo": order.positions,
        "device": network.device.type,
    }


def _check_json(path: Path, output: Path) -> None:
    """Raises ScanError where a json is there that no dictionary has beside it: it would be overwritten."""
    if not os.path.lexists(path):
        return
    try:
        facts = read_json(path)
    except (OSError, ValueError):
        facts = None
    if not isinstance(facts, dict) or not facts.keys() >= set(OWN):
        raise ScanError(
            f"{path}, where the figures of --output {output} would be written, is there already and is of no "
            "dictionary; it is left as it is, choose another --output"
        )


def finished(order: DictionaryOrder, asked: dict[str, Any], *, is_begun: bool) -> dict[str, Any] | None:
    """The json of the same order, where it was carried out; asked: what it says of an order.

    Raises ScanError for a file that is to stay, and for a json that lacks what is printed.
    """
    _check_json(json_of(order.output), order.output)
    if not order.output.exists():
        return None
    try:
        read_dictionary(order.output)
    except ModelError:
        raise ScanError(
            f"--output {order.output} is there already and holds no dictionary; it is left as it is, choose another "
            "--output"
        ) from None
    try:
        facts = read_table(json_of(order.output))
        same = facts["version"] == VERSION and {name: facts[name] for name in asked} == asked
    except (OSError, *CONTENT_ERRORS):
        facts, same = {}, False
    if order.overwrite or is_begun:
        return None
    if not same:
        other = ", ".join(
            f"{name.replace('_', ' ')} {facts[name]}" for name in asked if name in facts and facts[name] != asked[name]
        )
        raise ScanError(
            f"--output {order.output} is there already, of another order ({other or 'nothing says which'}); give "
            "--overwrite to overwrite it, or another --output"
        )
    try:
        check_figures(facts)
    except ValueError as error:
        raise ScanError(
            f"{json_of(order.output)} cannot be read ({reason(error)}); give --overwrite to make it and the dictionary "
            "anew, or another --output"
        ) from error
    return facts


def check_figures(facts: dict[str, Any]) -> None:
    """Of what is printed of a dictionary's json. Raises ValueError, one line that names the field."""
    whole = JsonField(facts)
    for name in ("name", "method"):
        whole[name].text()
    for name in (
        "channels",
        "photos_used",
        "photos_held_out",
        "places_learned_from",
        *(each.name for each in fields(Figures)),
    ):
        whole[name].number()
    for which in ("skipped", "cut"):
        for photo in JsonField(facts.get(which, []), which).entries():
            for each in photo.entries(2, 2):
                each.text()


def _learn_from(order: DictionaryOrder, samples: Samples, asked: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Learn twice, with the seed and the next; write the first, and how alike the two are. Returns the json."""
    is_held_out = samples.held_out()
    some, others = samples.vectors[~is_held_out], samples.vectors[is_held_out]
    if not len(some):
        raise ScanError("there is one photo, expected two at least: one to learn from and one to try the atoms on")
    method = method_for(samples.vectors, order.method)
    progress.note(f"learning {order.atoms} atoms from {len(some):,} places by {method}, with two seeds")
    atoms, other = (learned(some, order.atoms, method, seed) for seed in (order.seed, order.seed + 1))
    progress.note(f"trying them on {len(others):,} places of photos that were held out")
    dictionary = Dictionary(
        asked["network"], order.layer, method, order.seed, asked["photos"], atoms, encoder_of(atoms)
    )
    figures = {name: round(value, 4) for name, value in asdict(figures_of(atoms, other, some, others)).items()}
    facts = {
        "version": VERSION,
        "program": f"deepvis {__version__}",
        **asked,
        "name": dictionary.name,
        "method": method,
        "channels": atoms.shape[1],
        "photos_used": len(samples.used),
        "photos_held_out": len(set(samples.photos[is_held_out].tolist())),
        "places_learned_from": len(some),
        "places_held_out": len(others),
        "skipped": [[each.path, each.reason] for each in samples.skipped],
        "cut": [[each.path, each.reason] for each in samples.cut],
        **figures,
    }
    write_dictionary(order.output, dictionary)
    write_file(json_of(order.output), (json.dumps(facts, indent=1) + "\n").encode())
    return facts
