"""The registry: one line per noise model. `models`, the command line and the contract tests iterate over it."""

from mlefit.noise.model import NoiseModel
from mlefit.noise.registry import Registry
from mlefit.noise.responses import Content

MODELS = Registry({
    "gaussian": "gaussian.Gaussian",
    "bernoulli": "bernoulli.Bernoulli",
    "binomial": "binomial.Binomial",
    "categorical": "categorical.Categorical",
    "ordinal": "ordinal.Ordinal",
    "poisson": "poisson.Poisson",
    "gamma": "gamma.Gamma",
    "heteroscedastic-gaussian": "heteroscedastic.HeteroscedasticGaussian",
    "lognormal": "lognormal.LogNormal",
    "inverse-gaussian": "inverse_gaussian.InverseGaussian",
    "exponential": "exponential.Exponential",
    "weibull": "weibull.Weibull",
    "beta": "beta.Beta",
    "negative-binomial": "negative_binomial.NegativeBinomial",
    "huber": "huber.Huber",
    "student-t": "student_t.StudentT",
    "hurdle": "hurdle.Hurdle",
    "laplace": "laplace.Laplace",
    "quantile": "quantile.Quantile",
}, written={"loss": "written_law.of_loss", "density": "written_law.of_density"})
ANSWERS = {Content.NUMBERS: "gaussian", Content.TWO_LEVELS: "bernoulli", Content.LEVELS: "categorical"}


def called_for(content: Content) -> NoiseModel:
    """The law that a column of this content calls for when the user names none."""
    return MODELS[ANSWERS[content]]
