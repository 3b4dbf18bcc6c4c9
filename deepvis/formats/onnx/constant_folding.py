"""Constants out of constants: what no picture decides is worked out when the file is opened, in bounded work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import onnx
import torch
from torch import Tensor

from deepvis.formats.onnx.call import LeftOutError, OnnxCall
from deepvis.formats.onnx.nodes import HEAVY, as_bottoms, title_of
from deepvis.formats.onnx.onnx_ops import OnnxOp
from deepvis.formats.onnx.values import Value, constant_value
from deepvis.network.model_error import ModelError
from deepvis.network.op import Op, as_tuple, check_size

MOST_BYTES = 1 << 29  # of constants that are worked out here, beside some times the file's size
MOST_WORK = 1 << 33  # multiplications of one of them


class ConstantFolding:
    """Works out the constants of one file, and counts what they take. trials: how many numbers of pictures."""

    def __init__(self, trials: int, file_bytes: int) -> None:
        self.trials = trials
        self.left = MOST_BYTES + 8 * file_bytes
        self.counted: set[int] = set()  # memory that is counted already

    def fold(
        self, node: onnx.NodeProto, row: OnnxOp, call: OnnxCall, by_trial: Sequence[dict[str, Tensor]],
        data: Sequence[Value | None],
    ) -> list[Value]:  # fmt: skip
        """Constants out of constants, worked out once where the trials do not differ."""
        results: list[tuple[Tensor, ...]] = []
        places = [v for v in data if v is not None]
        inputs = as_bottoms(data)
        outputs = (True,) * max(len(node.output), 1)
        call = replace(call, inputs=inputs, outputs=outputs)
        for trial, arguments in enumerate(by_trial):
            tensors = tuple(v.constants[trial] for v in places)  # type: ignore[index]
            same = next((t for t in range(trial) if self._is_same(by_trial, places, t, trial)), None)
            if same is not None:
                results.append(results[same])
                continue
            op = row.build(replace(call, arguments=arguments), ())
            self._check_work(call, op, tensors)
            tops = as_tuple(op.forward(*tensors))
            for top in tops:
                self._count(title_of(node), top)
            results.append(tuple(top.detach() for top in tops))
        count = min(len(each) for each in results)
        if count < sum(map(bool, call.outputs)) and any(node.output[count:]):
            raise call.fault(f"{len(node.output)} outputs", f"at most {count}")
        return [constant_value(name, [each[i] for each in results]) for i, name in enumerate(node.output[:count])]

    @staticmethod
    def _is_same(by_trial: Sequence[dict[str, Tensor]], places: Sequence[Value], a: int, b: int) -> bool:
        arguments = by_trial[a].keys() == by_trial[b].keys() and all(
            value is by_trial[b][name] for name, value in by_trial[a].items()
        )
        return arguments and all(v.constants[a] is v.constants[b] for v in places)  # type: ignore[index]

    def _check_work(self, call: OnnxCall, op: Op, tensors: Sequence[Tensor]) -> None:
        """Refuse what would take long, or much memory, before it is done. Raises ModelError."""
        try:
            metas = [torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="meta") for t in tensors]
            tops = as_tuple(op.forward(*metas))
        except (NotImplementedError, LeftOutError):  # its size follows from the values
            return
        for top in tops:
            check_size(call.title, top.shape)
            size = top.untyped_storage().nbytes() if top.device.type == "meta" else 0
            if size > self.left and size > max((t.untyped_storage().nbytes() for t in tensors), default=0):
                raise call.fault(f"a constant of {size >> 20} MiB", f"at most {self.left >> 20} MiB more of them")
            if call.op in HEAVY:
                work = top.numel() * max((t.numel() // max(t.shape[0], 1) for t in tensors if t.dim()), default=1)
                if work > MOST_WORK:
                    raise call.fault(f"a constant that takes {work} multiplications", f"at most {MOST_WORK}")

    def _count(self, title: str, results: Tensor) -> None:
        storage = results.untyped_storage()
        if storage.data_ptr() not in self.counted:
            self.counted.add(storage.data_ptr())
            self.left -= storage.nbytes()
        if self.left < 0:
            raise ModelError(f"{title}: found constants of many times the file's size, expected those of a network")
