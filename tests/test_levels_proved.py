"""`mlefit prove` beside factors of many levels: the claims hold by levels with the numbers of columns."""

from pathlib import Path
from typing import Any

import pytest
from level_tables import ALL, table, told

from mlefit.design import indexing
from mlefit.mean.indexed import Indexed

FIGURES = ("slope", "slope_theory", "intercept", "intercept_theory", "entropy", "kl", "cross_entropy", "twice_n_kl", "g", "cost")


@pytest.mark.parametrize(("target", "model"), [("y", "gaussian"), ("b", "bernoulli"), ("c", "categorical"), ("count", "poisson")])
@pytest.mark.parametrize("crossed", [False, True])
def test_claims_by_levels_are_those_by_columns(
    crossed: bool, target: str, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = table(tmp_path / "data.csv", levels=40, rows=1600)
    if crossed:
        lines = Path(data).read_text().splitlines()
        Path(data).write_text("\n".join(f"{'h' if k == 0 else f'h{k * k % 25:02d}'},{line}" for k, line in enumerate(lines)) + "\n")
    by: dict[int, Any] = {}
    ways = list[str]()
    slope = Indexed.slope

    def watched(self: Indexed, coef: Any, chunk: Any) -> Any:
        ways.append("levels")
        return slope(self, coef, chunk)

    monkeypatch.setattr(Indexed, "slope", watched)
    for many in (20, ALL):
        monkeypatch.setattr(indexing, "MANY", many)
        if many == 20 and crossed:
            monkeypatch.setattr(indexing, "MANY", 10)
        ways.clear()
        by[many] = told(capsys, "prove", data, "-t", target, "-m", model, "-x", "g,x,z" + (",h" if crossed else ""))
        assert bool(ways) == (many == 20)
    mine, theirs = (by[many]["lines"] for many in (20, ALL))
    assert len(mine) >= 7
    for one, other in zip(mine, theirs, strict=True):
        if one["key"] != "d" or one["state"] == "holds":       # of densities levels have no entropy
            assert (one["key"], one["state"]) == (other["key"], other["state"])
        assert one["state"] != "fails"
        for name in FIGURES:
            if name in one["numbers"]:
                assert one["numbers"][name] == pytest.approx(other["numbers"][name], rel=1e-8, abs=1e-9)
