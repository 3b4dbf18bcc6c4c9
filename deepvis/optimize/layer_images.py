"""The window's own pictures of a layer: a montage for each unit and one of the whole layer, made piece by piece.

Beside the finished files of core/unit_files.py::

    <folder>/regularized_opt/<layer>/how.json                    how they are made, there from the beginning; with
                                                                 "units" once all of the layer is done
    <folder>/regularized_opt/<layer>/pieces/*.png                one image each, until the whole layer is done, named
                                                                 by the network, the job and the size

A piece carries its objective and its trouble (a sentence, where the unit was dead) in a text chunk of the PNG. A unit's
montage can be made anew from its pieces.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.files import write_file
from deepvis.core.json_file import finite, parsed_json, read_table
from deepvis.jobs.progress import Progress
from deepvis.jobs.store import adopt, clear
from deepvis.models.model import Model
from deepvis.optimize import session
from deepvis.optimize.climb import Climb, Job
from deepvis.optimize.layer_plans import BLOCKS, VERSION, LayerPlan
from deepvis.optimize.layout import montage, resized, whole_layer
from deepvis.optimize.optimize_error import OptimizeError
from deepvis.optimize.pictures import shown
from deepvis.optimize.results import is_of_job, read_picture, to_json, write_jpeg, write_png
from deepvis.optimize.tasks import Setup, whole_groups
from deepvis.sources.opened_picture import PICTURE_ERRORS, opened_picture

TEXT = "deepvis"


def make_layer(
    plan: LayerPlan,
    left: Mapping[Job, Path],
    setup: Setup,
    work: session.Work,
    model: Model,
    progress: Progress,
    say: Callable[[str], None],
) -> session.Report:
    """Make the pieces of a layer that are left, each unit's montage with its last piece, and the layer's picture."""

    def write(climb: Climb) -> None:
        best = climb.best if climb.best and not climb.trouble else None
        x = best.x if best else climb.x * 0
        write_piece(plan, left[climb.job], climb, shown(x, model.preprocessor, plan.box))
        write_montage(plan, climb.job.objective.channel)

    report = session.Report()
    if not is_complete(plan):
        write_file(plan.how, to_json(plan.description()))
    if left or not is_complete(plan):
        setup = replace(setup, field_of=plan.layer) if plan.field_only else setup
        report = session.run(setup, list(left), work, progress, write, plan.climbs(left), title=plan.layer)
        if report.interrupted or report.ended_early:
            return report
        for channel in plan.channels:
            write_montage(plan, channel)
    if finish_layer(plan):
        say(f"{plan.layer} is complete in {plan.whole.parent}")
    return report


def rest_of(plan: LayerPlan) -> LayerPlan:
    """The plan of what is left of a layer: no channels where all is there. Changes nothing.

    Raises OptimizeError where there are pictures that were made in another way, or by another program.
    """
    recorded = _read_how(plan)
    if recorded is not None and not _fits(plan, recorded) and ("units" in recorded or any(plan.pieces.glob("*.png"))):
        raise OptimizeError(
            f"the pictures of {plan.layer} in {plan.folder} were made in another way ({plan.how} says how); "
            "give --overwrite to overwrite them, or another --output"
        )
    if recorded is None and not plan.pieces.exists():
        for path in filter(Path.exists, [plan.whole, *map(plan.montage, range(plan.count))]):
            raise OptimizeError(
                f"{path} is there already, and nothing says how it was made; give --overwrite to overwrite it, "
                "or another --output"
            )
    if is_complete(plan):
        return replace(plan, channels=tuple(c for c in plan.channels if not plan.montage(c).exists()))
    return plan


def discard(plan: LayerPlan) -> None:
    """Forget what there is of the plan's channels; of the whole layer where it was made in another way.

    Montages made in the same way stay until new ones take their places.
    """
    try:
        recorded = _read_how(plan)
    except OptimizeError:
        recorded = None
    if recorded is None or not _fits(plan, recorded):
        clear(plan.pieces, plan.earlier_name)
        for path in (plan.how, plan.whole, *map(plan.montage, range(plan.count))):
            path.unlink(missing_ok=True)
        return
    jobs = plan.jobs()
    for path in (*jobs.values(), *plan.climbs(jobs).values(), *plan.earlier().values()):
        path.unlink(missing_ok=True)
    if len(plan.channels) == plan.count:
        plan.how.unlink()


def _fits(plan: LayerPlan, recorded: dict[str, Any]) -> bool:
    """Was a layer made as the plan says? What an earlier version did not write down is taken to fit."""
    how = {name: value for name, value in recorded.items() if name != "units"}
    return plan.origin.matches_all(how, plan.description())


def is_complete(plan: LayerPlan) -> bool:
    """Has the whole layer been made once, in this way? Single montages may be gone since."""
    recorded = _read_how(plan)
    return recorded is not None and _fits(plan, recorded) and "units" in recorded and plan.whole.exists()


def _read_how(plan: LayerPlan) -> dict[str, Any] | None:
    try:
        return read_table(plan.how)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OptimizeError(f"{plan.how} cannot be read ({error}); delete it, or give --overwrite") from None


def jobs_left(plan: LayerPlan) -> dict[Job, Path]:
    """The jobs whose pieces are not there yet. Pieces that 0.1.0 has left get their names of today, if they fit."""
    paths = plan.jobs()
    for job, earlier in plan.earlier().items():
        recorded = read_piece_text(earlier)
        if recorded and is_of_job(recorded, job, plan.origin):
            adopt(earlier, paths[job])
    absent = [job for job, path in paths.items() if not path.exists()]
    return {job: paths[job] for job in whole_groups(absent, paths)}


def write_piece(plan: LayerPlan, path: Path, climb: Climb, rgb: np.ndarray) -> None:
    """One image, at its size in the montage, with its story. rgb: cut to the field."""
    best = climb.best.objective if climb.best else None
    recorded = {"version": VERSION, "objective": best, "trouble": climb.trouble}
    write_png(path, resized(rgb, plan.cell), text={TEXT: json.dumps(recorded)})


def read_piece_text(path: Path) -> dict[str, Any] | None:
    """What a piece says of itself; None where there is no such file, or not a whole one."""
    try:
        with opened_picture(path) as image:
            found = parsed_json(image.text[TEXT])  # type: ignore[attr-defined]
    except PICTURE_ERRORS:
        return None
    return found if isinstance(found, dict) else None


def write_montage(plan: LayerPlan, channel: int) -> bool:
    """Make a unit's montage if all of its pieces are there; says whether."""
    rows = {block: [plan.piece(channel, block, seed) for seed in plan.seeds] for block in plan.blocks}
    if not all(path.exists() for paths in rows.values() for path in paths):
        return False
    try:
        blocks = [[read_picture(path) for path in rows.get(block, [])] for block in range(BLOCKS)]
    except FileNotFoundError:  # another run has finished the layer meanwhile, and cleared its pieces away
        return False
    write_jpeg(plan.montage(channel), montage(blocks, plan.cell), plan.quality)
    return True


