"""What the window wants of the workers, and whether it has it: pure functions of the latest answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from deepvis.core.answers import NOTHING_YET, Answer
from deepvis.core.changed_pictures import ChangedPictures
from deepvis.core.filmstrip import Thumbnails, strip_paths
from deepvis.core.over_time import LayerSteadiness
from deepvis.core.side_by_side import projections_beside
from deepvis.core.state import AppState, InputState, Zoom
from deepvis.core.types import (
    Attribution,
    Frame,
    NetInfo,
    NetRequest,
    OptimizeProgress,
    Snapshot,
    UnitImages,
    WholeLayer,
)
from deepvis.live.folder_run import ScanProgress
from deepvis.live.folder_scan import ScanRequest
from deepvis.live.layer_steadiness import PassPair
from deepvis.live.network import NetworkOutput
from deepvis.live.optimize import OptimizeRequest
from deepvis.live.thumbnails import ThumbnailRequest
from deepvis.live.unit_images import ImagesOutput, ImagesRequest
from deepvis.live.unit_over_photos import OverPhotos, OverPhotosRequest

OPTIMIZATION = "the optimized picture"
OPTIMIZATION_BEGUN = "the optimized picture, which grows"  # the same, once there is something to look at
SCAN = "the end of the scan"
ATTRIBUTION = "the end of the attribution"
OVER_PHOTOS = "the end of the photos"
CHANGES = "the changes of the picture"
STOPPED = "the picture of the optimization that is stopped"


@dataclass(frozen=True, eq=False)
class Latest:
    """The latest answer of each worker."""

    input: Answer[InputState, Frame] = NOTHING_YET
    network: Answer[NetRequest, NetworkOutput] = NOTHING_YET
    images: Answer[ImagesRequest, ImagesOutput] = NOTHING_YET
    optimize: Answer[OptimizeRequest, OptimizeProgress] = NOTHING_YET
    scan: Answer[ScanRequest, ScanProgress] = NOTHING_YET
    over_photos: Answer[OverPhotosRequest, OverPhotos] = NOTHING_YET
    thumbnails: Answer[ThumbnailRequest, Thumbnails] = NOTHING_YET
    steadiness: Answer[PassPair | None, LayerSteadiness] = NOTHING_YET
    refresh: int = 0  # number of the newest unit images, see ImagesRequest
    peeks: bool = False  # the pictures of all units of a layer are needed, for the tooltip of a tile

    @property
    def frame(self) -> Frame | None:
        return self.input.value

    @property
    def info(self) -> NetInfo | None:
        """The network's description; None until it is there."""
        return self.network.value.info if self.network.value else None

    @property
    def snapshot(self) -> Snapshot | None:
        return self.network.value.snapshot if self.network.value else None

    @property
    def pinned(self) -> Snapshot | None:
        """The values of the pinned frame."""
        return self.network.value.pinned if self.network.value else None

    @property
    def attribution(self) -> Attribution | None:
        return self.network.value.attribution if self.network.value else None

    @property
    def changed(self) -> ChangedPictures | None:
        return self.network.value.changed if self.network.value else None

    @property
    def followed(self) -> Snapshot | None:
        """The newest snapshot that the running top 9 has taken in."""
        return self.network.value.followed if self.network.value else None

    @property
    def unit_images(self) -> UnitImages | None:
        return self.images.value.unit if self.images.value else None

    @property
    def whole_layer(self) -> WholeLayer | None:
        return self.images.value.layer if self.images.value else None

    @property
    def refusal(self) -> str:
        """Why there will be no network, "" as long as there may be one."""
        return self.network.error if self.network.value is None else ""

    @property
    def ended_run(self) -> int | None:
        """Id of the optimization that has come to an end, well or not; None while it goes on, or before one."""
        return _ended(self.optimize, self.optimize.value is not None and self.optimize.value.done)

    @property
    def ended_scan(self) -> int | None:
        """Id of the scan that has come to an end, well or not; None while it goes on, or before one."""
        return _ended(self.scan, self.scan.value is not None and self.scan.value.is_over)


