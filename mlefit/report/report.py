"""Report: everything that is said about a fit, as plain values. The renderers print it and compute nothing.

Field names are those of the JSON schema `mlefit.fit/1`; None stands where a number does not exist. Entropies and
divergences are in nats whatever unit is displayed.
"""

from typing import Literal, NamedTuple

from mlefit.options.weights_kind import WeightsKind
from mlefit.report.effect import Effect, Multiplied
from mlefit.report.information import Information
from mlefit.report.machine import Run
from mlefit.report.sparkline import Sparkline
from mlefit.report.tested import Clusters, Dependence, TermTest
from mlefit.report.view import View

SCHEMA = "mlefit.fit/1"
ABOUT = "about"                                 # notes on the figure for new rows
ALONE = "one row alone keeps it finite"


class LeftOut(NamedTuple):
    """A column that is no predictor because mlefit chose so, and why."""

    column: str
    reason: str


class Data(NamedTuple):
    """The input and its row ledger. A row counts in `dropped` under every column in which it is missing.

    `sha256` of each input, for the formats that show it; None of an object of a store, which has an `etag` and a `size` in bytes,
    which others have not. `zero_weight` of the rows dropped are complete and have weight 0;
    `trials`: what they are of a row; `zero_trials` rows have none.
    `effective_n`, of sampling weights: Kish's (sum w)^2 / sum w^2. `transform`: the function of a column that the target is.
    """

    source: tuple[str, ...]
    sha256: tuple[str | None, ...]
    rows_read: int
    rows_used: int
    rows_dropped: int
    dropped: dict[str, int]
    n: int
    weights: str | None
    offset: str | None
    target: str
    features: tuple[str, ...]
    weights_kind: WeightsKind | None = None
    zero_weight: int = 0
    effective_n: float | None = None
    left_out: tuple[LeftOut, ...] = ()
    transform: str | None = None
    trials: str | None = None
    zero_trials: int = 0
    etag: tuple[str | None, ...] = ()
    size: tuple[int | None, ...] = ()


class Model(NamedTuple):
    """What was modelled. `formula` is the right-hand side as the header shows it, such as `x1 + x2 + site`, `scale_formula` that of
    a scale that depends on predictors.

    `se`: the standard errors asked for, `se_used` those that are shown: `exact` where auto is the law of t with n - p.
    `shape_cost`: where the loss contains the shapes, the formula of what their values cost, which is added to it.
    """

    noise: str
    loss: str
    options: dict[str, str | float]
    levels: tuple[str, ...] | None
    positive: str | None
    reference: dict[str, str]
    formula: str
    se: str
    level: float
    se_used: str = "model"
    scale_formula: str | None = None
    shape_cost: str | None = None


class Parameter(NamedTuple):
    """One row of the parameter table; `term` of the right-hand side to which it belongs.

    `interval`: whether it and the p-value come from the error, or are likelihood ratios; of a sigma, whether it is that of
    normal errors or that of the fourth moment. `n_minus_p`, of a sigma: sqrt(RSS/(n - p)), where it is visibly another. At the
    `boundary` a shape is 0, or infinite with a `limit`, and its interval has one end; a parameter of a mean is at its bound.
    """

    name: str
    class_: str | None
    kind: Literal["mean", "scale", "zero", "shape"]
    state: Literal["ok", "aliased", "infinite", "diverges", "no-robust-error", "boundary"]
    estimate: float | None = None
    std_error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    limit: Literal["+inf", "-inf"] | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    loss_estimate: float | None = None
    gap_se: float | None = None
    interval: Literal["wald", "profile", "chi-squared", "fourth-moment"] | None = None
    term: str | None = None
    n_minus_p: float | None = None


class Certificate(NamedTuple):
    """What certifies an optimum; of how many searches it is the best, and how many ended at a maximum that is lower, by `behind`
    nats at least. `unique`: the law has no more than one maximum."""

    kind: str
    starts: int = 1
    lower_maxima: int = 0
    behind: float | None = None
    unique: bool = True


class Route(NamedTuple):
    """One search and its optimum. `loss` is the mean loss, `nll` nats per row, `edm` and `gradient` total nats.

    `refinement`: standard errors by which a step in twice the precision would move the optimum, where one was made.
    """

    method: str
    converged: bool
    iterations: int
    evaluations: int
    loglik: float | None
    nll: float | None
    loss: float | None
    kl: float | None
    edm: float | None
    gradient: float | None
    refinement: float | None = None
    certificate: Certificate = Certificate("EDM")


class Agreement(NamedTuple):
    """The largest gap in model standard errors, and the nats per row that the loss route's parameters cost.

    `kl_routes`: KL(model at the MLE || model at least loss), closed form, mean over rows, nats.
    """

    max_gap_se: float | None
    nll_excess: float | None
    agree: bool
    kl_routes: float | None = None


class Criteria(NamedTuple):
    """Whole-fit figures at the maximum likelihood estimate, on the rows fitted.

    `rmse` is that of a response of numbers; `accuracy`, `log_loss` (nats per row) and `auc`, of two classes, that of levels.
    `on_new_rows`: leave-one-out cross-entropy, nats per row; its note is ABOUT where it is from some of the rows or
    steps, or says why there is none, such as ALONE; `rmse_on_new_rows` and `accuracy_on_new_rows` are of the same refits.
    R1 = 1 - loss / loss of the intercept alone (Koenker and Machado 1999). Without an intercept R2 is not `r_squared_centred`:
    it compares with 0, not with the mean.
    """

    n_params: int
    loglik: float | None
    null_loglik: float | None
    r_squared: float | None
    r_squared_kind: Literal["R2", "McFadden", "R1"]
    aic: float | None
    bic: float | None
    rmse: float | None = None
    accuracy: float | None = None
    log_loss: float | None = None
    auc: float | None = None
    r_squared_centred: bool = True
    on_new_rows: float | None = None
    on_new_rows_note: str | None = None
    rmse_on_new_rows: float | None = None
    accuracy_on_new_rows: float | None = None


class Warn(NamedTuple):
    """Something the user should know although the fit stands."""

    code: str
    message: str
    columns: tuple[str, ...] = ()


class Report(NamedTuple):
    """A fit, complete or (on exit 4) as far as it exists. `notes` are sentences for stderr, and
    `sparkline` is for a terminal: neither is part of the result."""

    version: str
    status: Literal["ok", "no estimate"]
    data: Data
    model: Model
    parameters: tuple[Parameter, ...]
    mle: Route | None
    loss: Route | None
    agreement: Agreement | None
    information: Information | None
    criteria: Criteria | None
    warnings: tuple[Warn, ...]
    run: Run
    notes: tuple[str, ...] = ()
    clusters: Clusters | None = None
    terms: tuple[TermTest, ...] = ()
    dependence: Dependence | None = None
    view: View = View()
    effects: tuple[Effect, ...] | None = None
    ratios: tuple[Multiplied, ...] | None = None
    sparkline: Sparkline | None = None
