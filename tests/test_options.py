"""An option is said once: commands, `--help` and the Python function are made from the fields of the request."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Annotated, Any

import pytest
import typer
from report_samples import GAUSSIAN

import mlefit
from mlefit import api
from mlefit.cli.app import app
from mlefit.cli.command import command
from mlefit.cli.fit import fit
from mlefit.cli.prove import prove
from mlefit.errors import UsageError
from mlefit.options.declaration import NOTHING, Declared, Fields, Option, Section, called, declared
from mlefit.options.values import as_typed, whole
from mlefit.request import Request
from mlefit.source.options import ReadOptions

OPTIONS = {found.name: found for found in declared(Request)}
OWN = {"fit": {"save", "allow_failures", "format_", "require", "out", "quiet"}, "prove": {"plot", "format_", "out", "quiet"}}
LEFT_OUT = {"fit": set(), "prove": {"se", "level", "unit", "draws", "kl", "holdout", "detail", "effects", "exponentiate", "sort", "by"}}


@dataclass(frozen=True, slots=True)
class Wider(Request):
    """A request with options of a later version."""

    colour: Annotated[str | None, Option("-c --colour", metavar="NAME", help="Of the walls.")] = None
    doors: Annotated[int, Option("--doors", metavar="N", help="In the walls.", parse=whole(1), section=Section.RUN)] = 2
    guests: Annotated[tuple[str, ...], Option("--guest", metavar="NAME", help="Repeatable.", gather=as_typed)] = ()
    heated: Annotated[bool, Option("--cold", help="No fire.", given=False)] = True


def parameters(name: str) -> dict[str, Any]:
    """The parser's parameters of a command, by name."""
    group: Any = typer.main.get_command(app)
    return {parameter.name: parameter for parameter in group.get_command(None, name).params}


def run(body: Callable[..., None], *arguments: str) -> None:
    """The arguments through a parser that knows this command alone."""
    one = typer.Typer(rich_markup_mode=None, add_completion=False)
    one.command()(command(body))
    typer.main.get_command(one).main(list(arguments), prog_name="walls", standalone_mode=False)


def test_every_field_of_a_request_is_an_option_or_a_record_of_options_but_for_what_commands_set() -> None:
    names = (signature(Request).parameters.keys() | signature(ReadOptions).parameters.keys()) - {"read", "digest", "flowing", "beside", "screen"}
    assert OPTIONS.keys() == names


@pytest.mark.parametrize(("name", "body"), [("fit", fit), ("prove", prove)])
def test_a_command_has_each_option_of_the_request_once_and_its_own(name: str, body: Callable[..., None]) -> None:
    found = parameters(name)
    assert found.keys() == OPTIONS.keys() - LEFT_OUT[name] | OWN[name]
    flags = [flag for parameter in found.values() if parameter.param_type_name == "option" for flag in parameter.opts]
    assert len(flags) == len(set(flags))
    for option in declared(body):
        parameter = found[option.name]
        assert parameter.help == option.option.help
        assert parameter.opts == (option.option.flags.split() or [option.name])
        assert parameter.metavar == option.option.metavar


@pytest.mark.parametrize("name", ["fit", "prove"])
def test_help_shows_the_sections_in_their_order(name: str) -> None:
    body = {"fit": fit, "prove": prove}[name]
    sections = {found.name: found.option.section for found in declared(body)}
    shown = [sections[parameter] for parameter in parameters(name)]
    assert shown == sorted(shown)
    assert set(shown) == set(Section)


@pytest.mark.parametrize("found", [*declared(fit), *declared(prove)], ids=lambda found: found.option.name)
def test_an_option_takes_its_field_in_one_way(found: Declared) -> None:
    option = found.option
    ways = [option.parse is not None, option.gather is not None, option.switch]
    assert sum(ways) <= 1
    assert option.switch == (option.metavar is None)
    assert callable(option.parse or len)        # a field's own name would stand for its default within its annotation
    assert callable(option.gather or len)


@pytest.mark.parametrize("found", [
    found for found in (*declared(fit), *declared(prove))
    if found.option.parse is not None and found.default is not None
], ids=lambda found: found.option.name)
def test_a_default_typed_out_is_the_default(found: Declared) -> None:
    assert found.option.parse is not None
    assert found.option.parse(found.option.name, str(found.default)) == found.default


def test_the_python_function_takes_the_options_of_a_request_by_their_names() -> None:
    keywords = dict(signature(mlefit.fit).parameters)
    assert list(keywords)[:4] == ["data", "target", "features", "model"]
    assert keywords.pop("read").default is None
    assert keywords.keys() == OPTIONS.keys()
    for name, keyword in keywords.items():
        assert keyword.default == OPTIONS[name].default
        by_name = Parameter.POSITIONAL_OR_KEYWORD if name in api.FIRST else Parameter.KEYWORD_ONLY
        assert keyword.kind == by_name


SENT = {
    "features": ("a",), "reference": {"g": "b"}, "intercept": False, "header": False, "na": ("?",), "weights_kind": "precision",
    "missing": "error", "se": "hc2", "intervals": "profile", "level": 0.9, "unit": "bits", "seed": 3, "kl": False, "draws": 7,
    "partition": 100, "insecure": True, "holdout": 0.3, "detail": True, "sort": True, "effects": True, "exponentiate": True, "engine": "stream", "threads": 1, "delimiter": ";", "encoding": "utf-8", "decimal": ",", "skip": 2, "memory": 200,
    "start": {"a": 1.0}, "start_only": True, "bounds": {"a": (0.0, 1.0)}, "levels": {"g": ("b", "a")}, "types": (("g", "text"),), "order": ("b", "a"),
}


