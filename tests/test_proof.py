"""`mlefit prove`: every claim holds on every sample, and a wrong loss fails at the claims that it breaks."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlefit.arrays import Array
from mlefit.cli import main
from mlefit.errors import NoEstimateError, UsageError
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import Derivatives
from mlefit.proof import material as material_of
from mlefit.proof import prove
from mlefit.proof.plot import check
from mlefit.proof.proof import Line, Proof, to_text
from mlefit.request import Request

SAMPLES = Path(__file__).parents[1] / "sample_data"
Loss = Callable[[Bernoulli, Array, Array, Array, int], Derivatives]


def request(name: str, **more: object) -> Request:
    return Request((str(SAMPLES / f"{name}.csv"),), **more)      # type: ignore[arg-type]


def states(proof: Proof) -> dict[str, str]:
    return {line.key: line.state for line in proof.lines}


def finding(proof: Proof, key: str) -> Line:
    return next(line for line in proof.lines if line.key == key)


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.csv")))
def test_every_claim_holds_on_every_sample(name: str) -> None:
    proof = prove(request(name))
    assert proof.holds
    assert [line.key for line in proof.lines] == ["=", "a", "b", "c", "d", "e", "f"]


def test_every_claim_holds_on_ten_powers_of_nist_filip() -> None:
    powers = " + ".join(f"I(x**{power})" for power in range(2, 11))
    path = str(Path(__file__).parent / "nist" / "filip.csv")
    assert prove(Request((path,), formula=f"y ~ x + {powers}")).failed == ()


def test_a_density_says_why_it_has_no_third_search_and_no_deviance() -> None:
    proof = prove(request("measurements"))
    expected = dict.fromkeys("=abcdef", "holds") | dict.fromkeys("ce", "none")
    assert states(proof) == expected
    assert finding(proof, "c").finding == (
        "there is no such search for a density: the empirical law is a sum of point masses, and its KL against a "
        "density is infinite whatever the parameters"
    )
    cost, n, p = finding(proof, "f").numbers["cost"], 500, 5
    assert cost == pytest.approx(0.5 * (np.log(n / (n - p)) + (n - p) / n - 1.0), rel=1e-8)
    a = finding(proof, "a").numbers
    assert a["slope"] == pytest.approx(1.0 / (2.0 * 0.488101**2), rel=1e-5)     # sigma from the least-squares fit
    assert finding(prove(request("longley")), "d").finding == (
        "the entropy of the data is not identifiable: 16 rows are too few (at least 20)"
    )


def test_weights_and_repeated_rows_give_the_same_cells(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    x, offset = rng.integers(0, 4, 300), rng.integers(0, 2, 300)
    y = (rng.random(300) < 1 / (1 + np.exp(-(x - 1.5) / 2))).astype(int)
    weight = rng.integers(0, 4, 300)
    rows = list(zip(x, offset, y, weight, strict=True))
    weighted, repeated = tmp_path / "w.csv", tmp_path / "r.csv"
    weighted.write_text("x,o,y,w\n" + "\n".join(",".join(map(str, row)) for row in rows))
    repeated.write_text("x,o,y,w\n" + "\n".join(",".join(map(str, row)) for row in rows for _ in range(row[3])))
    one = prove(Request((str(weighted),), features=("x",), target="y", offset="o", weights="w"))
    two = prove(Request((str(repeated),), features=("x",), target="y", offset="o"))
    assert one.holds
    assert two.holds
    for key in ("d", "e"):
        assert finding(one, key).numbers == pytest.approx(finding(two, key).numbers, rel=1e-9, abs=1e-9)
    assert "8 patterns" in finding(one, "e").finding


def test_many_rows_are_sampled_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material_of, "MOST_ROWS", 1_000)
    proof = prove(request("conversions"))
    assert proof.holds
    assert "on 2000 rows sampled at random" in finding(proof, "a").finding
    assert "cells on 2000 rows sampled at random" in finding(proof, "c").finding


def doubled(right: Loss) -> Loss:
    def loss(noise: Bernoulli, y: Array, eta: Array, free: Array, order: int) -> Derivatives:
        rows = right(noise, y, eta, free, order)
        curvature = rows.curvature
        return Derivatives(2.0 * rows.value, None if rows.d1 is None else 2.0 * rows.d1,
                    None if curvature is None else lambda v: 2.0 * curvature(v))
    return loss


def smoothed(right: Loss) -> Loss:
    return lambda noise, y, eta, free, order: right(noise, 0.9 * y + 0.05, eta, free, order)


@pytest.mark.parametrize(("wrong", "failed"), [(doubled, ("a",)), (smoothed, ("=", "a", "b"))])
def test_a_wrong_loss_fails_at_what_it_breaks(
    wrong: Callable[[Loss], Loss], failed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bernoulli, "loss", wrong(Bernoulli.loss))
    proof = prove(request("conversions"))
    assert not proof.holds
    assert proof.failed == failed
    assert f"FAILS  ({failed[-1]})" in to_text(proof)


def test_a_dropped_normaliser_fails_at_the_intercept(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Gaussian.affine
    monkeypatch.setattr(Gaussian, "affine", lambda noise, free: (right(noise, free)[0], 0.0))
    assert prove(request("measurements")).failed == ("a",)


def test_exit_4_when_a_claim_fails_and_the_json_error_carries_the_proof(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(SAMPLES / "conversions.csv")
    assert main(["prove", path, "-q", "-o", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], answer["holds"], len(answer["lines"])) == ("mlefit.proof/1", True, 7)
    monkeypatch.setattr(Bernoulli, "loss", doubled(Bernoulli.loss))
    assert main(["prove", path, "-q"]) == 4
    out, err = capsys.readouterr()
    assert "FAILS  (a) NLL per row is an affine function of the loss" in out
    assert out.endswith("6 of 7 claims hold on these 2000 rows.\n")
    assert err == (
        "mlefit: the proof fails at (a) for bernoulli\n"
        "please report this together with the data: it is a defect of the "
        "model, or the problem is too ill-conditioned for 16 digits\n"
    )
    assert main(["prove", path, "-q", "-o", "json"]) == 4
    failed = json.loads(capsys.readouterr().out)
    assert (failed["schema"], failed["code"], failed["fit"]) == ("mlefit.error/1", "not-proven", None)
    assert [line["key"] for line in failed["proof"]["lines"] if line["state"] == "fails"] == ["a"]


def test_the_text_wraps_on_a_terminal_only() -> None:
    proof = prove(request("measurements"))
    lines = to_text(proof, 80).splitlines()[1:]     # the title holds a path, which stands whole
    assert max(map(len, lines)) <= 80
    assert all(line.finding in to_text(proof) for line in proof.lines)


def test_without_a_maximum_there_is_nothing_to_prove(tmp_path: Path) -> None:
    path = tmp_path / "separated.csv"
    path.write_text("x,y\n" + "\n".join(f"{k},{'b' if k > 9 else 'a'}" for k in range(20)))
    with pytest.raises(NoEstimateError) as refused:
        prove(Request((str(path),)))
    assert refused.value.code == "separation"


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_plot_marks_both_minima_at_the_bottom(ending: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"proof.{ending}"
    where = ["--plot", str(path), "--out", str(tmp_path / "t")]
    assert main(["prove", str(SAMPLES / "measurements.csv"), "-q", *where]) == 0
    assert path.stat().st_size > 5_000
    shape = prove(request("measurements"), with_slice=True).slice
    assert shape is not None
    assert shape.label == "site=c"
    assert int(np.argmin(shape.nll)) == int(np.argmin(shape.loss)) == 40
    assert shape.value[40] == pytest.approx(shape.at_mle) == pytest.approx(shape.at_loss)
    bent = np.polyfit(np.array(shape.value) - shape.at_mle, shape.loss, 2)
    assert bent[2] == pytest.approx(0.23824, rel=1e-4)      # the mean squared error of the fit, natural units


def test_a_plot_needs_a_picture_and_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError) as refused:
        check("proof.pdf")
    assert str(refused.value) == (
        '--plot: expected a file that ends in .png or .svg, found "proof.pdf"\nsuch as --plot proof.png'
    )
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("mlefit.proof.plot.find_spec", lambda name: None)
    with pytest.raises(UsageError) as refused:
        check("proof.png")
    assert str(refused.value) == '--plot needs matplotlib, which is not installed\npip install "mlefit[plot]"'
