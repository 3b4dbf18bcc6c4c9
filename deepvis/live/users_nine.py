"""Which pictures of the user a unit's nine hold, and whether its finished picture is shown alone, over them.

The montage of the nine says in its JPEG comment which pictures of the user it holds, by their numbers: ``deepvis kept
00 02``. The finished picture of a live optimization is shown alone until it is among the nine, which its json decides:
that of the picture among them says the same. It is also behind the nine once the user has changed these without it:
then its json has the key ``behind_nine``. No time of a file decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepvis.core.files import file_stamp, write_file
from deepvis.core.json_file import read_table
from deepvis.core.unit_files import UnitImagePaths
from deepvis.sources.opened_picture import PICTURE_ERRORS, opened_picture

NINE = 9
BEHIND = "behind_nine"  # in the json of a finished picture
COMMENT = "deepvis kept"

Read = Callable[[Path], Mapping[str, Any]]  # the content of a json; empty where there is none


def comment_of(of_user: Sequence[Path]) -> bytes:
    """The comment of a montage that holds these pictures of the user."""
    return " ".join([COMMENT, *map(_number, of_user)]).encode()


def held_by(montage: Path, of_user: Sequence[Path]) -> list[Path]:
    """Those of the user's pictures that the montage holds. One without a comment holds the newest that have room."""
    try:
        with opened_picture(montage) as image:
            comment = image.info.get("comment", b"")
    except PICTURE_ERRORS:
        return []
    words = (comment if isinstance(comment, bytes) else str(comment).encode()).decode("ascii", "replace")
    if not words.startswith(COMMENT):
        return list(of_user[-NINE:])
    numbers = set(words.removeprefix(COMMENT).split())
    return [path for path in of_user if _number(path) in numbers]


def same_picture(place: UnitImagePaths, of_user: Sequence[Path], read: Read) -> Path | None:
    """The one of these pictures that the unit's finished picture is, as their jsons say; None where none is."""
    said = story(read(place.live.with_suffix(".json")))
    return next((path for path in reversed(of_user) if said and story(read(path.with_suffix(".json"))) == said), None)


def is_behind(place: UnitImagePaths, read: Read) -> bool:
    """Has the user changed the nine since, without the finished picture?"""
    return read(place.live.with_suffix(".json")).get(BEHIND) is True


def is_alone(place: UnitImagePaths, of_user: Sequence[Path], read: Read) -> bool:
    """Is the unit's finished picture shown in place of the nine?"""
    if file_stamp(place.live) is None or is_behind(place, read):
        return False
    return same_picture(place, held_by(place.montage, of_user), read) is None


def put_behind(place: UnitImagePaths, read: Read) -> None:
    """Show the nine, not the finished picture alone, from now on until there is a newer one. Raises OSError."""
    from deepvis.optimize.results import to_json

    path = place.live.with_suffix(".json")
    content = read(path)
    if content and not is_behind(place, read):
        write_file(path, to_json({**content, BEHIND: True}))


def story(content: Mapping[str, Any]) -> dict[str, Any]:
    """How a picture was made: its json but for where it is shown."""
    return {key: value for key, value in content.items() if key != BEHIND}


def read_json(path: Path) -> dict[str, Any]:
    """Empty where there is none, or something else."""
    try:
        return read_table(path)
    except (OSError, ValueError):
        return {}


def _number(path: Path) -> str:
    return path.stem.rpartition("_")[2]
