"""What a worker is compared by, before its results count."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.jobs import versions
from deepvis.jobs.versions import check_versions, source_digest
from deepvis.jobs.workers import PoolError


def test_the_digest_is_of_the_source(tmp_path: Path) -> None:
    def digest() -> str:
        source_digest.cache_clear()
        return source_digest(tmp_path)

    (tmp_path / "room").mkdir()
    (tmp_path / "_models").mkdir()
    (tmp_path / "room" / "a.py").write_text("1")
    before = digest()
    for other in ("room/a.pyc", "_models/b.py", "room/page.html"):  # decide nothing
        (tmp_path / other).write_text("1")
    assert digest() == before and len(before) == 12
    (tmp_path / "room" / "a.py").write_text("2")
    changed = digest()
    (tmp_path / "room" / "a.py").rename(tmp_path / "room" / "b.py")
    assert len({before, changed, digest()}) == 3
    source_digest.cache_clear()


def test_every_difference_is_a_sentence() -> None:
    here = versions.versions()
    assert set(here) == {"deepvis", "Python", *versions.COMPARED} and "none" not in here.values()
    check_versions("tcp://a:1", here, here)
    for name in here:
        with pytest.raises(PoolError, match=f"the worker tcp://a:1 of the Dask cluster has {name} 0, expected "):
            check_versions("tcp://a:1", {**here, name: "0"}, here)
