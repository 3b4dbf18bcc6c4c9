"""The worker that looks at the open photos for one unit: to the end, on from where it was, errors as answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.core.types import Fit, Unit
from deepvis.live.backend import BackendError
from deepvis.live.unit_over_photos import ROWS, OverPhotos, OverPhotosRequest, OverPhotosWorker
from deepvis.models.model import Model
from deepvis.scan.network import ScanNetwork
from tests.helpers.networks import small_model

IDLE = threading.Event()
IDLE.set()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return small_model(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place, noise = tmp_path_factory.mktemp("photos"), np.random.default_rng(7)
    for number in range(2 * ROWS + 1):
        rgb = noise.integers(0, 255, (6, 6, 3), np.uint8).repeat(5, axis=0).repeat(5, axis=1)
        Image.fromarray(rgb).save(place / f"{number:02d}.png")
    (place / "broken.jpg").write_bytes(b"no photo")
    return place


@pytest.fixture
def start(model: Model) -> Iterator[Callable[..., OverPhotosWorker]]:
    begun: list[OverPhotosWorker] = []

    def begin(open_network: Callable[[str], ScanNetwork] | None = None) -> OverPhotosWorker:
        worker = OverPhotosWorker(open_network or (lambda layer: ScanNetwork(model, (layer,), "cpu")), IDLE)
        begun.append(worker)
        worker.start()
        return worker

    yield begin
    for worker in begun:
        worker.stop(10)


def ended(worker: OverPhotosWorker, request: OverPhotosRequest) -> list[OverPhotos]:
    """What the worker gives for a request, up to its end."""
    seen = []
    while (answer := worker.outbox.take(60)) is not None:
        if answer.value is not None and answer.value.request == request:
            seen.append(answer.value)
            if answer.value.is_over:
                return seen
    pytest.fail("no end came")


def test_all_photos_are_looked_at_the_largest_value_first(start: Callable[..., OverPhotosWorker], folder: Path) -> None:
    worker = start()
    request = OverPhotosRequest(Unit("conv1", 1), str(folder), Fit.CROP)
    worker.inbox.put(request)
    last = ended(worker, request)[-1]
    assert (last.done, last.listed, len(last.best), last.error) == (2 * ROWS + 2, 2 * ROWS + 2, 2 * ROWS + 1, "")
    assert len(last.skipped) == 1 and "broken.jpg" in last.skipped[0]
    values = [answer.value for answer in last.best]
    assert values == sorted(values, reverse=True)


def test_the_same_again_goes_on_and_another_unit_begins_anew(
    start: Callable[..., OverPhotosWorker], folder: Path, model: Model
) -> None:
    opened: list[str] = []

    def open_network(layer: str) -> ScanNetwork:
        opened.append(layer)
        return ScanNetwork(model, (layer,), "cpu")

    worker = start(open_network)
    first, other = (OverPhotosRequest(Unit("conv1", channel), str(folder)) for channel in (0, 2))
    worker.inbox.put(first)
    found = ended(worker, first)[-1]
    worker.inbox.put(OverPhotosRequest(None))
    worker.inbox.put(first)
    again = ended(worker, first)[-1]
    assert again.best == found.best and opened == ["conv1"]
    worker.inbox.put(other)
    assert ended(worker, other)[-1].best != found.best and opened == ["conv1", "conv1"]


def test_what_goes_wrong_is_said_and_the_next_request_is_answered(
    start: Callable[..., OverPhotosWorker], folder: Path, model: Model
) -> None:
    def refuse(layer: str) -> ScanNetwork:
        if layer == "conv1":
            return ScanNetwork(model, (layer,), "cpu")
        raise BackendError("backend fake does not run photos beside the window; use --backend engine")

    worker = start(refuse)
    wrong = OverPhotosRequest(Unit("fc2", 1), str(folder))
    worker.inbox.put(wrong)
    assert "use --backend engine" in ended(worker, wrong)[-1].error
    nowhere = OverPhotosRequest(Unit("conv1", 1), str(folder / "gone"))
    worker.inbox.put(nowhere)
    assert ended(worker, nowhere)[-1].error
    right = OverPhotosRequest(Unit("conv1", 1), str(folder))
    worker.inbox.put(right)
    assert ended(worker, right)[-1].error == ""
