"""``deepvis figures``: the paper's figures 3, 4, 5 and S1 for any network, as png.

Pictures are kept in OUTPUT/pieces, so that a figure can be drawn again for nothing; OUTPUT/figures.json says how each
figure was made.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.cli.guard import warn
from deepvis.cli.optimize_options import add_layers, add_presets_file
from deepvis.cli.parser import Parser, whole
from deepvis.cli.shared_options import add_climb_work, add_network, add_output, add_overwrite, optimizer_of, try_output
from deepvis.cli.subcommand import subcommand
from deepvis.core.own_files import PNG_TEXT, in_the_way, not_ours
from deepvis.core.user_error import UsageError
from deepvis.optimize.presets import TABLE_1

if TYPE_CHECKING:
    import numpy as np

NAME = "deepvis figures"
SMALL_WIDTH, SMALL_QUALITY = 1200, 65


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to draw")
    what.add_argument("--figures", nargs="+", metavar="FIGURE", help="of 3, 4, 5 and S1; none: all")
    add_output(what, "folder of the figures", "--out", required=True)
    what.add_argument("--classes", nargs="+", metavar="N", help="names or numbers for figures 3 (the first) and 4")
    add_layers(what, "of figures 5 and S1; none: eight, and all")
    what.add_argument("--units", type=whole(1), default=8, metavar="N", help="of each layer in figure 5")
    what.add_argument(
        "--most", type=whole(1), default=512, metavar="N", help="channels of each layer in figure S1, at most"
    )
    what.add_argument("--presets", nargs="+", default=list(TABLE_1), metavar="NAME", help="of figure 4")
    what.add_argument("--preset", default="3", metavar="NAME", help="of figures 5 and S1; its steps are figure 3's")
    add_presets_file(what)
    what.add_argument("--small", action="store_true", help="a jpg of a few hundred kilobytes beside each png")
    what.add_argument("--max-iter", type=whole(1), metavar="N", help="iterations, in place of the presets'")
    add_overwrite(what, "overwrite figures of another network, or made in another way")
    add_climb_work(parser)


@subcommand(
    "figures",
    "draw the paper's figures 3, 4, 5 and S1 for any network",
    "--preset 3+ --max-iter 60 --output figures",
    '--model bvlc-googlenet --classes flamingo pelican "school bus" --output figures/googlenet',
    arguments=arguments,
    resumes=True,
)
def figures(args: argparse.Namespace) -> int:
    from deepvis.cli.progress import last_words
    from deepvis.jobs.pool import try_scheduler
    from deepvis.jobs.progress import Bar
    from deepvis.optimize import session
    from deepvis.optimize.chosen_figures import asked_figures
    from deepvis.optimize.climb import Climb
    from deepvis.optimize.climb_files import climb_files
    from deepvis.optimize.field_box import field_box
    from deepvis.optimize.figures import Figure, draw, pieces
    from deepvis.optimize.figures_record import FigureFolder
    from deepvis.optimize.pictures import shown
    from deepvis.optimize.results import origin_of, read_picture, write_png

    setup, work, model, ready = optimizer_of(args)
    drawn = asked_figures(args, model, ready.net.shapes, lambda said: warn([said], NAME))
    made_in, folder = origin_of(model), args.output / "pieces"
    paths = pieces(folder, made_in, (job for figure in drawn for job in figure.jobs))
    files = [args.output / f"{figure.name}.png" for figure in drawn]
    small = [file.with_suffix(".jpg") for file in files if args.small]
    if not any(path.exists() for path in paths.values()) and (path := not_ours([*files, *small])) is not None:
        raise UsageError(in_the_way(path))  # beside pieces of ours the figures are ours too

    def drawing_of(figure: Figure) -> np.ndarray | None:
        """None where not all of its pictures are there."""
        if not all(paths[job].exists() for job in figure.jobs):
            return None
        return draw(figure, lambda job: read_picture(paths[job]))

    def is_drawn(figure: Figure) -> bool:
        drawing = drawing_of(figure)
        found = read_picture(args.output / f"{figure.name}.png")
        return drawing is not None and found.shape == drawing.shape and bool((found == drawing).all())

    there = FigureFolder(args.output, made_in)
    if not args.overwrite:
        there.check(drawn, is_drawn)
    left = [job for job, path in paths.items() if not path.exists()]
    try_output(args.output)
    if left:
        try_scheduler(args.scheduler)
    before = [path.read_bytes() for path in files if path.is_file()]
    there.begin(drawn, overwrite=args.overwrite)

    def write(climb: Climb) -> None:
        x = climb.x * 0 if climb.trouble or climb.best is None else climb.best.x
        write_png(paths[climb.job], shown(x, model.preprocessor, field_box(ready, climb.job.objective.leader)))

    report = session.run(setup, left, work, Bar("it"), write, climb_files(folder, made_in, paths))
    for figure in drawn:
        if (drawing := drawing_of(figure)) is not None:
            write_figure(args.output / figure.name, drawing, small=args.small)
    is_same = before == [path.read_bytes() for path in files if path.is_file()]
    return last_words(report, NAME, len(left) or int(not is_same), args.output)


def write_figure(stem: Path, drawing: np.ndarray, *, small: bool) -> None:
    """The figure as STEM.png, (H, W, 3) uint8; small: as a jpg too."""
    import numpy as np
    from PIL import Image

    from deepvis.optimize.results import write_jpeg, write_png

    write_png(Path(f"{stem}.png"), drawing, tight=True, text=PNG_TEXT)
    if small:
        page = Image.fromarray(drawing)
        page.thumbnail((SMALL_WIDTH, page.height), Image.Resampling.LANCZOS)
        write_jpeg(Path(f"{stem}.jpg"), np.asarray(page), SMALL_QUALITY)
