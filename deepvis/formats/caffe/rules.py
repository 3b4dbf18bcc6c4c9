"""Which layers of a network file stand in the network: include and exclude rules, and implied inputs.

Source: Caffe's Net::FilterNet and StateMeetsRule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepvis.formats.caffe import schema
from deepvis.network.model_error import ModelError


@dataclass(frozen=True)
class State:
    """What a network is built for."""

    phase: int
    level: int = 0
    stages: frozenset[str] = frozenset()


def state_of(net: Any, phase: str, level: int | None, stages: Sequence[str]) -> State:
    """The state asked for, with the stages of the file itself, and its level where none is asked for (None).

    Raises ModelError. Source: Caffe's Net constructor, which adds to the file's stages and overrides its level.
    """
    if phase not in ("TRAIN", "TEST"):
        raise ModelError(f"phase {phase!r}: expected 'TEST' or 'TRAIN'")
    level = net.state.level if level is None else level
    return State(getattr(schema, phase), level, frozenset(stages) | frozenset(net.state.stage))


def split_layers(net: Any, state: State) -> tuple[list[Any], list[Any]]:
    """(layers of this state, the others), in order. Raises ModelError for both kinds of rules in one."""
    kept: list[Any] = []
    left_out: list[Any] = []
    for layer in net.layer:
        if layer.include and layer.exclude:
            raise ModelError(f"layer {layer.name!r}: found include and exclude rules, expected one of the two kinds")
        if layer.include:
            stands = any(meets(state, rule) for rule in layer.include)
        else:
            stands = not any(meets(state, rule) for rule in layer.exclude)
        (kept if stands else left_out).append(layer)
    return kept, left_out


def meets(state: State, rule: Any) -> bool:
    """Whether the state meets one NetStateRule: every condition that it names holds."""
    return not (
        (rule.HasField("phase") and rule.phase != state.phase)
        or (rule.HasField("min_level") and state.level < rule.min_level)
        or (rule.HasField("max_level") and state.level > rule.max_level)
        or not state.stages.issuperset(rule.stage)
        or state.stages.intersection(rule.not_stage)
    )
