"""What an ascent leaves on disk: pictures, arrays and one json, never half-written.

Of a job with the stem ``opt_fc8_0130_0``::

    opt_fc8_0130_0_best_X.jpg     the best image alone: the mean is mid-grey, contrast stretched around it
    opt_fc8_0130_0_best_Xpm.jpg   the best image, mean added, contrast stretched around it where it is faint
    opt_fc8_0130_0_images.npz     version, best, last, majority (where there was one): (C, H, W) float32,
                                  mean-subtracted, the network's own channel order
    opt_fc8_0130_0_info.json      written last: who finds it finds the rest complete
    unfinished/*.npz              climbs on their way, see climb_files.py; gone once they have ended

The json, version 1: model, network (its identity), preset (its name, or null) and changed (the parameters that
options changed of it), which are not compared, parameters (the original's names), objective and learning_rate (one
number per iteration), best_iteration, best_objective, majority_iteration (null: never), result ("majority success",
"majority failure", "grad 0 failure" or "not a number failure"), trouble (a sentence, or null).
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from deepvis import __version__
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import write_file, written_beside
from deepvis.core.json_file import read_table
from deepvis.core.unit_files import file_name
from deepvis.models.model import Model
from deepvis.optimize.ascend import as_array
from deepvis.optimize.climb import Climb, Job
from deepvis.optimize.defaults import RESULT_NAME
from deepvis.optimize.objective import Objective
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.sources.opened_picture import PICTURE_ERRORS, opened_picture

VERSION = 1
MADE_BY = b"deepvis"  # the comment of its JPEG files
JPEG_QUALITY = 93
TIGHT = 80  # the highest quality at which the file is made as small as can be
WHOLE_COLOURS = 90  # the least quality at which colours are kept at every pixel, not at every second one


@dataclass(frozen=True)
class Origin:
    """Which network something was made in: its name, and its identity, for names do not tell networks apart."""

    model: str
    network: str

    def as_dict(self) -> dict[str, str]:
        return {"model": self.model, "network": self.network}

    def matches(self, recorded: Mapping[str, Any]) -> bool:
        """Does a file's table name this network? One of an earlier version has its name at most."""
        if "network" in recorded:
            return recorded["network"] == self.network
        return recorded.get("model", self.model) == self.model

    def matches_all(self, recorded: Mapping[str, Any], description: Mapping[str, Any]) -> bool:
        """Was it made in this network, as ``description`` says? What the table does not tell is taken to fit."""
        now = json.loads(json.dumps(description))
        return self.matches(recorded) and {**now, **recorded, **self.as_dict()} == {**now, **self.as_dict()}


def origin_of(model: Model) -> Origin:
    """Raises ModelError where the weights cannot be read."""
    return Origin(model.name, model.identity)


class ResultPaths:
    """The files of one job, there or not. stem: their names but for the endings, with the folder."""

    def __init__(self, stem: str | Path) -> None:
        self.best_x, self.best_xpm = Path(f"{stem}_best_X.jpg"), Path(f"{stem}_best_Xpm.jpg")
        self.images, self.info = Path(f"{stem}_images.npz"), Path(f"{stem}_info.json")
        self.unfinished = Path(f"{stem}_unfinished.npz")  # where 0.1.0 kept its climb

    def are_there(self, *, arrays: bool) -> bool:
        """All of them, and none emptied or cut short as by a disk that failed? arrays: the npz too.

        Of a cut npz the directory is missing, which stands at its end; a picture is looked at for its size alone.
        """
        pictures = all(path.is_file() and path.stat().st_size for path in (self.info, self.best_x, self.best_xpm))
        return pictures and (not arrays or zipfile.is_zipfile(self.images))


def parameters(job: Job) -> dict[str, Any]:
    """All parameters of a job under the original's names; a sum of terms has them in push_terms too."""
    term = job.objective.leader
    place = term.place if isinstance(term.place, str) else list(term.place)
    found = {
        "push_layer": term.layer,
        "push_channel": term.channel,
        "push_spatial": place,
        "push_dir": job.objective.direction,
        "start_at": job.start_at,
        "rand_seed": job.seed,
        **job.recipe.as_dict(),
        **({"group": list(job.group)} if job.group else {}),
    }
    if len(job.objective.terms) > 1 or term.weight != 1.0 or not term.is_unit:
        found["push_terms"] = job.objective.as_dict()["terms"]
    return found


def stem_of(prefix: str, job: Job, template: str | None = None) -> str:
    """``<prefix>_<layer>_<channel>_<seed>``, slashes in the layer's name replaced.

    template: as the original's --output-template, with %(p.NAME)s for the parameters of a job; None: RESULT_NAME, and
    the kind of the objective where it is not a unit; of a sum, of a term of which a layer has many, and of a weight
    that is not 1, a digest of its terms.
    Raises OptimizeError where it names something else.
    """
    values = {f"p.{name}": value for name, value in parameters(job).items()}
    values["p.push_layer"] = file_name(job.objective.leader.layer)
    template = _template_of(job) if template is None else template
    try:
        return f"{prefix}_{template % values}"
    except (KeyError, TypeError, ValueError) as error:
        raise OptimizeError(
            f"--output-template {template!r} cannot be filled in ({error}); it may name {', '.join(values)}, "
            f"as in {RESULT_NAME!r}"
        ) from None


