#!/usr/bin/env python3
"""Download the files of a model, or take them from a folder: scripts/fetch_model.py NAME [--from DIR]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from deepvis.models.fetch import fetch_model
from deepvis.models.zoo import find_card, list_models
from deepvis.network.errors import ModelError


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("name", nargs="?", help="model, as --list names it")
    made.add_argument("--from", dest="source", type=Path, metavar="DIR", help="take the files from this folder")
    made.add_argument("--all", action="store_true", help="optional files too (unit images, some gigabytes)")
    made.add_argument("--list", action="store_true", help="list the models and their files")
    return made


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        if arguments.list or not arguments.name:
            list_files()
            return 0 if arguments.list else 2
        card = find_card(arguments.name)
        for file in fetch_model(card, source=arguments.source, everything=arguments.all, progress=bar):
            print(f"{file.path}: {file.word}" + (f" ({file.remark})" if file.remark else ""))
        if not card.files:
            print(f"{card.name} is complete: nothing to download")
        print(f"try it: scripts/run.sh --model {card.folder.name}")
    except ModelError as error:
        print(f"fetch_model: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("fetch_model: interrupted; run it again to go on where it stopped", file=sys.stderr)
        return 130
    return 0


def list_files() -> None:
    for card in list_models():
        print(f"{card.folder.name}: {card.get('description', '')}")
        for file in card.files:
            there = "there" if (card.folder / file.path).exists() else "missing"
            print(
                f"    {file.path}: {there}"
                + (", optional" if file.optional else "")
                + (f" ({file.note})" if file.note else "")
            )


def bar(name: str, done: int, total: int) -> Any:
    from tqdm import tqdm

    return tqdm(desc=name, initial=done, total=total or None, unit="B", unit_scale=True, unit_divisor=1024)


if __name__ == "__main__":
    sys.exit(main())
