"""Climbs on their way, saved to go on with another day: a file each, named by the network and the job.

A file holds x (C, H, W) float32, parameters and Adam's mean and square where there are any, objective and
learning_rate (one number per iteration), and best and majority with best_at and majority_at (objective, iteration),
where there are any. Its name leaves out how long the climb is to be, so a longer one goes on from a shorter one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from deepvis.core.array_files import arrays_of, with_shape
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.json_file import parsed_json
from deepvis.jobs.store import Store, adopt
from deepvis.optimize.ascend import as_array
from deepvis.optimize.climb import Climb, Iterate, Job
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.results import Origin, write_arrays

FOLDER = "unfinished"  # beside what the user looks at


def climb_files(
    folder: Path,
    origin: Origin,
    jobs: Iterable[Job],
    *,
    starts: Mapping[Job, np.ndarray] | None = None,
    field_of: str | None = None,
    earlier: Mapping[Job, Path] | None = None,
) -> dict[Job, Path]:
    """Where the climb of each job is saved on its way.

    starts: x0 of jobs that bring their own. field_of: as of ``Setup``. earlier: where 0.1.0 saved them; those that fit
    get their names of today.
    """
    store, found = Store(folder, origin.network, ".npz"), {}
    for job in jobs:
        x0 = starts.get(job) if starts else None
        start = "" if x0 is None else hashlib.sha256(x0.tobytes()).hexdigest()
        found[job] = store.path({"climb": _endless(job.as_dict()), "start": start, "field_of": field_of})
        if earlier and earlier[job].exists() and _is_of(earlier[job], job, origin):
            adopt(earlier[job], found[job])
    return found


def write_climb(path: Path, climb: Climb) -> None:
    """Save a climb exactly. Raises OSError."""
    arrays = {"x": as_array(climb.x)}
    for name, image in (("best", climb.best), ("majority", climb.majority)):
        if image is not None:
            arrays[name] = as_array(image.x)
            arrays[f"{name}_at"] = np.array([image.objective, image.iteration])
    if climb.parameters is not None:
        arrays["parameters"] = as_array(climb.parameters)
    if climb.moments is not None:
        arrays["mean"], arrays["square"] = (as_array(moment) for moment in climb.moments)
    curves = {"objective": np.array(climb.objective), "learning_rate": np.array(climb.learning_rate)}
    write_arrays(path, {**arrays, **curves})


def read_climb(path: Path, fresh: Climb) -> Climb:
    """The climb ``fresh`` as far as it was saved; as it is where there is no file, or it is past the end already.

    Raises OptimizeError where the file cannot be read.
    """
    device = fresh.x.device
    try:
        with arrays_of(path) as saved:
            objective = with_shape(saved, "objective", "f", (None,))
            if objective.size >= fresh.job.recipe.max_iter:
                return fresh
            size = tuple(fresh.x.shape)
            own = size if fresh.parameters is None else tuple(fresh.parameters.shape)
            return replace(
                fresh,
                x=_tensor(saved, "x", size, device),
                parameters=None if fresh.parameters is None else _tensor(saved, "parameters", own, device),
                moments=_moments(saved, own, device),
                objective=tuple(objective.tolist()),
                learning_rate=tuple(with_shape(saved, "learning_rate", "f", objective.shape).tolist()),
                best=_image(saved, "best", size, device),
                majority=_image(saved, "majority", size, device),
            )
    except FileNotFoundError:
        return fresh
    except CONTENT_ERRORS as error:
        raise OptimizeError(
            f"the unfinished climb {path} is unreadable ({reason(error)}); delete it to start anew"
        ) from None


def _is_of(earlier: Path, job: Job, origin: Origin) -> bool:
    """Is a climb that 0.1.0 has saved one of this job, in this network?"""
    try:
        with arrays_of(earlier) as saved:
            recorded = parsed_json(str(saved["job"]))
        return origin.matches(recorded) and _endless(recorded["job"]) == _endless(json.loads(json.dumps(job.as_dict())))
    except (OSError, *CONTENT_ERRORS):
        return False


def _endless(job: Mapping[str, Any]) -> dict[str, Any]:
    """All of a job but how long it climbs."""
    return {**job, "recipe": {**job["recipe"], "max_iter": None}}


Arrays = Mapping[str, np.ndarray]


def _image(arrays: Arrays, name: str, size: tuple[int, ...], device: torch.device) -> Iterate | None:
    if name not in arrays:
        return None
    objective, iteration = with_shape(arrays, f"{name}_at", "f", (2,)).tolist()
    return Iterate(_tensor(arrays, name, size, device), objective, int(iteration))


def _moments(arrays: Arrays, size: tuple[int, ...], device: torch.device) -> tuple[torch.Tensor, torch.Tensor] | None:
    if "mean" not in arrays or "square" not in arrays:
        return None
    return _tensor(arrays, "mean", size, device), _tensor(arrays, "square", size, device)


def _tensor(arrays: Arrays, name: str, size: tuple[int, ...], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(with_shape(arrays, name, "f", size), np.float32)).to(device)
