"""Which of the images that a command asks for are left to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from deepvis.jobs.store import sweep
from deepvis.models.model import Model
from deepvis.optimize.climb import Job
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.results import Origin, ResultPaths, is_of_job, of_others, read_info
from deepvis.optimize.tasks import whole_groups


def jobs_left(
    paths: Mapping[Job, ResultPaths],
    climbs: Mapping[Job, Path],
    origin: Origin,
    say: Callable[[str], None],
    *,
    overwrite: bool,
    arrays: bool = True,
) -> list[Job]:
    """The jobs without results. climbs: the files of those on their way. arrays: the npz is a part of the results.

    Raises OptimizeError where results would have to be overwritten.
    """
    files = [found.info for found in paths.values()]
    if len(set(files)) < len(files):
        raise OptimizeError(
            "several images would have the same file name; let --output-template name %(p.push_layer)s, "
            "%(p.push_channel)04d and %(p.rand_seed)d"
        )
    if overwrite:
        for job, found in paths.items():
            for path in (found.info, found.unfinished, climbs[job]):
                path.unlink(missing_ok=True)
        return list(paths)
    described = [job for job, found in paths.items() if found.info.exists()]
    others = [job for job in described if not is_of_job(read_info(paths[job].info), job, origin)]
    done = {job for job in described if paths[job].are_there(arrays=arrays)}
    for job in done.difference(others):  # as a kill between the two leaves it
        climbs[job].unlink(missing_ok=True)
    for folder in {path.parent for path in climbs.values()}:
        sweep(folder)
    if others:
        first = paths[next(job for job in paths if job in others)].info
        raise OptimizeError(
            f"{first} is there already, made with other parameters or another network; give --overwrite to overwrite "
            "it, or another --output"
        )
    left = [job for job in paths if job not in done]
    for job in left:
        if job not in described and (foreign := of_others(paths[job])) is not None:
            raise OptimizeError(
                f"{foreign} is there already and was not made by this program; move it away, give --overwrite to "
                "overwrite it, or another --output"
            )
    again = whole_groups(left, paths)
    if done and left:
        there = len(paths) - len(again)
        say(f"{there} of {len(paths)} images are there already; making {len(again)}")
    return again


def start_photo(path: Path, model: Model, option: str = "--start-image") -> np.ndarray:
    """The photo as the network's input. option: what it was given as. Raises OptimizeError where it is none."""
    from deepvis.sources.photos import PhotoError, load_rgb

    try:
        return model.preprocessor.to_input(load_rgb(path))
    except (PhotoError, OSError) as error:
        raise OptimizeError(f"{option} {path}: {error}") from None
