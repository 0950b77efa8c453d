"""An option is said once: in the annotation of the field that it fills.

    seed: Annotated[int, Option("--seed", metavar="N", help="Seed of everything simulated.", parse=whole(0))] = 0

`declared` reads the options off a record or a function. The command line, the signature of `mlefit.fit` and every `--help`
are made from that; nothing here knows which parser they end in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin

from mlefit.options.values import refused

T = TypeVar("T")
NOTHING = Parameter.empty     # no default: it must be given


class Section(IntEnum):
    """Where an option stands in `--help`; within a section options stand as they were declared."""

    PROBLEM = 0     # what is fitted to what
    ANSWER = 1      # its form, and where it goes
    READING = 2     # what a file means
    RUN = 3         # how the work is done


class Option(NamedTuple):
    """How a field is given on the command line, in one of three ways.

    A value, `parse(name, text)`, or the text itself; a list, `gather(name, texts)`, where it may be repeated; a switch,
    which puts `given` into the field. `flags`: as typed, blanks between, the full name last; none, and it is an argument,
    known by its place. Both functions raise UsageError in the words of `name`.
    """

    flags: str
    help: str
    metavar: str | None = None
    parse: Callable[[str, str], object] | None = None
    gather: Callable[[str, Sequence[str]], object] | None = None
    given: object = NOTHING
    section: Section = Section.PROBLEM

    @property
    def name(self) -> str:
        """The full name, as messages say it."""
        return self.flags.split()[-1] if self.flags else str(self.metavar)

    @property
    def switch(self) -> bool:
        """Whether it is given without a value."""
        return self.given is not NOTHING


class Fields(NamedTuple):
    """Marks a parameter whose type is a record: the options of its fields stand in its place, but for those left out."""

    without: tuple[str, ...] = ()


class Declared(NamedTuple):
    """An option where it was found: the field it fills, the plain type of that and its default, or NOTHING."""

    name: str
    option: Option
    type: Any
    default: object


def declared(made: Callable[..., object]) -> Iterator[Declared]:
    """The options that the fields of a record or the parameters of a function declare, in their order."""
    for name, parameter in signature(made).parameters.items():
        type_, mark = marked(parameter)
        if isinstance(mark, Fields):
            within = {inner.name: inner for inner in declared(type_)}
            for left_out in mark.without:
                del within[left_out]        # KeyError: the record has no such option
            yield from within.values()
        elif mark is not None:
            yield Declared(name, mark, type_, parameter.default)


def marked(parameter: Parameter) -> tuple[Any, Option | Fields | None]:
    """The plain type of a parameter and what it is marked with."""
    if get_origin(parameter.annotation) is not Annotated:
        return parameter.annotation, None
    type_, *marks = get_args(parameter.annotation)
    return type_, next((mark for mark in marks if isinstance(mark, Option | Fields)), None)


def checked(found: Declared, value: object) -> object:
    """A value as Python gives it, by the rule of the text that the command line has for it. Raises UsageError."""
    option = found.option
    if value is None and found.default is None:
        return value
    if option.switch:
        words = (found.default, option.given)
        if value not in words:
            raise refused(option.name, value, f"{words[0]!r} or {words[1]!r} in Python", "use one of them, or leave it out")
        return value
    return value if option.parse is None else option.parse(option.name, value if isinstance(value, str) else str(value))


def called(made: Callable[..., T], values: Mapping[str, object]) -> T:
    """`made` with the `values` of its options by name, those of a record within it in that; what is absent keeps its default."""
    arguments: dict[str, object] = {}
    for name, parameter in signature(made).parameters.items():
        type_, mark = marked(parameter)
        if isinstance(mark, Fields):
            arguments[name] = called(type_, values)
        elif name in values:
            arguments[name] = values[name]
    return made(**arguments)


def signed(function: Callable[..., T], parameters: Iterable[Parameter]) -> Callable[..., T]:
    """The function, which takes any keyword, under the signature that it lives up to."""
    function.__signature__ = Signature(tuple(parameters))     # type: ignore[attr-defined]    # for `inspect`, unknown to mypy
    return function