def _ended(answer: Answer[Any, Any], is_over: bool) -> int | None:
    """The id of the request, once there is nothing more to come."""
    return answer.request.id if answer.request is not None and (is_over or answer.error) else None


def pass_request(state: AppState, latest: Latest) -> NetRequest | None:
    """The pass that the window wants now; None before there are a picture and a network.

    All layers are asked for: the cursor then moves to any of them without a new pass.
    """
    if latest.frame is None or latest.info is None:
        return None
    return NetRequest(
        latest.frame,
        state.back_request,
        state.input.fit,
        why=state.view.why,
        attribution=state.attribution_request,
        interventions=state.view.interventions,
        pin=state.view.compared.frame if state.view.compared else None,
        beside=projections_beside(state),
        changes=state.view.zoom is Zoom.CHANGES,
    )


def shown_frame(state: AppState, latest: Latest) -> Frame | None:
    """The picture that the scene carries: while the source moves, the one that the newest pass saw.

    So the panes agree with each other, and the window is drawn once a pass, not once more for each frame.
    """
    frame, snapshot = latest.frame, latest.snapshot
    if frame is not None and snapshot is not None and frame.moving and snapshot.request.frame.moving:
        return frame if state.input.frozen else snapshot.request.frame
    return frame


def pinned_snapshot(state: AppState, latest: Latest) -> Snapshot | None:
    """The values of the frame that is pinned now, with the fit that is chosen; None until they are there."""
    compared, found = state.view.compared, latest.pinned
    if compared is None or found is None or found.request.frame.id != compared.frame.id:
        return None
    return found if found.request.fit is state.input.fit else None


def missing(state: AppState, latest: Latest) -> str:
    """What the window still waits for; "" once every pane shows what the state asks for, or says why it cannot."""
    if latest.info is None:
        return "the network"
    if not _has_input(state, latest):
        return "the input's picture"
    if not _has_pass(state, latest):
        return "the network's pass"
    if not _has_images(state, latest):
        return "the unit's images"
    if not _has_thumbnails(state, latest):
        return "the filmstrip's pictures"
    if not _has_attribution(state, latest):
        return ATTRIBUTION
    if not _has_photos(state, latest):
        return OVER_PHOTOS
    if not _has_changes(state, latest):
        return CHANGES
    if is_stopping(state, latest):
        return STOPPED
    if state.live.optimizing is None:  # the loop takes a run back when it has come to an end
        return "" if state.live.scanning is None else SCAN
    return OPTIMIZATION_BEGUN if shown_progress(state, latest) is not None else OPTIMIZATION


def has_shown(state: AppState, latest: Latest) -> bool:
    """The picture that the state asks for is there, and the network has passed it."""
    return latest.info is not None and _has_input(state, latest) and _has_pass(state, latest)


def _has_input(state: AppState, latest: Latest) -> bool:
    answer = latest.input
    if answer.request != state.input:
        return False
    frame, source = answer.value, state.input
    if answer.error or frame is None or frame.moving != source.moving:
        return bool(answer.error)
    return frame.video is None or frame.video.playback.jumps == source.moving_source.playback.jumps


def _has_pass(state: AppState, latest: Latest) -> bool:
    """The newest snapshot answers the newest request; of a moving source that of any frame since it moves."""
    asked, answer, snapshot = pass_request(state, latest), latest.network, latest.snapshot
    if asked is None:
        return True  # there is no picture: the input pane says why
    if answer.error and answer.request is not None and _same(answer.request, asked):
        return True
    if snapshot is not None and state.input.frozen and asked.frame.video is not None:
        return snapshot.request.same_as(asked)  # of that very frame: it may be looked at for long
    return snapshot is not None and _same(snapshot.request, asked)


def _has_attribution(state: AppState, latest: Latest) -> bool:
    """The attribution is complete; of a moving source it never has to be."""
    if state.attribution_request is None or latest.snapshot is None or latest.network.error:
        return True
    found = latest.attribution
    if latest.snapshot.request.frame.moving and not state.input.frozen:
        return found is not None
    return found is not None and found.snapshot_id == latest.snapshot.id and found.is_done


