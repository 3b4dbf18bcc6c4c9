"""The main loop over a fake network that blocks when told to: it never waits, and what is stale is told apart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.back_modes import DECONV
from deepvis.core.candidates import CandidateKind, candidates
from deepvis.core.effects import SaveTop, UndoSave
from deepvis.core.state import AppState, Cursor
from deepvis.core.types import Frame, NetInfo, OptimizeProgress, Unit
from deepvis.core.user_error import UsageError
from deepvis.live.backends.fake import FAKE_INFO, FakeBackend
from deepvis.live.input import InputWorker
from deepvis.live.network import NetworkWorker
from deepvis.live.optimize import OptimizeRequest, OptimizeWorker
from deepvis.live.unit_image_commands import Commands
from deepvis.live.unit_image_reader import UnitImageReader
from deepvis.live.unit_images import UnitImagesWorker
from deepvis.sources.base import SourceError, new_frame
from deepvis.window.loop import Loop
from deepvis.window.options import RunOptions
from deepvis.window.parts import Makers, Parts
from deepvis.window.pauses import CONFIRM_SECONDS, STEP_SECONDS
from deepvis.window.requests import ATTRIBUTION
from deepvis.window.stats import Stats
from deepvis.window.ui.events import Closed, Key, Mouse, Pasted, Resized
from deepvis.window.ui.laid_over import is_overlay_stale
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.overlays.palette import places_of
from deepvis.window.ui.readings import is_back_stale
from deepvis.window.ui.window import MemoryWindow

TURNS = 2000


class Photos:
    """Three photos from memory; the second cannot be read."""

    count = 3
    note = ""
    offset = 0
    listed = ((("/0", "photo 0"), ("/1", "photo 1"), ("/2", "photo 2")), 0)

    def read(self, index: int) -> Frame | SourceError:
        place = (index + self.offset) % self.count
        if place == 1:
            return SourceError("photo 1 is broken")
        rgb = np.full((30, 40, 3), 60 * (place + 1), np.uint8)
        return new_frame(rgb, f"photo {place}", index=place, count=self.count)

    def prefetch(self, index: int) -> bool:
        return False

    def refresh(self) -> bool:
        return False

    def skip(self, step: int) -> None:
        self.offset += step


def no_camera(_: object) -> None:
    raise AssertionError("nobody has asked for the camera")


class IdleOptimizer(OptimizeWorker):
    """Does nothing by itself: a test puts the progress."""

    def __init__(self) -> None:
        super().__init__(lambda: pytest.fail("no network is needed"))

    def answer(self, request: OptimizeRequest | None) -> None:
        return None

    def give(self, unit: Unit, id: int, *, done: bool = False) -> None:
        rgb = np.zeros((4, 4, 3), np.uint8)
        progress = OptimizeProgress(unit, "3", 1, 2, 1.0, rgb, done=done, version=id)
        self.outbox.put(Answer(OptimizeRequest(id, unit), progress))


class Bench:
    """A loop that a test turns by hand."""

    def __init__(self, backend: FakeBackend, options: RunOptions, folder: Path) -> None:
        self.backend = backend
        self.window = MemoryWindow("", 465, 750)
        self.optimizer = IdleOptimizer()

        def images(info: NetInfo) -> UnitImagesWorker:
            return UnitImagesWorker(lambda: UnitImageReader([folder], info, Commands("--model fake")))

        self.parts = Parts(
            InputWorker(lambda _: Photos(), no_camera),  # type: ignore[arg-type]
            NetworkWorker(lambda: backend),
            Makers(images, lambda: self.optimizer),
        )
        state = AppState(FAKE_INFO)
        self.loop = Loop(state, self.parts, self.window, options, layout_for, folder, Stats())

    @property
    def state(self) -> AppState:
        return self.loop.state

    def until(self, condition: Callable[[], object]) -> None:
        for _ in range(TURNS):
            self.loop.turn()
            if condition():
                return
        pytest.fail("the loop has turned in vain")

    def keys(self, text: str) -> None:
        """Press characters, one a turn."""
        for character in text:
            self.window.send(Key(ord(character)))
            self.loop.turn()

    def optimizing(self) -> Unit | None:
        run = self.state.live.optimizing
        return run.unit if run else None

    def is_settled(self) -> bool:
        return not self.loop.missing

    def scene(self) -> Any:
        return self.loop.screen.scene


@pytest.fixture
def gate() -> threading.Event:
    opened = threading.Event()
    opened.set()
    return opened


@pytest.fixture
def make(gate: threading.Event, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make_one(**options: object) -> Bench:
        made.append(Bench(FakeBackend(gate=gate), RunOptions(**options), tmp_path))  # type: ignore[arg-type]
        return made[-1]

    yield make_one
    gate.set()
    for bench in made:
        bench.parts.stop()


def test_keys_are_shown_while_the_network_hangs(make: Callable[..., Bench], gate: threading.Event) -> None:
    bench = make()
    bench.until(bench.is_settled)
    gate.clear()
    bench.keys("b")  # the wanted projection will not come
    for _ in range(20):
        before = bench.window.shown
        bench.keys("o" if bench.state.view.layer_index == 0 else "u")
        assert bench.window.shown == before + 1
    assert not bench.is_settled()
    assert bench.backend.requests[-1].back is not None


def test_a_projection_of_another_unit_is_marked_stale_until_the_right_one_comes(
    make: Callable[..., Bench], gate: threading.Event
) -> None:
    bench = make()
    bench.keys("bk")
    bench.until(bench.is_settled)
    assert not is_back_stale(bench.scene())
    gate.clear()
    bench.keys("l")
    assert bench.state.back_unit == Unit("conv1", 1)
    assert bench.scene().snapshot.request.back.unit == Unit("conv1", 0)
    assert is_back_stale(bench.scene())
    gate.set()
    bench.until(bench.is_settled)
    assert bench.scene().snapshot.request.back.unit == Unit("conv1", 1)
    assert not is_back_stale(bench.scene())


def test_of_many_wishes_only_the_newest_is_computed(make: Callable[..., Bench], gate: threading.Event) -> None:
    bench = make()
    bench.keys("bk")
    bench.until(bench.is_settled)
    gate.clear()
    count = len(bench.backend.requests)
    bench.keys("lllllll")
    gate.set()
    bench.until(bench.is_settled)
    assert bench.scene().snapshot.request.back.unit == Unit("conv1", 7)
    assert len(bench.backend.requests) - count <= 3  # the one that hung, perhaps one more, and the last


def test_moving_the_cursor_with_the_back_pane_off_needs_no_pass(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    count = len(bench.backend.requests)
    bench.keys("ooklu")
    bench.until(bench.is_settled)
    assert len(bench.backend.requests) == count


def test_nothing_is_composed_where_nothing_has_changed(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    for _ in range(10):
        bench.loop.turn()
    shown = bench.window.shown
    for _ in range(30):
        bench.loop.turn()
    assert bench.window.shown <= shown + 1  # a rate in the status line may settle


def test_keys_pressed_before_the_network_is_there_count_afterwards(
    make: Callable[..., Bench], gate: threading.Event
) -> None:
    bench = make()
    bench.keys("ok")
    bench.keys("l")
    bench.until(bench.is_settled)
    assert bench.state.unit == Unit("pool1", 1)


def test_a_text_pasted_before_the_network_is_there_comes_in_its_turn(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.keys("k")
    bench.window.send(Pasted("pool1 1"))
    bench.keys("\rl")  # opens what was pasted, then one to the right
    assert bench.state.typing is None
    bench.until(bench.is_settled)
    assert bench.state.unit == Unit("pool1", 2) and bench.state.typing is None


def test_a_pass_that_fails_is_told_and_the_next_one_goes_on(make: Callable[..., Bench]) -> None:
    from deepvis.live.backend import BackendError

    bench = make()
    bench.until(bench.is_settled)
    bench.backend.fails = BackendError("out of memory")
    bench.keys("b")
    bench.until(bench.is_settled)
    assert bench.scene().status.error == "out of memory"
    bench.backend.fails = None
    bench.keys("n")
    bench.until(bench.is_settled)
    assert bench.state.view.back_mode == DECONV
    assert bench.scene().status.error == ""


def test_unit_images_that_fail_are_told_and_the_run_goes_on(
    make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no room for the pictures")

    monkeypatch.setattr(UnitImageReader, "unit", fail)
    bench = make()
    bench.until(bench.is_settled)
    bench.until(lambda: "no room for the pictures" in bench.scene().status.error)


def test_a_bad_photo_is_named_and_its_neighbour_shown(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("e")
    bench.until(bench.is_settled)
    assert bench.scene().status.error == "photo 1 is broken"
    assert bench.scene().frame.label == "photo 2"
    bench.keys("e")
    bench.until(bench.is_settled)
    assert bench.scene().status.error == ""


def test_a_network_that_cannot_be_opened_ends_the_run_with_its_sentence(tmp_path: Path) -> None:
    from deepvis.live.backend import BackendError

    def refuse() -> FakeBackend:
        raise BackendError("no such network")

    bench = Bench(FakeBackend(), RunOptions(), tmp_path)
    bench.parts._network._open_backend = refuse
    with pytest.raises(UsageError, match="no such network"):
        bench.until(lambda: False)
    bench.parts.stop()


def test_mouse_and_size(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    layers = bench.scene().layout["layers"]
    bench.window.send(Mouse("press", layers.row + layers.height // 2, layers.col + layers.width // 2))
    bench.loop.turn()
    assert bench.state.unit != Unit("conv1", 0)
    control = bench.scene().layout["control"]
    bench.window.send(Mouse("wheel", control.row + 5, control.col + 5, steps=-1))
    bench.loop.turn()
    assert bench.state.layer.name == "pool1"
    before = bench.state.layers_pane
    bench.window.send(Resized(700, 1000))
    bench.loop.turn()
    assert bench.window.picture.shape == (700, 1000, 3)
    assert bench.state.layers_pane != before
    bench.window.send(Closed())
    bench.loop.turn()
    assert bench.state.quit


def test_a_press_outlives_the_end_of_the_run_before_it(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.keys("kxlx")  # the second press comes during the first run's last iteration
    first, second = Unit("conv1", 0), Unit("conv1", 1)
    bench.until(lambda: bench.optimizing() == second)
    bench.optimizer.give(first, 1, done=True)
    for _ in range(20):
        bench.loop.turn()
    assert bench.optimizing() == second and not bench.is_settled()
    bench.optimizer.give(second, 2)
    bench.until(lambda: bench.scene().optimize is not None)
    assert bench.optimizing() == second
    bench.optimizer.give(second, 2, done=True)
    bench.until(bench.is_settled)
    assert bench.optimizing() is None


def test_typed_letters_are_text_and_not_commands(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("/quit R")
    assert bench.state.typing.text == "quit R" and not bench.state.quit
    bench.window.send(Key(0x1B))
    bench.loop.turn()
    assert bench.state.typing is None and not bench.state.quit
    bench.window.send(Pasted("/home/me/photos"))
    bench.loop.turn()
    assert bench.state.typing.text == "/home/me/photos"


def test_the_photos_that_are_listed_are_found_by_name(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(lambda: bench.state.palette_lists.photos)
    bench.until(bench.is_settled)
    bench.keys("/photo 2\r")
    bench.until(bench.is_settled)
    assert bench.scene().frame.label == "photo 2"
    bench.keys("\x08")
    bench.until(bench.is_settled)
    assert bench.scene().frame.label == "photo 0"


def test_a_typed_number_is_gone_to_after_a_pause(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("7")
    assert bench.state.unit == Unit("conv1", 7) and bench.state.history.past == ()
    bench.until(lambda: bench.state.typing is None)
    assert bench.state.unit == Unit("conv1", 7) and len(bench.state.history.past) == 1


def test_moves_with_a_pause_between_are_steps_of_their_own(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("klll")
    bench.loop._pauses._acted_at -= STEP_SECONDS + 1
    bench.keys("ll\x08")
    assert bench.state.unit.channel == 3
    bench.keys("\x08")
    assert bench.state.unit.channel == 0


def test_what_was_refused_is_not_asked_for_ever(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.loop._say(Answer(SaveTop(3), EffectReport("not saved", is_refused=True)))
    bench.loop.turn()
    assert bench.scene().status.hint == "not saved" and bench.state.to_confirm == "save_top"
    bench.loop._pauses._asked_at -= CONFIRM_SECONDS + 1
    bench.loop.turn()
    assert not bench.state.to_confirm


def test_q_of_a_served_window_is_not_asked_about_for_ever_and_is_meant_in_a_script(
    make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryWindow, "opens_paths", False)  # as that of a served window
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("q")
    bench.loop.turn()
    assert bench.state.to_confirm == "quit" and not bench.state.quit
    assert bench.scene().status.hint == "q once more ends this window, for all who look at it"
    bench.loop._pauses._asked_at -= CONFIRM_SECONDS + 1
    bench.loop.turn()
    assert not bench.state.to_confirm and not bench.state.quit
    bench.loop.take_script_key("q")
    assert bench.state.quit


def test_a_page_is_told_that_what_it_saves_lies_on_the_server(
    make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("p")
    bench.until(lambda: bench.scene().status.hint.startswith("saved /"))
    monkeypatch.setattr(MemoryWindow, "opens_paths", False)  # as that of a served window
    bench.keys("p")
    bench.until(lambda: bench.scene().status.hint.startswith("on the server: saved /"))
    assert Path(bench.scene().status.path).exists()


def test_undo_after_a_save_takes_it_back_and_redo_does_it_again(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    done: list[str] = []
    bench.loop.parts.carry_out = lambda effect: done.append(type(effect).__name__)  # type: ignore[method-assign]
    bench.loop._say(Answer(SaveTop(3), EffectReport("saved", reverse=UndoSave)))
    before = bench.state.view
    bench.keys("\x08Z\x08")
    assert done == ["UndoSave", "RedoSave", "UndoSave"] and bench.state.view == before


def test_a_picture_that_cannot_be_saved_is_refused_in_a_sentence(
    make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make()
    bench.until(bench.is_settled)
    done: list[str] = []
    bench.loop.parts.carry_out = lambda effect: done.append(type(effect).__name__)  # type: ignore[method-assign]
    bench.keys("N")
    assert done == ["KeepPicture"]
    monkeypatch.setattr("deepvis.window.effects.why_not_among_nine", lambda state, latest: "not kept: it is stopped")
    bench.keys("N")
    assert done == ["KeepPicture"] and bench.scene().status.hint == "not kept: it is stopped"


def test_undo_waits_until_a_save_is_done(make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("c")
    before = bench.state.input
    monkeypatch.setattr(Parts, "is_saving", True)
    bench.keys("W")
    assert bench.scene().status.hint == "saving the running top 9 ..."
    bench.keys("\x08")
    assert bench.state.input == before and "still being saved" in bench.scene().status.hint
    monkeypatch.setattr(Parts, "is_saving", False)
    bench.keys("\x08")
    assert bench.state.input != before and bench.scene().status.hint == ""


def test_a_click_takes_a_candidate_and_one_beside_closes_the_palette(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("/pool1")
    scene = bench.scene()
    rows = candidates(scene.state)
    number, wanted = next(
        (i, row.target) for i, row in enumerate(rows) if row.kind is CandidateKind.LAYER and row.target
    )
    line = places_of(scene, len(rows)).lines[number]
    bench.window.send(Mouse("press", line.row + 4, line.col + 40))
    bench.loop.turn()
    assert bench.state.typing is None and bench.state.view.layer_index == wanted
    assert bench.state.view.cursor is Cursor.LAYERS
    before = bench.state.view
    bench.keys("/1")
    bench.window.send(Mouse("wheel", 5, 5, steps=-1))
    bench.loop.turn()
    assert bench.state.typing.row == 1
    bench.window.send(Mouse("press", 400, 10))
    bench.loop.turn()
    assert bench.state.typing is None and bench.state.view == before


def test_an_attribution_is_refined_while_nothing_waits_and_begun_anew(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("BBBBBB")
    assert bench.state.view.attribution == "occlusion"
    assert bench.loop.missing == ATTRIBUTION or bench.scene().attribution is not None
    bench.until(bench.is_settled)
    first = bench.scene().attribution
    assert first is not None and first.is_done and first.total == 144
    bench.keys("kl")
    bench.until(bench.is_settled)
    second = bench.scene().attribution
    assert second.request.attribution.unit == Unit("conv1", 1) and second.is_done
    assert not is_overlay_stale(bench.scene())
    bench.keys("\x08\x08")  # undo: the unit, then the cursor
    bench.until(bench.is_settled)
    assert np.array_equal(bench.scene().attribution.values, first.values)


def test_the_window_answers_while_an_attribution_hangs(
    make: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, gate = make(), threading.Event()
    bench.until(bench.is_settled)
    function = bench.backend.unit_function

    def hangs(request: Any) -> Any:
        gate.wait(60)
        return function(request)

    monkeypatch.setattr(bench.backend, "unit_function", hangs)
    try:
        bench.keys("BBBBBB")
        for _ in range(20):
            before = bench.window.shown
            bench.keys("o" if bench.state.view.layer_index == 0 else "u")
            assert bench.window.shown == before + 1
        assert not bench.is_settled()
    finally:
        gate.set()
    bench.until(bench.is_settled)
    assert bench.scene().attribution.request.attribution == bench.state.attribution_request


def test_what_a_key_has_said_of_the_view_ends_with_that_view(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.until(bench.is_settled)
    bench.keys("P")
    bench.until(lambda: "is pinned" in bench.scene().status.hint)
    bench.keys("\x1b")
    bench.until(lambda: bench.scene().status.hint == "")
    assert bench.state.view.compared is None
    bench.keys("P")
    bench.until(lambda: "is pinned" in bench.scene().status.hint)
    bench.keys("c")  # the input is another one, the view is not
    bench.until(lambda: bench.state.input.moving and "is pinned" in bench.scene().status.hint)