@pytest.mark.parametrize("name", [name for name in OPTIONS if name not in ("data", "by")])
def test_every_keyword_of_the_python_function_reaches_the_request(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[Request] = []
    monkeypatch.setattr(api, "run", lambda request, keep: (requests.append(request), keep(None), GAUSSIAN)[2])
    value = SENT.get(name, f"a {name}")
    mlefit.fit("d.csv", **{name: value})
    read = {"digest": True, **({name: value} if name in ReadOptions._fields else {})}
    asked = {} if name in ReadOptions._fields else {name: value}
    assert requests == [Request(("d.csv",), read=ReadOptions(**read), **asked)]


def test_the_python_function_reads_by_a_record_and_by_options_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[Request] = []
    monkeypatch.setattr(api, "run", lambda request, keep: (requests.append(request), keep(None), GAUSSIAN)[2])
    mlefit.fit(["a.csv", "b.csv"], "y", ["x"], "gaussian", reference=None, read=ReadOptions(delimiter=";"), decimal=",")
    assert requests == [Request(
        ("a.csv", "b.csv"), model="gaussian", target="y", features=("x",),
        read=ReadOptions(delimiter=";", decimal=",", digest=True),
    )]


@pytest.mark.parametrize("name", ["bits", "no_intercept", "digest", "quiet"])
def test_the_python_function_refuses_what_is_no_option(name: str) -> None:
    with pytest.raises(TypeError, match=rf"^fit\(\) got an unexpected keyword argument '{name}'$"):
        mlefit.fit("d.csv", **{name: True})


def test_a_new_field_is_an_option_of_every_command_made_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    met: list[Wider] = []

    def build(request: Annotated[Wider, Fields()]) -> None:
        """Build walls."""
        met.append(request)

    def paint(request: Annotated[Wider, Fields(without=("doors", "seed"))]) -> None:
        """Paint walls."""
        met.append(request)

    run(build, "d.csv", "-c", "red", "--doors", "3", "--guest", "a", "--guest", "b", "--cold")
    run(build, "d.csv")
    assert met == [Wider(("d.csv",), colour="red", doors=3, guests=("a", "b"), heated=False), Wider(("d.csv",))]
    run(build, "--help")
    lines = capsys.readouterr().out.splitlines()
    assert "  -c, --colour NAME         Of the walls." in lines
    assert "  --doors N                 In the walls.  [default: 2]" in lines
    run(paint, "--help")
    text = capsys.readouterr().out
    assert "--colour" in text
    assert "--doors" not in text
    assert "--seed" not in text
    with pytest.raises(mlefit.UsageError, match=r'^--doors: expected a whole number >= 1, found "0"\n'):
        run(build, "d.csv", "--doors", "0")


def test_what_is_left_out_of_a_command_must_be_there() -> None:
    def build(request: Annotated[Wider, Fields(without=("color",))]) -> None:
        """Build walls."""

    with pytest.raises(KeyError, match="color"):
        command(build)


def test_a_new_field_is_a_keyword_of_the_python_function_made_from_it() -> None:
    assert {keyword.name for keyword in api.keywords(Wider)} - OPTIONS.keys() == {
        "colour", "doors", "guests", "heated", "read"}


def test_what_is_not_said_keeps_its_default_and_a_record_within_takes_its_own() -> None:
    assert called(Request, {"data": ("d.csv",), "decimal": ",", "seed": 3}) == Request(
        ("d.csv",), seed=3, read=ReadOptions(decimal=","))
    assert OPTIONS["data"].default is NOTHING


@pytest.mark.parametrize(("given", "message", "remedy"), [
    ({"intervals": "bogus"}, '--intervals: expected wald or profile, found "bogus"', "such as --intervals wald"),
    ({"missing": "x"}, '--missing: expected drop or error, found "x"', "such as --missing drop"),
    ({"unit": "bit"}, "--bits: expected 'nats' or 'bits' in Python, found \"bit\"", "use one of them, or leave it out"),
    ({"intercept": "no"}, '--no-intercept: expected True or False in Python, found "no"', "use one of them, or leave it out"),
    ({"level": 1.5}, '--level: expected a number between 0 and 1, found "1.5"', "such as --level 0.95"),
    ({"seed": 1.5}, '--seed: expected a whole number >= 0, found "1.5"', "such as --seed 1"),
    ({"memory": "much"}, '--memory: expected a size, found "much"', "such as --memory 200MB or --memory 1.5GiB"),
    ({"reference": "g"}, '--reference: expected a mapping of columns to levels, found "g"', 'such as reference={"site": "a"}'),
])
def test_the_python_function_refuses_what_the_command_line_refuses(given: dict[str, Any], message: str, remedy: str) -> None:
    data = {"x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.5, 3.0, 4.5]}
    with pytest.raises(UsageError) as refused:
        mlefit.fit(data, "y", **given)
    assert (refused.value.message, refused.value.remedy) == (message, remedy)
