"""The pass of a network with interventions, from the pass without them; the newest of both are held."""

from __future__ import annotations

from collections.abc import Collection

from deepvis.core.interventions import Intervention
from deepvis.network.intervened_graph import intervened_net
from deepvis.network.net import GraphNet
from deepvis.network.tape import Tape


class IntervenedPasses:
    """Makes the network anew only where the interventions are others, and the pass where the picture is."""

    def __init__(self, net: GraphNet) -> None:
        self._net = net
        self._made: tuple[tuple[Intervention, ...], GraphNet] = ((), net)
        self._newest: tuple[Tape, GraphNet, Tape] | None = None  # of which pass, by what, and what came of it

    def __call__(
        self, tape: Tape, interventions: tuple[Intervention, ...], until: str | None, shown: Collection[str]
    ) -> tuple[GraphNet, Tape]:
        """The network and the pass with interventions; the very same ones where there are none.

        tape: of the network as it is. until, shown: as its pass had them. Raises ModelError.
        """
        if not interventions:
            self.forget()
            return self._net, tape
        if self._made[0] != interventions:
            self._made = interventions, intervened_net(self._net, tape, interventions)
        net = self._made[1]
        if self._newest is None or self._newest[0] is not tape or self._newest[1] is not net:
            self._newest = None  # frees its values before the new ones are made
            self._newest = tape, net, net.rerun(tape, until=until, shown=shown)
        return net, self._newest[2]

    def forget(self) -> None:
        """Let go of the newest pass."""
        self._newest = None
