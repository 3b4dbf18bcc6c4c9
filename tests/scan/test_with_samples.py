"""The running top 9 tells sample photos from the user's own: in its places, its count, its caption and its files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from deepvis.core.types import Unit
from deepvis.live.running_images import caption_of
from deepvis.scan.with_samples import RunningWithSamples
from deepvis.sources.samples import is_sample, samples
from tests.scan.test_running_top import INFO, a_pass

UNIT = Unit("a", 0)


def seen(*paths: str, top: int = 3) -> RunningWithSamples:
    """The file's name says its unit's value: of samples 90 and up."""
    running = RunningWithSamples(INFO, top=top, is_sample=lambda frame: frame.path.startswith("s"))
    for index, path in enumerate(paths):
        running.update(a_pass(index, [float(path[1:]), 1, 1], path=path))
    return running


def paths_of(running: RunningWithSamples) -> list[str]:
    return [patch.path for patch in running.best(UNIT).patches]


def test_samples_stand_behind_the_users_own_and_leave_once_those_suffice() -> None:
    assert paths_of(seen("s91", "s95", "s93", "s92")) == ["s95", "s93", "s92"]
    assert paths_of(seen("s91", "s95", "s93", "o2")) == ["o2", "s95", "s93"]
    assert paths_of(seen("s91", "s95", "o1", "o2", "o3")) == ["o3", "o2", "o1"]


def test_each_is_counted_as_what_it_is() -> None:
    running = seen("s91", "s95", "o2")
    best = running.best(UNIT)
    assert (best.images, best.sample_images, best.samples) == (1, 2, 2) and running.images == 1
    assert caption_of(best, 3) == "best of 1 of yours first, then 2 samples"
    assert caption_of(seen("s91").best(UNIT), 3) == "best of 1 sample"
    full = seen("s91", "o1", "o2", "o3").best(UNIT)
    assert full.samples == 0 and caption_of(full, 3) == "running top 3 of this stream, 3 images"


def test_a_picture_of_a_sample_is_never_taken_for_one_of_the_users() -> None:
    best = seen("s91", "o2").best(UNIT)
    assert len(set(best.numbers)) == 2
    assert [picture.path for picture in best.pictures] == ["o2", "s91"]


def test_what_may_be_saved_and_what_is_forgotten_are_the_users_own() -> None:
    running = seen("s91", "o2")
    assert [patch.path for patch in running.own(UNIT).patches] == ["o2"]
    running.reset()
    assert running.own(UNIT).patches == () and paths_of(running) == ["s91"]


def test_a_sample_photo_is_known_by_its_place() -> None:
    frame = samples().read(0)
    assert is_sample(frame.path)
    assert not is_sample(str(Path("/photos") / Path(frame.path).name)) and not is_sample("")


def test_samples_alone_are_not_saved(tmp_path: Path) -> None:
    from deepvis.core.effects import SaveTop
    from deepvis.live.stream_top import StreamTop

    nothing = SimpleNamespace(
        save=lambda folder, put_aside: 0,
        better_in=lambda folder: 0,
        image_count=lambda: 0,
        already_saved_words=lambda: "",
        is_unfinished=False,
    )
    stream = StreamTop(seen("s91"), lambda: (None, nothing), lambda: tmp_path)
    assert "samples are not saved" in stream._saved(SaveTop(1), nothing).value.sentence
