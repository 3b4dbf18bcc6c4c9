from __future__ import annotations

from deepvis.core.answers import EffectReport
from deepvis.core.effects import SaveTop, UndoSave
from deepvis.core.files import write_file
from deepvis.core.types import NetRequest, Unit, UnitImages
from deepvis.live.backends.fake import FAKE_INFO, FakeBackend
from deepvis.live.stream_top import StreamTop
from deepvis.scan.running_top import RunningTop
from deepvis.sources.base import new_frame
from tests.helpers.networks import noise_frame
from tests.helpers.pictures import FakeClock


def test_every_pass_is_taken_into_account():
    clock, backend = FakeClock(), FakeBackend()
    running = RunningTop(FAKE_INFO, apart=0.0, clock=clock)
    for seed in range(10):
        running.update(backend.run(NetRequest(new_frame(noise_frame(seed).rgb, moving=True))))
        clock.now += 0.2
    assert running.images == 10
    for seed in range(3):
        running.update(backend.run(NetRequest(noise_frame(seed))))
    assert running.images == 13


def test_the_samples_are_passed_in_steps_after_what_the_files_have(tmp_path):
    class Pictures:
        is_unfinished = False

        def __call__(self, found):
            return found

    clock, backend = FakeClock(), FakeBackend()
    running = RunningTop(FAKE_INFO, clock=clock)

    def samples():
        for seed in range(3):
            clock.now += 0.2
            yield noise_frame(seed)

    stream = StreamTop(running, lambda: (backend, Pictures()), lambda: tmp_path, samples, clock)
    found = UnitImages(Unit("conv1", 0), 1)
    seen = []
    for _ in range(4):
        filled = stream(found)
        assert filled.loading == stream.is_unfinished
        seen.append((running.images, filled.loading))
    assert seen == [(0, True), (2, True), (3, False), (3, False)]


class Saving:
    """Pictures of which three units can be saved, or none for want of room."""

    is_unfinished = False
    full = False
    kept = ""
    better = 0
    count = 3
    images = 40

    def __call__(self, found):
        return found

    def already_saved_words(self):
        return self.kept

    def better_in(self, folder):
        return self.better

    def image_count(self):
        return self.images

    def save(self, folder, put_aside):
        for name in ("a", "b"):
            put_aside(folder / "max_im" / name)
            if self.full and name == "b":
                raise OSError(28, "No space left on device")
            write_file(folder / "max_im" / name, f"of {self.images}".encode())
        return self.count


def test_a_save_is_answered_with_the_effect_that_asked_for_it(tmp_path):
    pictures = Saving()
    running = RunningTop(FAKE_INFO, clock=FakeClock())
    stream = StreamTop(running, lambda: (FakeBackend(), pictures), lambda: tmp_path)
    found = UnitImages(Unit("conv1", 0), 1)
    stream(found)
    assert stream.outbox.peek() is None
    for effect, full, said in ((SaveTop(4), False, ""), (SaveTop(9), True, "No space left on device")):
        pictures.full = full
        stream.inbox.put(effect)
        stream(found)
        answer = stream.outbox.take(0)
        assert answer.request == effect and answer.error.endswith(said)
        assert answer.value == (None if full else saved_in(tmp_path))
        stream(found)
        assert stream.outbox.take(0) is None


def saved_in(folder):
    return EffectReport(f"the top 9 of 3 units saved in {folder}; backspace takes it back", reverse=UndoSave)


def contents(folder):
    return {path.name: path.read_text() for path in sorted((folder / "max_im").glob("*"))}


def test_saves_are_undone_one_by_one_and_done_again(tmp_path):
    pictures = Saving()
    stream = StreamTop(RunningTop(FAKE_INFO), lambda: (FakeBackend(), pictures), lambda: tmp_path)
    found = UnitImages(Unit("conv1", 0), 1)
    stream(found)
    (tmp_path / "max_im").mkdir()
    (tmp_path / "max_im" / "a").write_text("a scan's")
    for number, images in enumerate((40, 50)):
        pictures.images = images
        assert said_of(stream, SaveTop(number, over_better=True)) == saved_in(tmp_path)
    states = [{"a": "a scan's"}, {"a": "of 40", "b": "of 40"}, {"a": "of 50", "b": "of 50"}]
    for act, state, said in (
        (stream.saves.undo, 1, "taken back"),
        (stream.saves.undo, 0, "taken back"),
        (stream.saves.redo, 1, "once more"),
        (stream.saves.undo, 0, "taken back"),
        (stream.saves.redo, 1, "once more"),
        (stream.saves.redo, 2, "once more"),
    ):
        act()
        stream(found)
        answer = stream.outbox.take(0)
        assert contents(tmp_path) == states[state] and said in answer.value.sentence
        assert answer.value.reverse is None and answer.request == SaveTop(1, over_better=True)
    stream.saves.undo(), stream.saves.redo()
    stream(found)
    assert stream.outbox.take(0) is None and contents(tmp_path) == states[2]


def test_a_save_that_fails_midway_leaves_all_as_it_was(tmp_path):
    pictures = Saving()
    stream = StreamTop(RunningTop(FAKE_INFO), lambda: (FakeBackend(), pictures), lambda: tmp_path)
    found = UnitImages(Unit("conv1", 0), 1)
    stream(found)
    assert said_of(stream, SaveTop(1)) == saved_in(tmp_path)
    pictures.full, pictures.images = True, 60
    stream.inbox.put(SaveTop(2))
    stream(found)
    assert "No space left" in stream.outbox.take(0).error and contents(tmp_path) == {"a": "of 40", "b": "of 40"}
    stream.saves.undo()
    stream(found)
    assert contents(tmp_path) == {} and "taken back" in stream.outbox.take(0).value.sentence


def said_of(stream, save):
    stream.inbox.put(save)
    stream(UnitImages(Unit("conv1", 0), 1))
    return stream.outbox.take(0).value


def test_better_pictures_are_replaced_only_by_consent_and_nothing_is_said_to_be_nothing(tmp_path):
    pictures = Saving()
    stream = StreamTop(RunningTop(FAKE_INFO), lambda: (FakeBackend(), pictures), lambda: tmp_path)
    stream(UnitImages(Unit("conv1", 0), 1))
    pictures.better = 2
    refused = said_of(stream, SaveTop(1))
    assert refused.is_refused and "replace the top 9 of 2 units that are of more images" in refused.sentence
    assert said_of(stream, SaveTop(2, over_better=True)) == saved_in(tmp_path)
    pictures.better, pictures.images = 0, 1
    refused = said_of(stream, SaveTop(5))
    assert refused.is_refused and refused.sentence.startswith("the top 9 is of 1 photo only")
    assert said_of(stream, SaveTop(6, over_better=True)) == saved_in(tmp_path)
    pictures.images = pictures.count = 0
    assert said_of(stream, SaveTop(3)).sentence.startswith("no top 9 of yours to save yet")
    pictures.kept = "kept by itself"
    assert said_of(stream, SaveTop(4)) == EffectReport("kept by itself")
