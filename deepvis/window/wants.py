"""What the window wants of the workers, and whether it has it: pure functions of what is known."""

from __future__ import annotations

from dataclasses import dataclass

from deepvis.core.state import AppState, InputState
from deepvis.core.types import Frame, NetAsk, OptimizeProgress, Snapshot, UnitImages, WholeLayer, WorkerError
from deepvis.live.optimize import OptimizeAsk
from deepvis.live.unit_images import ImagesAsk

OPTIMIZATION = "the optimized picture"
OPTIMIZATION_BEGUN = "the optimized picture, which grows"  # the same, once there is something to look at


@dataclass(frozen=True, eq=False)
class Known:
    """The newest values that the workers have given, None where there is none yet.

    ready: the network's description has come. answered: the input state whose frame (or error) has come.
    images_answered: what unit_images answer. followed_still: id of the photo that the running top 9 has taken in
    last, None without a running top 9. refresh: number of the unit images that are wanted.
    """

    ready: bool = False
    frame: Frame | None = None
    answered: InputState | None = None
    snapshot: Snapshot | None = None
    images_answered: ImagesAsk | None = None
    unit_images: UnitImages | None = None
    whole_layer: WholeLayer | None = None
    optimize: OptimizeProgress | None = None
    followed_still: int | None = None
    refresh: int = 0
    input_error: WorkerError | None = None
    network_error: WorkerError | None = None
    images_error: WorkerError | None = None
    optimize_error: WorkerError | None = None


def wanted_pass(state: AppState, known: Known) -> NetAsk | None:
    """The pass that the window wants now; None before there are a picture and a network.

    All layers are asked for: the cursor then moves to any of them without a new pass.
    """
    if known.frame is None or not known.ready:
        return None
    return NetAsk(known.frame, state.back_ask, state.input.fit)


def shown_frame(state: AppState, known: Known) -> Frame | None:
    """The picture that the scene carries: while the source moves, the one that the newest pass saw.

    So the panes agree with each other, and the window is drawn once a pass, not once more for each frame.
    """
    frame, snapshot = known.frame, known.snapshot
    if frame is not None and snapshot is not None and frame.moving and snapshot.ask.frame.moving:
        return frame if state.input.frozen else snapshot.ask.frame
    return frame


def missing(state: AppState, known: Known) -> str:
    """What the window still waits for; "" once every pane shows what the state asks for, or says why it cannot."""
    if not known.ready:
        return "the network"
    if not _has_input(state, known):
        return "the input's picture"
    if not _has_pass(state, known):
        return "the network's pass"
    if not _has_images(state, known):
        return "the unit's images"
    if _has_optimized(state):
        return ""
    return OPTIMIZATION_BEGUN if shown_progress(state, known) is not None else OPTIMIZATION


def _has_input(state: AppState, known: Known) -> bool:
    if known.answered != state.input:
        return False
    return known.input_error is not None or (known.frame is not None and known.frame.moving == state.input.moving)


def _has_pass(state: AppState, known: Known) -> bool:
    """The newest snapshot answers the wanted pass: of a moving source, that of any frame since it moves."""
    wanted, snapshot, error = wanted_pass(state, known), known.snapshot, known.network_error
    if wanted is None:
        return True  # there is no picture: the input pane says why
    if error is not None and isinstance(error.ask, NetAsk) and _same(error.ask, wanted):
        return True
    return snapshot is not None and _same(snapshot.ask, wanted)


def _same(given: NetAsk, wanted: NetAsk) -> bool:
    if wanted.frame.moving and given.frame.moving:
        return (given.back, given.fit) == (wanted.back, wanted.fit)
    return given.same_as(wanted)


def _has_images(state: AppState, known: Known) -> bool:
    """The unit's pictures are there; of a moving source they never come to an end."""
    if not state.view.unit_images and not state.view.pattern:
        return True
    images, snapshot = known.unit_images, known.snapshot
    passed = None if snapshot is None or snapshot.ask.frame.moving else snapshot.ask.frame.id
    if passed is not None and known.followed_still not in (None, passed):
        return False
    if known.images_answered != ImagesAsk(state.unit, state.view.pattern, known.refresh):
        return False
    if known.images_error is not None:
        return True
    return images is not None and (state.input.moving or not images.loading)


def _has_optimized(state: AppState) -> bool:
    """Nothing is being optimized: the loop takes the wish back when it is fulfilled or has failed."""
    return state.live.optimize is None


def ended_press(known: Known) -> int:
    """The newest press of the optimizer whose run has come to an end, well or not; 0 before one has."""
    progress, ask = known.optimize, known.optimize_error and known.optimize_error.ask
    done = progress.press if progress is not None and progress.done else 0
    return max(done, ask.press if isinstance(ask, OptimizeAsk) else 0)


def shown_progress(state: AppState, known: Known) -> OptimizeProgress | None:
    """The optimization in progress, and its end until the unit images have taken it in."""
    progress, answered = known.optimize, known.images_answered
    if progress is None:
        return None
    if state.live.optimize is not None:
        return progress if progress.press == state.live.optimize_presses else None
    is_kept = answered is not None and answered.refresh >= known.refresh
    return progress if progress.done and not is_kept else None
