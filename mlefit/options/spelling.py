"""Spelling: a record of options as somebody would type it on the command line."""

from collections.abc import Iterator, Mapping

from mlefit.options.declaration import Declared, declared


def arguments(record: object, without: tuple[str, ...] = ()) -> list[str]:
    """The options of a record whose values are not the defaults, each as words; those of fields `without` left out."""
    return [word for option in declared(type(record)) if option.name not in without for word in _words(option, record)]


def _words(option: Declared, record: object) -> Iterator[str]:
    value = getattr(record, option.name, option.default)
    flags = option.option.flags.split()
    if value == option.default or value is None:
        return
    if not flags:
        yield from map(str, value) if isinstance(value, tuple) else ()
        return
    flag = flags[0]
    if option.option.switch:
        yield flag
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from (flag, f"{name}={one}")
    elif isinstance(value, tuple):
        yield from _list(flag, [str(one) for one in value])
    else:
        yield from (flag, str(value).removesuffix(".0") if isinstance(value, float) else str(value))


def _list(flag: str, values: list[str]) -> Iterator[str]:
    """In one word where no value holds a comma; none: `none`."""
    if any("," in value for value in values):
        for value in values:
            yield from (flag, value)
    else:
        yield from (flag, ",".join(values) or "none")
