"""What is looked at of hundreds of columns of zeros and ones stays within its bound of memory."""

import numpy as np
import pytest

from mlefit.information import reference
from mlefit.information.reference import Variable, looks


def test_pairs_of_hundreds_of_columns_are_not_all_made(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, rows = np.random.default_rng(1), 400
    columns = rng.integers(0, 2, (100, rows))
    predictors = [Variable(f"z{j:02d}", (column - column.mean()) / column.std(), column, 2, j) for j, column in enumerate(columns)]
    assert sum(look.kind == "cells" for look in looks(predictors, 50)) == reference.HELD // 4
    monkeypatch.setattr(reference, "HELD", 1 << 30)
    every = looks(predictors, 50)
    assert sum(look.kind == "cells" for look in every) == 100 * 99 // 2
    monkeypatch.setattr(reference, "HELD", 12 * 4)
    assert sum(look.kind == "cells" for look in looks(predictors, 50)) == 12
    monkeypatch.setattr(reference, "LOOKED", 10 * 4 * rows)
    some = looks(predictors, 50)
    assert sum(look.kind == "cells" for look in some) == 10
    assert [look.names for look in some] == [look.names for look in every[: len(some)]]
