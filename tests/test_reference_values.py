"""Fits of data that everybody has, beside the numbers of R (glm, glm.nb, rq, VGAM, gls, glmmTMB) and statsmodels.

`reference/engel.csv`: food expenditure of 235 households (Engel 1857), in the public domain, as statsmodels has it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from installed_r import data_set
from well_known import WARPBREAKS

import mlefit

ENGEL = str(Path(__file__).parent / "reference" / "engel.csv")
DIGITS = 1e-9       # relative, of what R prints to twelve digits


def fitted(data: Any, formula: str, model: str, **options: Any) -> tuple[dict[str, float], dict[str, Any]]:
    """Estimates by name, and the whole fit."""
    found = mlefit.fit(data, formula=formula, model=model, kl=False, **options).to_dict()
    return {p["name"]: p["estimate"] for p in found["parameters"]}, found


@pytest.fixture(scope="module")
def absences() -> dict[str, Any]:
    """Days absent from school (Quine, in Aitkin 1978)."""
    table = data_set("MASS::quine")
    return {**table, "Days": [int(days) for days in table["Days"]]}


def close(mine: Any, theirs: Any, rel: float = DIGITS) -> bool:
    return bool(mine == pytest.approx(theirs, rel=rel))


def test_poisson_counts_of_days_absent(absences: dict[str, Any]) -> None:
    b, fit = fitted(absences, "Days ~ Eth + Sex + Age + Lrn", "poisson")
    assert close([b["(Intercept)"], b["Eth=N"], b["Sex=M"], b["Age=F1"]],
                 [2.71538021895, -0.53360432525, 0.16159658907, -0.33390136411])
    assert close(fit["criteria"]["loglik"], -1142.59181514)
    assert close(2.0 * 146 * fit["routes"]["mle"]["loss"], 1696.70655249)      # the deviance
    b, fit = fitted(absences, "Days ~ 1", "poisson")
    assert close([np.exp(b["(Intercept)"]), fit["criteria"]["loglik"]], [16.45890411, -1331.00491938])


def test_poisson_breaks_of_yarn() -> None:
    b, fit = fitted(WARPBREAKS, "breaks ~ wool*tension", "poisson", reference={"tension": "L"})
    names = ("(Intercept)", "wool=B", "tension=M", "tension=H", "wool=B:tension=M", "wool=B:tension=H")
    assert close([b[name] for name in names], [
        3.79673684998, -0.45662716029, -0.61868301963, -0.59579872579, 0.63817681431, 0.18836317369])
    assert close(fit["criteria"]["loglik"], -228.48460447)


def test_negative_binomial_counts_of_days_absent(absences: dict[str, Any]) -> None:
    b, fit = fitted(absences, "Days ~ Eth + Sex + Age + Lrn", "negative-binomial")
    alpha = fit["parameters"][-1]
    assert close([alpha["estimate"], alpha["std_error"], 1.0 / alpha["estimate"]], [0.7843797702, 0.0990840165, 1.2748926451], 1e-8)
    assert close(fit["criteria"]["loglik"], -546.57550914)
    b, fit = fitted(absences, "Days ~ 1", "negative-binomial")
    theta = 1.0 / b["alpha"]
    assert close([b["(Intercept)"], theta], [2.80086661, 1.06678458], 1e-8)
    assert close(theta * theta * fit["parameters"][-1]["std_error"], 0.12922087, 1e-4)
    assert close(fit["criteria"]["loglik"], -559.13348135)


def test_binomial_cases_of_cancer() -> None:
    table = data_set("transform(datasets::esoph, age = as.integer(agegp), alcohol = as.integer(alcgp))")     # Breslow and Day 1980
    rows = {name: [int(cell) for cell in table[name]] for name in ("age", "alcohol", "ncases", "ncontrols")}
    b, fit = fitted(rows, "ncases ~ age + alcohol", "binomial", trials="ncases+ncontrols")
    assert close(list(b.values()), [-6.228393746, 0.692012027, 1.136089222])
    assert close(fit["criteria"]["loglik"], -122.434457798)


QUANTILES = {       # coefficients, the least sum of losses, log-likelihood, and errors: iid, nid, ker
    0.25: ((95.48353963, 0.47410321), 7082.31589897, -1428.740581896,
           ((15.8619077, 0.0142807), (21.3923698, 0.0290553), (24.1639195, 0.0295488))),
    0.5: ((81.48224742, 0.56018055), 8779.96632381, -1411.630124040,
          ((13.2390797, 0.0119193), (19.2506603, 0.0282772), (30.2153159, 0.0373170))),
    0.9: ((67.35087208, 0.68629948), 3391.98371103, -1428.219617970,
          ((20.5673982, 0.0185171), (22.3953831, 0.0284907), (22.5691951, 0.0279602))),
}


@pytest.mark.parametrize("tau", QUANTILES)
def test_quantiles_of_food_expenditure(tau: float) -> None:
    beta, rho, loglik, errors = QUANTILES[tau]
    for se, theirs in zip(("iid", "nid", "ker"), errors, strict=True):
        b, fit = fitted(ENGEL, "foodexp ~ income", f"quantile:tau={tau}", se=se)
        assert close([b["(Intercept)"], b["income"]], beta, 1e-8)
        assert close([235 * fit["routes"]["mle"]["loss"], fit["criteria"]["loglik"]], [rho, loglik])
        assert close([p["std_error"] for p in fit["parameters"][:2]], theirs, 5e-6)


def test_absolute_errors_of_food_expenditure() -> None:
    b, fit = fitted(ENGEL, "foodexp ~ income", "laplace")
    assert close([b["(Intercept)"], b["income"]], [81.48224742, 0.56018055], 1e-8)
    assert close([b["b"], fit["criteria"]["loglik"]], [74.723117648, -1411.63012404])


@pytest.mark.parametrize(("model", "estimates", "loglik"), [
    ("huber", [99.37660287, 0.53689257, np.exp(4.39618666)], -1412.7167089835),
    ("student-t:df=3", [80.1997133, 0.5618032, 67.5041614], -1404.39762048),
    ("student-t", [81.176279, 0.56038385, 68.769160, 3.249842], -1404.33144592),
])
def test_robust_fits_of_food_expenditure(model: str, estimates: list[float], loglik: float) -> None:
    b, fit = fitted(ENGEL, "foodexp ~ income", model)
    assert close(list(b.values()), estimates, 5e-7)      # VGAM stops that far off
    assert close(fit["criteria"]["loglik"], loglik)


@pytest.mark.parametrize(("scale", "estimates", "loglik"), [
    ("~ income", [62.89412, 0.58153956, 3.351889, 0.0010070551], -1353.65455015),
    ("~ log(income)", [59.0981690, 0.58383985, -3.7158370, 1.1868246], -1352.91588901),
])
def test_the_spread_of_food_expenditure(scale: str, estimates: list[float], loglik: float) -> None:
    _, fit = fitted(ENGEL, "foodexp ~ income", "gaussian", scale_formula=scale)
    assert close([p["estimate"] for p in fit["parameters"]], estimates, 1e-6)
    assert close(fit["criteria"]["loglik"], loglik)