def over_photos_request(state: AppState, renewed: int = 0) -> OverPhotosRequest:
    """The unit that is to be shown over the open photos; none while it is not. renewed: the network's weights."""
    if state.view.zoom is not Zoom.PHOTOS or state.layer.missing:
        return OverPhotosRequest(None)
    return OverPhotosRequest(state.unit, state.input.images, state.input.fit, renewed, state.view.interventions)


def shown_photos(state: AppState, latest: Latest) -> OverPhotos | None:
    """What there is of the unit over the photos that are open now."""
    found, asked = latest.over_photos.value, over_photos_request(state)
    if found is None or asked.unit is None or replace(found.request, renewed=0) != asked:
        return None
    return found


def _has_photos(state: AppState, latest: Latest) -> bool:
    if over_photos_request(state).unit is None:
        return True
    found = shown_photos(state, latest)
    return found is not None and found.is_over


def _has_changes(state: AppState, latest: Latest) -> bool:
    """All changes of the picture went through the network; of a moving source those of some frame."""
    if state.view.zoom is not Zoom.CHANGES or latest.snapshot is None or latest.network.error:
        return True
    found, asked = latest.changed, latest.snapshot.request
    if found is None or not found.is_done:
        return False
    is_moving = asked.frame.moving and not state.input.frozen
    return is_moving or (found.frame_id, found.fit) == (asked.frame.id, asked.fit)


def _same(given: NetRequest, asked: NetRequest) -> bool:
    if asked.frame.moving and given.frame.moving:
        return given.same_as(replace(asked, frame=given.frame))
    return given.same_as(asked)


def _has_images(state: AppState, latest: Latest) -> bool:
    """The unit's pictures are there; of a moving source they never come to an end."""
    if not state.view.unit_images and not state.view.pattern:
        return True
    snapshot, answer, images = latest.snapshot, latest.images, latest.unit_images
    if snapshot is not None and not snapshot.request.frame.moving and latest.followed is not snapshot:
        return False
    if answer.request != images_request(state, latest):
        return False
    if answer.error:
        return True
    return images is not None and (state.input.moving or not images.loading)


def thumbnail_request(state: AppState, latest: Latest) -> ThumbnailRequest | None:
    """The pictures that the filmstrip wants now, None while it is off."""
    return ThumbnailRequest(strip_paths(state, latest.frame)) if state.view.filmstrip.is_on else None


def _has_thumbnails(state: AppState, latest: Latest) -> bool:
    asked, answer = thumbnail_request(state, latest), latest.thumbnails
    is_its = answer.request == asked and answer.value is not None
    return asked is None or (is_its and (bool(answer.error) or (answer.value is not None and answer.value.is_whole)))


def images_request(state: AppState, latest: Latest) -> ImagesRequest:
    """The pictures that the window wants now, if it shows any."""
    return ImagesRequest(state.unit, state.view.pattern or latest.peeks, latest.refresh)


def shown_progress(state: AppState, latest: Latest) -> OptimizeProgress | None:
    """The optimization in progress, or being stopped, and its end until the unit images have taken it in."""
    request, progress, run = latest.optimize.request, latest.optimize.value, state.live.optimizing
    if request is None or progress is None:
        return None
    if run is not None:
        return progress if request.id == run.id else None
    if is_stopping(state, latest):
        return progress
    images = latest.images.request
    has_arrived = images is not None and images.refresh >= latest.refresh
    return progress if progress.done and not has_arrived else None


def stopped_words(latest: Latest) -> str:
    """What becomes of the optimization that the user stops, "" if there is nothing of it yet."""
    progress = latest.optimize.value
    if progress is None or progress.done:
        return ""
    return "stopped; the best picture so far stays until the window closes, x begins anew"


def is_stopping(state: AppState, latest: Latest) -> bool:
    """The optimizer has been asked to stop, and has not said yet that it did."""
    request, progress, error = latest.optimize.request, latest.optimize.value, latest.optimize.error
    is_running = request is not None and request.unit is not None and progress is not None and not progress.done
    return state.live.optimizing is None and is_running and not error
