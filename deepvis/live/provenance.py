"""Which network the files in a folder of unit images were made in: the one that is shown, or another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.json_file import read_json
from deepvis.core.unit_files import UnitImagePaths, network_in
from deepvis.live.own_folder import identity_if_any, own_folder
from deepvis.models.model import DIGITS_0_1_0, Model
from deepvis.scan.plan import ScanFolder


class PictureOrigin(Enum):
    """The value is the caption of a picture that is shown all the same."""

    THIS = ""
    ANOTHER = "of another network"  # never shown
    UNNAMED = "of an unnamed network"  # nothing says which: the original's
    OLDER = "older weights"  # of this network, earlier in its training
    UNKNOWN = "perhaps of another network"  # it is named, but the weights of the one shown cannot be read


class Provenance:
    """Distinguishes the files that were made in one network from those of others.

    network: its identity, "" where the weights cannot be read. own_folder: where the window saves. is_network: does a
    word mean the network? It is asked for words other than the identity, for each once: 0.1.0's scans have another
    word, and to check it takes all weights. So call it in a worker's thread. older: identity -> own folder, of the same
    network with earlier weights.
    """

    def __init__(
        self,
        network: str = "",
        own_folder: Path | None = None,
        is_network: Callable[[str], bool] = lambda word: False,
        older: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        self.own_folder = own_folder
        self._older = dict(older)
        self._network = network
        self._is_network = lru_cache(maxsize=64)(is_network)

    def of_preferred(self, place: UnitImagePaths, folder: Path | None) -> PictureOrigin:
        """Of the layer's preferred pictures."""
        return self._judged(network_in(place.how), folder)

    def of_live(self, place: UnitImagePaths, folder: Path | None) -> PictureOrigin:
        """Of the unit's live optimization."""
        return self._judged(network_in(place.live.with_suffix(".json")), folder)

    def of_top(self, place: UnitImagePaths, folder: Path | None) -> PictureOrigin:
        """Of the unit's patches and their back projections."""
        is_ours = folder is not None and place.patches.exists()  # the original has no such file
        return self._judged(network_in(place.patches) or (_scanned_by_0_1_0(folder) if is_ours else ""), folder)

    def of_stats(self, place: UnitImagePaths, folder: Path) -> PictureOrigin:
        """Of the layer's statistics."""
        return self._judged(network_in(place.stats) or _scanned_by_0_1_0(folder), folder)

    def _judged(self, word: str, folder: Path | None) -> PictureOrigin:
        if word != self._network and (word in self._older or folder in self._older.values()):
            return PictureOrigin.OLDER
        if word and not self._network:
            return PictureOrigin.UNKNOWN
        if word:
            return PictureOrigin.THIS if word == self._network or self._is_network(word) else PictureOrigin.ANOTHER
        is_own = bool(self._network) and folder is not None and folder == self.own_folder
        return PictureOrigin.THIS if is_own else PictureOrigin.UNNAMED  # the own folder's name has the identity in it


def provenance_of(model: Model, older: Mapping[str, Path] = MappingProxyType({})) -> Provenance:
    """Reads the weights if nobody did before: for a worker's thread. older: see ``Provenance``."""
    return Provenance(identity_if_any(model), own_folder(model), model.is_named, older)


def _scanned_by_0_1_0(folder: Path | None) -> str:
    """The word for the network in the scan that 0.1.0 left in a folder; "" where there is none.

    A later scan says nothing of the pictures that it found there.
    """
    if folder is None:
        return ""
    try:
        word = str(read_json(ScanFolder(folder).plan)["model_hash"])
    except (OSError, *CONTENT_ERRORS):
        return ""
    return word if len(word) == DIGITS_0_1_0 else ""
