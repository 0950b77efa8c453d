"""Differences and tests of `mlefit compare` beside those of R 4.2 (lm and anova, glm, MASS::glm.nb), on data sets of an installed R."""

from pathlib import Path

import pytest
from installed_r import data_set

import mlefit


def compared(tmp_path: Path, frame: str, **options: object) -> tuple[dict, dict]:      # type: ignore[type-arg]
    """The JSON of a comparison, and its only difference."""
    columns = data_set(frame)
    path = tmp_path / "data.csv"
    path.write_text("\n".join([",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]) + "\n", encoding="utf-8")
    found = mlefit.compare(path, **options).to_dict()
    (difference,) = found["differences"]
    return found, difference


def test_designs_of_least_squares_have_the_f_of_anova(tmp_path: Path) -> None:
    """anova(lm(log(breaks) ~ wool), lm(log(breaks) ~ wool * tension)) of warpbreaks."""
    _, found = compared(tmp_path, "warpbreaks", models=["gaussian"], formulas=["log(breaks) ~ wool", "log(breaks) ~ wool * tension"])
    assert (found["test"], found["df"]) == ("F", 4)
    assert found["statistic"] == pytest.approx(5.52170219751, rel=1e-8)
    assert found["p_value"] == pytest.approx(0.0009708608497, rel=1e-6)


def test_a_poisson_inside_a_negative_binomial_has_the_ratio_of_their_likelihoods(tmp_path: Path) -> None:
    """2 (logLik(glm.nb) - logLik(glm)) of quine; p is half that of chi-squared with 1 degree of freedom."""
    found, difference = compared(tmp_path, "MASS::quine", formulas=["Days ~ Eth + Sex + Age + Lrn"], models=["poisson", "negative-binomial"])
    assert found["order"] == ["negative-binomial", "poisson"]
    assert difference["test"] == "likelihood ratio, boundary"
    assert difference["statistic"] == pytest.approx(1192.032612, rel=1e-8)
    assert [fit["criteria"]["aic"] for fit in found["models"]] == pytest.approx([1109.15101829, 2299.18363029], rel=1e-9)


def test_designs_of_a_negative_binomial_have_the_ratio_of_anova(tmp_path: Path) -> None:
    """anova(glm.nb(Days ~ Eth + Age), glm.nb(Days ~ Eth + Sex + Age + Lrn)): 2.650185 with 2 degrees of freedom, p 0.2657784."""
    _, found = compared(tmp_path, "MASS::quine", models=["negative-binomial"],
                        formulas=["Days ~ Eth + Age", "Days ~ Eth + Sex + Age + Lrn"])
    assert (found["test"], found["df"], found["within"]) == ("likelihood ratio", 2, True)
    assert found["statistic"] == pytest.approx(2.650185, abs=1e-5)
    assert found["p_value"] == pytest.approx(0.2657784, abs=1e-6)


def test_a_logarithm_beside_the_response_has_its_jacobian_and_vuongs_z(tmp_path: Path) -> None:
    """trees: dlnorm of lm(log(Volume) ~ log(Girth) + log(Height)) beside dnorm of lm(Volume ~ Girth + Height), row by row in R."""
    found, difference = compared(tmp_path, "trees", models=["gaussian"], formulas=[
        "Volume ~ Girth + Height", "log(Volume) ~ log(Girth) + log(Height)"])
    assert [fit["routes"]["mle"]["loglik"] for fit in found["models"]] == pytest.approx([-66.0990592991, -84.4549864936], rel=1e-10)
    assert (difference["test"], difference["nested"]) == ("Vuong", False)
    figures = [difference[name] for name in ("statistic", "p_value", "nats", "std_error")]
    assert figures == pytest.approx([3.637562281207, 0.000137615326, 0.592126683695, 0.162781180890], rel=1e-7)


def test_laws_that_nearly_coincide_have_no_z(tmp_path: Path) -> None:
    """trees: gamma and lognormal, whose differences have n var(d) = 0.0134 in R, far below their 8 parameters."""
    found, difference = compared(tmp_path, "trees", models=["gamma", "lognormal"], formulas=["Volume ~ log(Girth) + log(Height)"])
    assert difference["indistinguishable"]
    assert difference["nats"] == pytest.approx(0.004786704, abs=1e-8)
    assert 31 * 31 * difference["std_error"] ** 2 == pytest.approx(0.013391121524, rel=1e-5)
    assert found["recommendation"]["strength"] == "lean"


def test_an_offset_leaves_no_rows_to_take_the_jacobian_of(tmp_path: Path) -> None:
    columns = {name: [float(value) for value in values] for name, values in data_set("trees").items()}
    found = mlefit.compare(columns, models=["gaussian"], formulas=["Volume ~ Girth", "log(Volume) ~ Girth"], offset="Height").to_dict()
    (refused,) = [fit["compared"] for fit in found["models"] if fit["compared"]["code"] is not None]
    assert (refused["formula"], refused["code"]) == ("log(Volume) ~ Girth", "not-comparable")
    assert refused["reason"] == (
        "an offset has been taken off the transformed response, and what the transformation is worth in each row is not known any "
        "more: as densities of the column itself, designs are compared without an offset")
