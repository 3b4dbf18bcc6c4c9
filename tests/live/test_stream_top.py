from __future__ import annotations

from deepvis.core.types import NetAsk, Unit, UnitImages
from deepvis.live.backends.fake import FAKE_INFO, FakeBackend
from deepvis.live.stream_top import StreamTop
from deepvis.scan.running import RunningTop
from deepvis.sources.base import new_frame
from tests.helpers.networks import noise_frame
from tests.helpers.pictures import FakeClock


def test_every_pass_is_taken_into_account(tmp_path):
    clock, backend = FakeClock(), FakeBackend()
    running = RunningTop(FAKE_INFO, apart=0.0, clock=clock)
    stream = StreamTop(running, lambda: None, lambda: tmp_path, clock=clock)
    for seed in range(10):
        stream.follow(backend.run(NetAsk(new_frame(noise_frame(seed).rgb, moving=True))))
        clock.now += 0.2
    assert running.images == 10
    for seed in range(3):
        frame = noise_frame(seed)
        stream.follow(backend.run(NetAsk(frame)))
        assert stream.followed_still == frame.id
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
