"""What the window wants of the workers, and whether it has it: pure functions of what is known."""

from __future__ import annotations

from dataclasses import dataclass

from deepvis.core.state import AppState, InputState
from deepvis.core.types import (
    Frame,
    NetAsk,
    OptimizeProgress,
    Snapshot,
    UnitImages,
    WholeLayer,
    WorkerError,
)


@dataclass(frozen=True, eq=False)
class Known:
    """The newest values that the workers have given, None where there is none yet.

    ready: the network's description has come. answered: the input state whose frame (or error) has come.
    """

    ready: bool = False
    frame: Frame | None = None
    answered: InputState | None = None
    snapshot: Snapshot | None = None
    unit_images: UnitImages | None = None
    whole_layer: WholeLayer | None = None
    optimize: OptimizeProgress | None = None
    input_error: WorkerError | None = None
    network_error: WorkerError | None = None
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


def is_settled(state: AppState, known: Known) -> bool:
    """True if every pane shows what the state asks for, or says why it cannot."""
    return (
        known.ready
        and _has_input(state, known)
        and _has_pass(state, known)
        and _has_images(state, known)
        and _has_optimized(state, known)
    )


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
    images, layer = known.unit_images, known.whole_layer
    if state.view.unit_images and (images is None or images.unit != state.unit or images.loading):
        return False
    return not state.view.pattern or (layer is not None and layer.layer == state.layer.name)


def _has_optimized(state: AppState, known: Known) -> bool:
    """Nothing is being optimized, or it has failed: ``finished`` ends what is done."""
    return state.live.optimize is None or known.optimize_error is not None
