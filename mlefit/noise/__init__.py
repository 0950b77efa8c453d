"""The registry: one line per noise model. `models`, the command line and the contract tests iterate over it."""

from collections.abc import Callable, Mapping

from mlefit.errors import UsageError
from mlefit.noise.bernoulli import Bernoulli
from mlefit.noise.categorical import Categorical
from mlefit.noise.gamma import Gamma
from mlefit.noise.gaussian import Gaussian
from mlefit.noise.model import NoiseModel
from mlefit.noise.poisson import Poisson
from mlefit.noise.responses import Content

MODELS: Mapping[str, type[NoiseModel]] = {model.name: model for model in (
    Gaussian,
    Bernoulli,
    Categorical,
    Poisson,
    Gamma,
)}
CALLED_FOR: Mapping[Content, type[NoiseModel]] = {
    model.answers: model for model in MODELS.values() if model.answers is not None
}


def find(name: str) -> type[NoiseModel]:
    """The model of this name. Raises UsageError with the nearest name for anything else."""
    from difflib import get_close_matches

    if name in MODELS:
        return MODELS[name]
    plain = name.strip().lower()
    owners = {alias: model.name for model in MODELS.values() for alias in (model.name, *model.aliases)}
    near = get_close_matches(plain, owners, n=1, cutoff=0.6)
    hint = f"did you mean {owners[near[0]]}? " if near else ""
    raise UsageError(
        f'--model: "{name}" is not a model of mlefit',
        f"{hint}the models are {', '.join(MODELS)}; `mlefit models` describes them",
        code="unknown-model",
    )


def names(having: Callable[[type[NoiseModel]], bool]) -> str:
    """The models that have a fact, for a message."""
    return ", ".join(name for name, model in MODELS.items() if having(model))
