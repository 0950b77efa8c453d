"""Law: the noise model of a request, as it was asked for or as the response calls for it."""

from mlefit.design.checks import check_numbers
from mlefit.design.transform import Transform
from mlefit.errors import DataError, UsageError
from mlefit.noise import MODELS, called_for
from mlefit.noise.model import NoiseModel
from mlefit.noise.responses import Content
from mlefit.request import Request
from mlefit.source.cells import WHOLE
from mlefit.source.source import Kind, Source

CATEGORICAL_LEVELS = 50   # a text response with more levels needs --model to be a response at all
FEWEST, FEW, CODE = 3, 10, 20     # so many different whole numbers, none larger than the last, may be codes


def model_of(
    source: Source, request: Request, target: str, asked: NoiseModel | None, transform: Transform | None
) -> tuple[NoiseModel, list[str]]:
    """The model asked for, or the one that the response calls for. Raises UsageError for a function of levels."""
    if asked is None and request.trials is not None:
        asked = next(law for law in MODELS.values() if law.response.of_trials)
        return asked, [f"model: {asked.name}, because of --trials; --model names another."]
    if asked is not None:
        asked, more = _counting(asked, request)
        if transform is not None and asked.response.reads_levels:
            raise UsageError(f"--target {transform.label(target)}: {asked.name} takes levels, of which there is no function",
                             "name the column itself", code="options-contradict")
    if transform is not None:
        check_numbers(source, target, transform.label(target))
    return _called_for(source, target, transform) if asked is None else (asked, more)


def _counting(asked: NoiseModel, request: Request) -> tuple[NoiseModel, list[str]]:
    """The law asked for, that of single trials or of several as the rows have them, and what is to be said of it."""
    if asked.single is not None and request.trials is None:
        return asked.single, [f"model: {asked.name} without --trials is {asked.single.spelt}: each row is one trial."]
    if asked.several is not None and request.trials is not None:
        return asked.several, [f"model: {asked.name} with --trials is {asked.several.spelt}: the target counts successes."]
    return asked, [*MODELS.renamed(str(request.law))]


def _called_for(source: Source, target: str, transform: Transform | None) -> tuple[NoiseModel, list[str]]:
    """The model that the response calls for."""
    kind, distinct = source.kinds[target], source.distinct.get(target)
    few = 0 if distinct is None else len(distinct)
    if transform is not None:
        content, target = Content.NUMBERS, transform.label(target)
        model = called_for(content)
        return model, [f'model: {model.name}, because of the target "{target}" ({content.value}); --model names another.']
    if kind is Kind.BOOLEAN or few == 2:
        content = Content.TWO_LEVELS
    elif kind is Kind.NUMBER:
        content = Content.NUMBERS
    elif kind is Kind.TEXT and 1 <= few <= CATEGORICAL_LEVELS:
        content = Content.LEVELS
    else:
        many = f" with more than {CATEGORICAL_LEVELS} levels" if kind is Kind.TEXT else ""
        raise DataError(f'column "{target}" holds {kind.value}{many}: no model takes it as target',
                        "name the response with --target, or the model with --model", code="no-model", columns=[target])
    model, why = called_for(content), content.value.format(count=few)
    if content is Content.LEVELS:
        from mlefit.design.scales import ordered

        if ordered(distinct or ()):
            why += f": ordered? -m {next(name for name, law in MODELS.items() if law.response.ordered)}"
    codes = few_whole(source, target) if content is Content.NUMBERS else 0
    if codes:
        why = f"{codes} distinct whole numbers: categories? -m {called_for(Content.LEVELS).name}"
    return model, [f"model: {model.name} (target: {why}); --model names another."]


def few_whole(source: Source, name: str) -> int:
    """How many different whole numbers a column holds that may be codes; 0 where they are none, or too many or too few."""
    levels = source.glimpse.get(name) or ()
    few = FEWEST <= len(levels) <= FEW and all(WHOLE.fullmatch(level) and 0 <= int(level) <= CODE for level in levels)
    return len(levels) if few and source.kinds[name] is Kind.NUMBER else 0
