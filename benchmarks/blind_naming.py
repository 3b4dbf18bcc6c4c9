#!/usr/bin/env python3
"""Would a person name it? Pictures of classes without their names, a list of names to choose from, and the score.

    scripts/run.sh optimize --model bvlc-googlenet --push-channel 130 144 100 ... --preset lucid --output pictures
    benchmarks/blind_naming.py draw --pictures pictures --labels synset_words.txt --out blind
    benchmarks/blind_naming.py score --out blind

``draw`` takes the results of ``deepvis optimize`` (the picture as a person sees it, best_Xpm) in an order drawn by
--seed and writes into --out: ``sheet.jpg``, the pictures with numbers; ``01.png`` and so on, each alone; ``names.txt``,
the names to choose from, sorted: those of the pictures and others drawn from the labels, fifty in all; ``answers.txt``
with a line for each picture; ``key.json``, which is not to be opened before the answers are written.

The protocol: somebody who has not made the pictures, nor seen their names, looks at each picture alone, or at the
sheet, with names.txt beside it, and writes one name of the list behind each number. Names may come more than once. No
network is asked. ``score`` prints JSON: how many are right, and what was named wrongly.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.guard import guarded
from deepvis.core.files import write_file
from deepvis.core.nearest import nearest
from deepvis.core.user_error import UsageError
from deepvis.models.labels import read_labels
from deepvis.optimize.objective import class_names
from deepvis.optimize.results import read_info, read_picture, write_jpeg, write_png

NAMES = 50
COLUMNS, GAP, LINE = 5, 12, 30  # of the sheet, in pixels


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    steps = p.add_subparsers(dest="step", required=True)
    drawing = steps.add_parser("draw", help="draw the sheet, the list of names and the key")
    drawing.add_argument("--pictures", type=Path, required=True, help="output of deepvis optimize, a picture a class")
    drawing.add_argument("--labels", type=Path, required=True, help="text file with a class name per line")
    drawing.add_argument("--out", type=Path, required=True)
    drawing.add_argument("--names", type=int, default=NAMES, help="so many to choose from")
    drawing.add_argument("--seed", type=int, default=0, help="of the order and of the other names")
    scoring = steps.add_parser("score", help="compare answers.txt with the key")
    scoring.add_argument("--out", type=Path, required=True)
    args = p.parse_args(argv)
    return guarded(lambda: draw(args) if args.step == "draw" else score(args.out), Path(__file__).stem)


def draw(args: argparse.Namespace) -> int:
    """Write everything that the naming needs. Raises UserError."""
    labels = read_labels(args.labels)
    pictures = pictures_in(args.pictures, len(labels))
    first = [class_names(label)[0] for label in labels]
    names = {first[channel] for channel in pictures}
    if args.names < len(names):
        raise UsageError(f"--names is {args.names}; there are {len(names)} classes to name, give that many or more")
    random = np.random.default_rng(args.seed)
    others = sorted(set(first) - names)
    drawn = random.permutation(len(others))[: args.names - len(names)]
    listed = sorted([*names, *(others[n] for n in drawn)], key=str.casefold)
    order = [sorted(pictures)[n] for n in random.permutation(len(pictures))]
    shown = {f"{number:02d}": read_picture(pictures[channel]) for number, channel in enumerate(order, start=1)}
    key = {number: first[channel] for number, channel in zip(shown, order, strict=True)}
    answers = args.out / "answers.txt"
    if answers.exists():
        raise UsageError(f"{answers} is there already; nothing is drawn over answers: give another --out")
    for number, rgb in shown.items():
        write_png(args.out / f"{number}.png", rgb)
    write_jpeg(args.out / "sheet.jpg", sheet(shown))
    write_file(args.out / "names.txt", "".join(f"{name}\n" for name in listed).encode())
    write_file(args.out / "key.json", json.dumps(key, indent=1).encode())
    write_file(answers, "".join(f"{number}: \n" for number in shown).encode())
    print(f"{len(shown)} pictures and {len(listed)} names are in {args.out}; write one name a line into {answers}")
    return 0


def pictures_in(folder: Path, classes: int) -> dict[int, Path]:
    """Channel -> the picture that a person sees, of the first seed that there is. Raises UserError."""
    found: dict[int, Path] = {}
    for path in sorted(folder.glob("*_info.json")):
        channel = read_info(path)["parameters"]["push_channel"]
        if channel is not None and channel < classes:
            found.setdefault(channel, path.with_name(f"{path.name.removesuffix('_info.json')}_best_Xpm.jpg"))
    if not found:
        raise UsageError(f"{folder} has no results of deepvis optimize for one of these {classes} classes")
    return found


def sheet(shown: dict[str, np.ndarray]) -> np.ndarray:
    """The pictures with their numbers below: (H, W, 3) uint8."""
    height, width = next(iter(shown.values())).shape[:2]
    rows = math.ceil(len(shown) / COLUMNS)
    page = Image.new("RGB", (COLUMNS * (width + GAP) + GAP, rows * (height + LINE + GAP) + GAP), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=20)
    for n, (number, rgb) in enumerate(shown.items()):
        row, column = divmod(n, COLUMNS)
        left, top = GAP + column * (width + GAP), GAP + row * (height + LINE + GAP)
        page.paste(Image.fromarray(rgb), (left, top))
        pen.text((left + width / 2, top + height + LINE / 2), number, "black", font, anchor="mm")
    return np.asarray(page)


def score(out: Path) -> int:
    """Print how many are right. Raises UserError for answers that cannot be read."""
    key = json.loads(_text(out / "key.json"))
    names = _text(out / "names.txt").splitlines()
    said: dict[str, str] = {}
    for line in _text(out / "answers.txt").splitlines():
        number, _, name = (part.strip() for part in line.partition(":"))
        if number and number not in key:
            raise UsageError(f"answers.txt names picture {number!r}; there are {', '.join(key)}")
        fits = [each for each in names if each.casefold() == name.casefold()]
        if name and not fits:
            raise UsageError(f"answers.txt: {name!r} is none of the list; {nearest(name, names, 'see names.txt')}")
        said[number] = fits[0] if fits else ""
    wrong = [{"picture": n, "named": said.get(n, ""), "is": is_} for n, is_ in key.items() if said.get(n, "") != is_]
    found = {"pictures": len(key), "names": len(names), "right": len(key) - len(wrong), "wrong": wrong}
    print(json.dumps(found, indent=1))
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); --out names the folder of a drawn sheet") from None


if __name__ == "__main__":
    sys.exit(main())
