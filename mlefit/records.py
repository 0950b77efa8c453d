"""record: a frozen dataclass for which no code is compiled.

`dataclasses.dataclass` writes a class's methods as text and compiles them at every start: 0.4 ms for each record, and a fit
declares a hundred. These have the same fields, arguments, defaults, equality and `__post_init__`, by methods written once.
`dataclasses.replace`, `fields` and `asdict` work as ever, and type checkers see a dataclass. An instance takes a microsecond
longer to make, and `inspect.signature` does not know its arguments. What derives from a dataclass has to be one too.
"""

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, fields
from dataclasses import dataclass as plain
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    T = TypeVar("T")

    def record(*, frozen: bool, eq: bool = True) -> Callable[[type[T]], type[T]]:
        """A decorator: the class as a record of its annotated fields; equal to another of equal fields unless `eq` is False."""
        assert frozen, "a record that may change is a dataclass"
        return lambda made: _made(made, eq)

    def _made(made: type[T], eq: bool) -> type[T]:
        own = dict(vars(made))
        plain(init=False, repr=False, eq=False)(made)
        methods = {"__init__": _initialiser(made), "__repr__": _shown, "__setattr__": _frozen, "__delattr__": _frozen}
        if eq:
            methods |= _comparison(tuple(field.name for field in fields(made) if field.compare))
        for name, method in methods.items():
            if name not in own or own[name] is None:
                setattr(made, name, method)
        return made

    def _initialiser(made: type) -> Callable[..., None]:
        taken = [field for field in fields(made) if field.init]
        names, known = tuple(field.name for field in taken), frozenset(field.name for field in taken)
        factories = {field.name: field.default_factory for field in fields(made) if field.default_factory is not MISSING}
        defaults = {field.name: field.default for field in taken if field.default is not MISSING}
        needed = [name for name in names if name not in defaults and name not in factories]
        after = getattr(made, "__post_init__", None)
        simple = range(len(needed), len(names) + 1) if not factories else ()     # so many values need no further look

        def init(self: Any, *values: Any, **named: Any) -> None:
            if len(values) in simple and not named:
                given = self.__dict__
                if defaults:
                    given.update(defaults)
                given.update(zip(names, values))  # noqa: B905  values may be fewer, and to say so takes time
            else:
                self.__dict__.update(filled(values, named))
            if after is not None:
                after(self)

        def filled(values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
            """Every field's value, with the defaults of those that are not given."""
            given = dict(zip(names, values, strict=False))
            if len(values) > len(names) or not named.keys() <= known or not named.keys().isdisjoint(given):
                raise TypeError(f"{made.__name__} takes {', '.join(names)}, each once")
            given.update(named)
            if lacking := [name for name in needed if name not in given]:
                raise TypeError(f"{made.__name__} lacks {', '.join(lacking)}")
            for name, factory in factories.items():
                if name not in given:
                    given[name] = factory()
            return {**defaults, **given}

        return init

    def _comparison(names: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
        """Equality and hash by the values of these fields."""

        def values(one: Any) -> tuple[Any, ...]:
            return tuple(getattr(one, name) for name in names)

        def equal(self: Any, other: object) -> bool:
            return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

        return {"__eq__": equal, "__hash__": lambda self: hash(values(self))}

    def _shown(self: Any) -> str:
        said = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.repr)
        return f"{type(self).__qualname__}({said})"

    def _frozen(self: Any, name: str, *_: object) -> NoReturn:
        raise FrozenInstanceError(f"a {type(self).__name__} cannot be changed: {name}")
