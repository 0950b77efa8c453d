"""How chunks are visited. Engines know nothing of statistics and differ in nothing that reaches the result."""

from mlefit.execution.engine import Execution
from mlefit.execution.intake import Intake, Keeper
from mlefit.execution.rows import Engine
from mlefit.execution.store import Store

__all__ = ["Engine", "Execution", "Intake", "Keeper", "Store"]
