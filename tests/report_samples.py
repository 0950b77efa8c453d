"""Reports built by hand, for the renderers and the command line to print."""

from typing import Any

from mlefit.report.information import Divergence, Holdout, Information, NullLaw
from mlefit.report.machine import Machine, Run
from mlefit.report.report import (
    Agreement,
    Criteria,
    Data,
    Model,
    Parameter,
    Report,
    Route,
    Warn,
)


def replace(record: Any, **changes: Any) -> Any:
    """The record with some fields changed."""
    return record._replace(**changes)

RUN = Run(seed=0, threads=None, engine=None, python="3.11", numpy="2.4", scipy="1.17", machine=Machine(2, "memory"))


def mean(name: str, estimate: float, error: float, class_: str | None = None) -> Parameter:
    """A mean parameter with the interval and the statistic that its error implies, and a gap of rounding noise."""
    return Parameter(
        name, class_, "mean", "ok", estimate, error, estimate - 1.96 * error, estimate + 1.96 * error, None,
        estimate / error, None, 0.0, estimate, 3e-12,
    )


GAUSSIAN = Report(
    version="0.1.0", status="ok",
    data=Data(("measurements.csv",), ("ab" * 32,), 503, 500, 3, {"x2": 3}, 500, None, None, "y", ("x1", "x2", "site")),
    model=Model("gaussian", "mean squared error", {}, None, None, {"site": "a"}, "x1 + x2 + site", "auto", 0.95, "exact"),
    parameters=(
        mean("(Intercept)", 1.0213, 0.0432), mean("x1", 2.0184, 0.0211), mean("x2", -0.50712, 0.0203),
        mean("site=b", 0.3301, 0.0613),
        Parameter("sigma", None, "shape", "ok", 0.4871, 0.0153, 0.4581, 0.5182, None, None, None, None, 0.4871, 1e-13),
    ),
    mle=Route("trust-exact", True, 6, 7, -349.6571, 0.6993142, 0.23711841, 0.0042133, 1e-17, 1e-11),
    loss=Route("L-BFGS-B", True, 9, 11, -349.6571, 0.6993142, 0.23711841, 0.0042133, 2e-16, 1e-9),
    agreement=Agreement(3e-12, 1e-16, True, 2e-17),
    information=Information(
        "nats", 0.6993142, 0.6951009, "tapered spacings of the residuals, n = 500",
        Divergence(
            raw=0.0042133, misfit=0.0061, ci_low=-0.001, null_low=-0.0061, null_high=0.0043,
            p_value=0.31, ad_p_value=0.4, verdict_p_value=0.67, bound="lower", verdict="no misfit detected",
            verdict_code="none", part_p_values={"structure": 0.31, "spread": 0.55, "shape": 0.4},
            looked_at="mean (splines, products, runs), spread, shape", null=NullLaw("law", 0, -0.0019),
            detection_limit=0.0101, draws=199, n_used=500,
            parts={"structure": 0.004, "shape": -0.001, "spread": 0.0031}, sd_equivalent=0.11, rows_20to1=491.1,
        ),
        explained=1.0231, expected_tic=0.7091, expected_aic=0.7093, holdout=Holdout(
            0.2, 130, 125, 0.7213, 0.0645, not_scored=5, rmse=0.4912, r_squared=0.8631),
    ),
    criteria=Criteria(5, -349.6571, -861.2, 0.871, "R2", 709.3142, 730.3872, rmse=0.48695, on_new_rows=0.7102),
    warnings=(), run=RUN, notes=("the target is y, the last column",),
)

BERNOULLI = Report(
    version="0.1.0", status="ok",
    data=Data(("-",), ("cd" * 32,), 2000, 2000, 0, {}, 2000, None, "log(visits)", "bought", ("age",)),
    model=Model("bernoulli", "binary cross-entropy", {}, ("no", "yes"), "yes", {}, "age", "robust", 0.9, "hc3"),
    parameters=(mean("(Intercept)", -1.0213, 0.0432), mean("age", 0.0184, 0.0021)),
    mle=Route("trust-exact", True, 6, 7, -1180.123, 0.5900615, 0.5900615, None, 1e-17, 1e-11),
    loss=Route("L-BFGS-B", True, 9, 11, -1180.123, 0.5900615, 0.5900615, None, 3e-11, 1e-9),
    agreement=Agreement(2.4e-8, 1e-16, True),
    information=Information(
        "bits", 0.5900615, None, None, Divergence(reason="no two rows share their predictors", upper=0.5900615)),
    criteria=Criteria(
        2, -1180.123, -1201.5, 0.01779, "McFadden", 2364.246, 2375.448, accuracy=0.6705, log_loss=0.5900615, auc=0.58613,
        on_new_rows=0.5921, on_new_rows_note="about"),
    warnings=(Warn("collinear", "column age2 repeats age and was left out", ("age2",)),), run=RUN,
)

CATEGORICAL = Report(
    version="0.1.0", status="ok",
    data=Data(("species.csv",), ("ef" * 32,), 600, 600, 0, {}, 600, None, None, "species", ("petal",)),
    model=Model(
        "categorical", "categorical cross-entropy", {}, ("setosa", "versicolor", "virginica"), None,
        {"species": "setosa"}, "petal", "auto", 0.95,
    ),
    parameters=(
        mean("(Intercept)", -10.21, 1.43, "versicolor"), mean("petal", 4.184, 0.612, "versicolor"),
        mean("(Intercept)", -20.21, 2.03, "virginica"), mean("petal", 7.184, 0.712, "virginica"),
    ),
    mle=Route("trust-exact", True, 8, 9, -120.5, 0.2008333, 0.2008333, 0.0, 1e-17, 1e-11),
    loss=Route("L-BFGS-B", True, 19, 21, -120.5, 0.2008333, 0.2008333, 0.0, 2e-16, 1e-9),
    agreement=Agreement(3e-12, 1e-16, True),
    information=Information("nats", 0.2008333, 0.2008333, "plug-in", Divergence(raw=0.0, bound="saturated", verdict_code="saturated")),
    criteria=Criteria(4, -120.5, -659.17, 0.8172, "McFadden", 249.0, 266.588, accuracy=0.925, log_loss=0.2008333),
    warnings=(), run=RUN,
)

PARTIAL = replace(
    BERNOULLI, status="no estimate", mle=None, loss=None, agreement=None, information=None, criteria=None,
    parameters=(
        Parameter("(Intercept)", None, "mean", "infinite", limit="-inf"),
        Parameter("age", None, "mean", "infinite", limit="+inf"),
        Parameter("age2", None, "mean", "aliased"), mean("height", 0.5, 0.25),
    ),
)
