"""What can go wrong, with the exit code of each kind.

Every message says what was expected, what was found and where; the remedy says what to do. The command line prints
the two as two lines, the JSON error carries them with the code, the columns and the rows they are about. Whatever a
name or a cell brings into them is escaped here, once, so that each stays one harmless line.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from mlefit.escapes import shown


class MlefitError(Exception):
    """Something the user can act on.

    Attributes: `message` (expected, found, where), `remedy` (what to do, may be empty), `code` (a stable word for
    programs, such as "separation"), `columns` and `rows` (1-based data rows) concerned.
    """

    exit_code: ClassVar[int] = 1
    answered: ClassVar[bool] = False    # whether stdout holds the answer already

    def __init__(
        self, message: str, remedy: str = "", *, code: str, columns: Sequence[str] = (), rows: Sequence[int] = ()
    ) -> None:
        self.message, self.remedy = shown(message), shown(remedy)
        super().__init__(f"{self.message}\n{self.remedy}" if remedy else self.message)
        self.code = code
        self.columns = tuple(columns)
        self.rows = tuple(rows)

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.args), self.__dict__     # it may come from another process


def _again(kind: type[MlefitError], arguments: tuple[object, ...]) -> MlefitError:
    """An error as it was, without what its construction does."""
    error: MlefitError = kind.__new__(kind, *arguments)
    return error


class UsageError(MlefitError):
    """The command line is wrong: unknown option, column, level or model, or options that contradict."""

    exit_code = 2


class DataError(MlefitError):
    """The data cannot be used: no file, not a table, a wrong type or value for the model, no rows left."""

    exit_code = 3


class NoEstimateError(MlefitError):
    """The data is readable but there is no maximum-likelihood answer; `partial` holds what is known, as a Report."""

    exit_code = 4

    def __init__(
        self, message: str, remedy: str = "", *, code: str, columns: Sequence[str] = (), rows: Sequence[int] = (),
        partial: object = None,
    ) -> None:
        super().__init__(message, remedy, code=code, columns=columns, rows=rows)
        self.partial = partial


class RequirementError(MlefitError):
    """Fitted, but what was required of a figure does not hold: one line for each. The answer has been given already."""

    exit_code = 5
    answered = True

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(lines[0], code="requirement")
        self.lines = tuple(shown(line) for line in lines)


class SomeGroupsError(MlefitError):
    """Some groups have no answer. Everything else has been given already."""

    exit_code = 4
    answered = True


class InBlockError(Exception):
    """A refusal that only knows its block: `told` gives the error, from the number of data rows before that block.

    A task that Source.map runs raises it; the source, which counts the rows, raises what is told. With a picklable
    `told`, such as functools.partial of a module's function, it may come from another process.
    """

    def __init__(self, told: Callable[[int], MlefitError]) -> None:
        super().__init__(told)
        self.told = told