def finish_layer(plan: LayerPlan) -> bool:
    """Make the layer's picture, say that it is done, and clear the pieces away, if all of them are there."""
    if not is_complete(plan):
        whole = replace(plan, channels=tuple(range(plan.count)))
        if not all(path.exists() for path in whole.jobs().values()):
            return False
        try:
            _write_whole(plan)
        except FileNotFoundError:
            if not is_complete(plan):  # by another run, which has cleared the pieces away
                raise
    clear(plan.pieces, plan.earlier_name)
    return True


def _write_whole(plan: LayerPlan) -> None:
    """The layer's picture, from all of its pieces, and how it was made. Raises OSError."""
    units = range(plan.count)
    for channel in units:
        if not plan.montage(channel).exists():
            write_montage(plan, channel)
    best = [max((plan.piece(c, plan.shown_block, seed) for seed in plan.seeds), key=piece_objective) for c in units]
    values = [round(value, 4) if np.isfinite(value) else None for value in map(piece_objective, best)]
    pictures = [read_picture(path) for path in best]  # after the values: it says where one is gone
    write_jpeg(plan.whole, whole_layer(pictures, plan.cell), plan.quality)
    write_file(plan.how, to_json({**plan.description(), "units": values}))


def piece_objective(path: Path) -> float:
    recorded = read_piece_text(path)
    value = finite(recorded.get("objective")) if recorded else None
    return float("-inf") if value is None else value
