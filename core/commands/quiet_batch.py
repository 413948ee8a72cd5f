"""A batch that says nothing: what is wrong is said once, when shares are joined."""

from __future__ import annotations

from core.commands.batch import Batch
from core.commands.faults import Fault
from core.errors import SeeWhyError


class QuietBatch(Batch):
    """Keeps faults and prints none of them."""

    def add_fault(self, name: str, error: SeeWhyError, method: str = "") -> Fault:
        """Keep what is wrong with a picture."""
        fault = Fault(name, str(error), method)
        self.faults.append(fault)
        return fault

    def say(self, sentence: str) -> None:
        """Print nothing."""
