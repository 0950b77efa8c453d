"""Models of other tools that are none of ours: why, and the step to take."""

from typing import NamedTuple


class Elsewhere(NamedTuple):
    """`names`: in lower case with single blanks for signs. `why` completes "is not a model of mlefit: "."""

    names: str
    why: str
    step: str


MODELS = (
    Elsewhere("glm | generalized linear model", "a generalised linear model needs the name of its law",
              "say which: -m gaussian, bernoulli, categorical, poisson or gamma"),
    Elsewhere("regression | regress | regressor | reg | classification | classifier | classify",
              "the target decides what is fitted", "`mlefit fit DATA` chooses by it, and a note says what"),
    Elsewhere("ridge | lasso | elastic net | elasticnet | glmnet | penalized | regularized | lars",
              "a penalty pulls the coefficients away from the maximum likelihood",
              "-m gaussian or bernoulli fits without a penalty; leave out predictors with -x"),
    Elsewhere("random forest | randomforest | rf | forest | tree | decision tree | cart | xgboost | xgb | gbm | lightgbm | "
              "gradient boosting | boosting | catboost | neural network | nn | mlp | svm | svr | knn | k nearest neighbors",
              "it has no likelihood with a maximum to certify",
              'bends can be fitted by splines: -f "y ~ bs(x, df=5)"; nothing stands for the rest'),
    Elsewhere("gam | spline | splines | loess | lowess | smooth", "smoothing is a penalty on bends",
              'splines with a fixed number of knots are fitted: -f "y ~ bs(x, df=5)"'),
    Elsewhere("polynomial | poly | quadratic | cubic", "a curve is a matter of the mean, not of the noise",
              'write -f "y ~ poly(x, 2)" or -f "y ~ x + I(x**2)"'),
    Elsewhere("arima | arma | ar | ar1 | arimax | sarimax | garch | ets | prophet | var | time series",
              "rows are taken as independent, and there is no law for what one leaves to the next",
              "add lagged columns to the data and use -m gaussian --se hac, whose errors allow for dependence"),
    Elsewhere("cox | coxph | cox ph | survival | survreg | aft | kaplan meier | km | hazard",
              "its laws are for durations that have ended, not for censored ones",
              "-m weibull and -m gamma fit durations that all ended; for others use R's survival"),
    Elsewhere("mixed | mixed effects | mixedlm | lmer | lmm | glmer | glmm | lme | lme4 | random effects | hierarchical | "
              "multilevel | gee | panel | fixed effects | fe | felm | feols | xtreg",
              "there are no random effects",
              "keep -m gaussian or bernoulli and add --se cluster:GROUP, or the group as a predictor: -x GROUP,..."),
    Elsewhere("tobit | heckman | truncated | censored | censreg", "values beyond a limit are taken as they are recorded",
              "-m gaussian fits them; for a law of the values behind them use R's survival or censReg"),
    Elsewhere("anova | ancova | t test | ttest | t-test | welch | manova | wilcoxon | chisq | chi square | chi2",
              "a comparison of groups is a model with the groups as predictor",
              "-m gaussian -x GROUP; the JSON has the joint test of the groups under terms"),
    Elsewhere("wls | weighted least squares", "weights are an option",
              "-m gaussian --weights COLUMN --weights-kind precision"),
    Elsewhere("gls | newey west", "dependence is an option of the errors", "-m gaussian --se hac, or --se cluster:GROUP"),
    Elsewhere("iv | 2sls | tsls | ivreg | gmm | instrumental variables", "it solves moment conditions and maximises no likelihood",
              "-m gaussian fits what instruments are meant to correct; use linearmodels or R's ivreg"),
    Elsewhere("bayes | bayesian | mcmc | stan | brms | pymc", "there are no priors",
              "the likelihood alone is -m gaussian, bernoulli, categorical, poisson or gamma"),
    Elsewhere("pca | kmeans | k means | mixture | gmm cluster | kde | factor analysis",
              "it has no target", "-x none fits one law to one column: -t COLUMN -x none"),
    Elsewhere("nls | nonlinear | curve fit | curve_fit | scipy", "means are linear in the parameters",
              'a curve that is linear in its parameters is a formula: -f "y ~ log(x) + I(x**2)"'),
)


def elsewhere(name: str) -> Elsewhere | None:
    """What is to be said of a model of another tool; None if the name is not known."""
    plain = " ".join(name.lower().replace("-", " ").replace("_", " ").split())
    return next((model for model in MODELS if plain in model.names.split(" | ") or name.lower() in model.names.split(" | ")), None)
