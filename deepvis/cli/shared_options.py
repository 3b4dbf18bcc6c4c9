"""The arguments that subcommands share, by one name in all of them: which network, which device, where to, how many
workers.

Further names of an option are old ones: taken, but not in the help.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deepvis.cli.chosen_settings import add_settings
from deepvis.cli.parser import Parser, bad, folder, whole
from deepvis.core.files import try_folder
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import add_network_options, network_of

if TYPE_CHECKING:
    from deepvis.models.model import Model
    from deepvis.optimize.ascent_network import AscentNetwork
    from deepvis.optimize.session import Work
    from deepvis.optimize.tasks import Setup

# the names that the toolbox of 2015 has for the network's options
ORIGINAL = {"--prototxt": ["--deploy-proto"], "--weights": ["--net-weights"], "--input-size": ["--data-size"]}
# what --workers are; those of a scan are processes, which decode and track a fifth faster than threads
THREADS = "threads of this process; none or 0: one a core"
PROCESSES = "processes; none or 0: threads of this process, one a core"


def add_network(parser: Parser) -> None:
    """Which network, and which device it runs on."""
    add_device(add_model(parser))


def add_model(parser: Parser) -> Any:
    """Which network; returns the group of its arguments."""
    net = parser.add_argument_group("network")
    net.add_argument(
        "--model",
        metavar="NAME|DIR",
        help="a model's name or folder; none: that of the settings, else the embedded one",
    )
    add_network_options(net, ORIGINAL)
    # of 2015: the order of the channels by another name, and a folder that is not needed any more
    net.add_argument("--channel-swap-to-rgb", dest="channel_order", type=_order, help=argparse.SUPPRESS)
    net.add_argument("--caffe-root", help=argparse.SUPPRESS)
    add_settings(net)
    return net


def add_device(group: Any) -> None:
    """Which device the network runs on."""
    group.add_argument(
        "--device", metavar="DEVICE", help="auto, cpu, cuda or cuda:N; none: that of the settings, else auto"
    )


def add_output(group: Any, help: str, *old_names: str, required: bool = False) -> None:
    """Where to: a folder."""
    group.add_argument("--output", *old_names, type=folder, required=required, metavar="DIR", help=help)


def try_output(folder: Path) -> None:
    """Before the work: can files be written there? Makes nothing. Raises UsageError."""
    try:
        try_folder(folder)
    except OSError as error:
        raise UsageError(
            f"the folder {folder} cannot be made or written to ({error.strerror or error}); choose another --output"
        ) from error


def try_work(arguments: argparse.Namespace, folder: Path) -> None:
    """Before the work: is the Dask cluster there that is asked for, and can files be written? Raises UserError."""
    from deepvis.jobs.pool import try_scheduler

    try_output(folder)
    try_scheduler(arguments.scheduler)


def add_overwrite(group: Any, help: str, *old_names: str) -> None:
    """Begin anew where something is there already."""
    group.add_argument("--overwrite", *old_names, action="store_true", help=help)


def add_work(parser: Parser, workers: str, *, has_cluster: bool = True) -> Any:
    """How many workers, and where; returns the group of its arguments. workers: what they are."""
    work = parser.add_argument_group("work")
    work.add_argument("--workers", type=whole(), metavar="N", help=f"how many work at a time: {workers}")
    if has_cluster:
        work.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="run on the Dask cluster of this scheduler")
    return work


def add_climb_work(parser: Parser) -> None:
    """How the optimizer's batches are run."""
    work = add_work(parser, f"{THREADS}, 8 at most, on a GPU one")
    work.add_argument("--batch", type=whole(1), metavar="N", help="images that climb together; none: 4, on a GPU 64")


class Optimizer(NamedTuple):
    """What the subcommands that optimize work with."""

    setup: Setup
    work: Work
    model: Model
    ready: AscentNetwork


def optimizer_of(arguments: argparse.Namespace) -> Optimizer:
    """The network of the arguments, opened and ready to climb. Raises ModelError, for an absent device too."""
    from deepvis.network.device import device_of
    from deepvis.optimize.session import Work
    from deepvis.optimize.tasks import ascent_net, opened_setup

    device = str(device_of(arguments.device))
    setup, model = opened_setup(network_of(vars(arguments)), device)
    work = Work(arguments.batch, arguments.workers or None, arguments.scheduler)
    return Optimizer(setup, work, model, ascent_net(setup))


def _order(swap: str) -> str:
    orders = {"2,1,0": "BGR", "0,1,2": "RGB"}
    bare = swap.strip("()[] ").replace(" ", "")
    if bare not in orders:
        raise bad(swap, "(2,1,0) for BGR networks or (0,1,2) for RGB")
    return orders[bare]
