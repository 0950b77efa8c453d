"""Levels of the response: what they are called, and which stands first."""

from collections.abc import Iterable, Mapping

from mlefit.design.checks import unknown_level
from mlefit.design.levels import arranged, match, names_of
from mlefit.design.roles import MANY_LEVELS, Roles
from mlefit.noise.model import NoiseModel
from mlefit.request import Request


def level_names(levels: Iterable[str], law: NoiseModel) -> dict[str, str]:
    """What the levels of a response are called."""
    return names_of(levels, by_value=law.response.most_levels is not None)


def ordered_levels(weights: Mapping[str, float], roles: Roles, request: Request) -> tuple[str, ...]:
    """The response's levels, by the `weights` of their rows, the one that is not modelled (negative or reference) first."""
    response, target = roles.model.response, roles.columns.observed.target
    if not response.reads_levels:
        return ()
    levels = list(arranged(weights, request.orders(target).get(target, ()), target))
    rows = round(sum(weights.values()))
    if len(levels) > max(MANY_LEVELS, rows / 2):
        raise response.not_levels(roles.model.name, target, len(levels), rows)
    if response.most_levels is not None and len(levels) > response.most_levels:
        raise response.too_many_levels(roles.model.name, target, levels)
    chosen, reference = request.positive, request.reference.get(target)
    if chosen is not None and response.takes_positive:
        chosen = _known_level("--positive", chosen, levels, target)
        levels.sort(key=lambda level: level == chosen)
    if reference is not None and response.takes_reference:
        reference = _known_level(f"--reference {target}={reference}", reference, levels, target)
        levels.remove(reference)
        levels.insert(0, reference)
    return tuple(levels)


def _known_level(option: str, typed: str, levels: list[str], target: str) -> str:
    level = match(typed, levels)
    if level is None:
        raise unknown_level(option, typed, levels, target)
    return level
