"""Models: one for each group of rows, in one file, `mlefit.models/1`. What they share stands once, and each is read when it is
asked for.

    {"schema": "mlefit.models/1", "mlefit": ..., "by": ["shop"], "design": {...}, "models": [
     {"group": {"shop": "a"}, "fit": {...}, "design": {...}, "covariance": {...}, "sample": {...}}, ...]}

A model is the object of `mlefit.model/1` whose design has the keys of both.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mlefit.errors import UsageError
from mlefit.report.json import escaped_all, plain
from mlefit.saved.checked import Checked, bad
from mlefit.saved.model import Saved
from mlefit.saved.read import LARGEST, MOST_TERMS, OF_GROUPS, content, from_dict
from mlefit.saved.write import SCHEMA, to_dict
from mlefit.version import __version__

Key = tuple[str, ...]


class Models:
    """`by`: the columns whose values, in this order, name a model."""

    def __init__(self, by: Key, found: Mapping[Key, Mapping[str, Any]], path: str) -> None:
        self.by = by
        self._found, self._path = found, path
        self._read: dict[Key, Saved] = {}

    def of(self, key: Key) -> Saved | None:
        """The model of a group, None where there is none. Raises DataError for what is none."""
        if key not in self._found:
            return None
        if key not in self._read:
            self._read[key] = from_dict(self._found[key], self._path)
        return self._read[key]

    @property
    def first(self) -> Saved:
        """One of them, which tells what all have in common."""
        model = self.of(next(iter(self._found)))
        assert model is not None
        return model

    @property
    def fits(self) -> Iterator[tuple[Key, Any]]:
        """Of each group the `mlefit.fit/1` that its model holds, as it stands in the file."""
        return ((key, found.get("fit")) for key, found in self._found.items())


def models_of(by: Key, models: Iterable[tuple[Key, Saved]]) -> Models:
    """The models of fits, as those of a file. Raises UsageError where there is none."""
    found = {key: {**to_dict(saved), "schema": SCHEMA} for key, saved in models}
    if not found:
        raise UsageError("no group has an answer, and so no model", "the rows of the groups say why", code="no-models")
    return Models(by, found, "model")


def models_to_json(by: Key, models: Iterable[tuple[Key, Saved]]) -> str:
    """One JSON object, a model a line. Raises UsageError where it would be larger than what is read."""
    written = [(key, to_dict(saved)) for key, saved in models]
    designs = [found["design"] for _, found in written]
    shared = {name: value for name, value in designs[0].items() if all(other[name] == value for other in designs)}
    head = {"schema": OF_GROUPS, "mlefit": __version__, "by": plain(by), "design": shared}
    lines = [_line({
        "group": dict(zip(plain(by), plain(key), strict=True)), "fit": found["fit"],
        "design": {name: value for name, value in found["design"].items() if name not in shared},
        "covariance": found["covariance"], "sample": found["sample"]}) for key, found in written]
    text = _line(head)[:-1] + ', "models": [\n' + ",\n".join(lines) + "\n]}\n"
    if len(text) > LARGEST:
        raise UsageError(
            f"--save: the {len(lines):,} models take {len(text) >> 20} MB, and no file of more than {LARGEST >> 20} MB is read",
            "divide the rows, and save each part", code="too-large")
    return text


def _line(value: object) -> str:
    return escaped_all(json.dumps(value, ensure_ascii=False, allow_nan=False))


def load_any(path: str) -> Saved | Models:
    """The model, or the models of groups, in a file. Raises DataError, exit 3, for what is neither."""
    value = content(path)
    if not isinstance(value, Mapping) or value.get("schema") != OF_GROUPS:
        return from_dict(value, path)
    top = Checked(value)
    by = tuple(name.text() for name in top.key("by").items(MOST_TERMS))
    shared, found = top.key("design").object(), {}
    for one in top.key("models").items():
        group = one.key("group")
        key = tuple(group.key(name).text() for name in by)
        own = one.object()
        found[key] = {**own, "schema": SCHEMA, "mlefit": value.get("mlefit"), "design": {**shared, **one.key("design").object()}}
    if not by or not found:
        raise bad("models", "a model", "none")
    return Models(by, found, path)