def _template_of(job: Job) -> str:
    leader = job.objective.leader
    is_one = len(job.objective.terms) == 1
    is_weighted = is_one and leader.weight != 1.0
    if is_one and leader.is_unit and not is_weighted:
        return RESULT_NAME
    kind = leader.kind if is_one else "sum"
    channel = "" if leader.channel is None else "%(p.push_channel)04d_"
    which = f"-{_digest(job.objective)}" if leader.has_many or is_weighted or not is_one else ""
    return f"%(p.push_layer)s_{channel}{kind}{which}_%(p.rand_seed)d"


def _digest(objective: Objective) -> str:
    """A short word that tells objectives of one kind and one leading layer apart."""
    terms = json.dumps(objective.as_dict()["terms"], sort_keys=True)
    return hashlib.sha256(terms.encode()).hexdigest()[:8]


def write_results(
    paths: ResultPaths,
    climb: Climb,
    pictures: Mapping[str, np.ndarray],
    origin: Origin,
    *,
    arrays: bool = True,
    named: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Write everything about a climb that has ended.

    pictures: "best_X" and "best_Xpm", (H, W, 3) uint8 RGB. arrays: write the npz too. named: "preset" and "changed", as
    of recipe_options.preset_named. Raises OSError.
    """
    for name, path in (("best_X", paths.best_x), ("best_Xpm", paths.best_xpm)):
        write_jpeg(path, pictures[name])
    if arrays:
        write_arrays(paths.images, _images(climb))
    write_file(paths.info, to_json({**info(climb, origin), **named}))


def of_others(paths: ResultPaths) -> Path | None:
    """A picture that is in the way and that this program did not make, if there is one."""
    if paths.images.exists() or paths.unfinished.exists():  # ours lie beside, of an earlier version perhaps
        return None
    for path in (paths.best_x, paths.best_xpm):
        try:
            with opened_picture(path) as image:
                if image.info.get("comment") == MADE_BY:
                    continue
        except FileNotFoundError:
            continue
        except PICTURE_ERRORS:
            pass
        return path
    return None


def info(climb: Climb, origin: Origin) -> dict[str, Any]:
    """The json of a climb that has ended."""
    return {
        "version": VERSION,
        "program": f"deepvis {__version__}",
        **origin.as_dict(),
        "parameters": parameters(climb.job),
        "result": climb.outcome.value if climb.outcome else None,
        "trouble": climb.trouble,
        "best_iteration": climb.best.iteration if climb.best else None,
        "best_objective": _finite(climb.best.objective) if climb.best else None,
        "majority_iteration": climb.majority.iteration if climb.majority else None,
        "objective": [_finite(value) for value in climb.objective],
        "learning_rate": [_finite(value) for value in climb.learning_rate],
    }


def to_json(content: Mapping[str, Any]) -> bytes:
    """One line for each entry: the curves stay in one line."""
    lines = (f" {json.dumps(name)}: {json.dumps(value)}" for name, value in content.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def read_info(path: Path) -> dict[str, Any]:
    """The json of a finished job. Raises OptimizeError where it holds something else."""
    try:
        content = read_table(path)
        if content["version"] != VERSION or not isinstance(content["parameters"], dict):
            raise ValueError("another version")
        return content
    except CONTENT_ERRORS as error:
        raise OptimizeError(
            f"{path} is no result of this program ({reason(error)}); move it away, or choose another --output-prefix"
        ) from None


def is_of_job(content: Mapping[str, Any], job: Job, origin: Origin) -> bool:
    """Was this json made by that job, in that network?"""
    return origin.matches(content) and content["parameters"] == json.loads(json.dumps(parameters(job)))


def write_jpeg(path: Path, rgb: np.ndarray, quality: int = JPEG_QUALITY, comment: bytes = MADE_BY) -> None:
    """quality: 1 to 95. Raises OSError."""
    encoded, subsampling = io.BytesIO(), "4:4:4" if quality >= WHOLE_COLOURS else "4:2:0"
    tight = quality <= TIGHT  # Pillow's room for it is too small for noise at a higher quality
    how: dict[str, Any] = {"quality": quality, "subsampling": subsampling, "optimize": tight}
    Image.fromarray(rgb).save(encoded, "JPEG", comment=comment, **how)
    write_file(path, encoded.getvalue())


def write_png(path: Path, rgb: np.ndarray, *, tight: bool = False, text: Mapping[str, str] | None = None) -> None:
    """tight: takes longer, a little smaller. text: by its key. Raises OSError."""
    encoded, written = io.BytesIO(), PngImagePlugin.PngInfo()
    for key, words in (text or {}).items():
        written.add_text(key, words)
    Image.fromarray(rgb).save(encoded, "PNG", optimize=tight, pnginfo=written)
    write_file(path, encoded.getvalue())


def read_picture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB. Raises OptimizeError for a broken picture, FileNotFoundError for one that is gone."""
    try:
        with opened_picture(path) as image:
            return np.asarray(image.convert("RGB"))
    except FileNotFoundError:
        raise
    except PICTURE_ERRORS as error:
        raise OptimizeError(
            f"{path} cannot be read as a picture ({reason(error)}); delete it to make it anew"
        ) from None


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with written_beside(path) as file:
        np.savez(file, **{"version": np.array(VERSION), **arrays})  # type: ignore[arg-type]


def _images(climb: Climb) -> dict[str, np.ndarray]:
    images = {"best": climb.best, "last": climb.last, "majority": climb.majority}
    return {name: as_array(image.x) for name, image in images.items() if image is not None}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
