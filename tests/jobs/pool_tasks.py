"""Tasks for the pool's tests; a module of their own, so that worker processes can import it."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from deepvis.core.user_error import UserError


@dataclass(frozen=True)
class Mark:
    """Leaves a file behind. dies: kills its process the first so many times. fails: raises instead."""

    folder: Path
    number: int
    dies: int = 0
    fails: bool = False

    @property
    def title(self) -> str:
        return f"mark {self.number}"

    def run(self, watch=None) -> tuple[int, int]:
        if self.fails:
            raise UserError(f"mark {self.number} failed")
        attempts = self.folder / f"{self.number}.attempts"
        before = len(attempts.read_text()) if attempts.exists() else 0
        attempts.write_text("x" * (before + 1))
        if before < self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        (self.folder / f"{self.number}.done").touch()
        if watch is not None:
            watch.advance(1, 0)
        return 1, 0
