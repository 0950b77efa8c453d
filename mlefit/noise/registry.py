"""Registry: laws by name, each in a file that is loaded when it is asked for."""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING

from mlefit.errors import UsageError
from mlefit.noise.model import NoiseModel
from mlefit.noise.options import read

if TYPE_CHECKING:
    from mlefit.noise.elsewhere import Elsewhere


_CALLED = re.compile(r"[ _-](?:regression|model|noise|distribution|law)$")       # what people add to a name


class Registry(MutableMapping[str, NoiseModel]):
    """Laws as they are without options. `classes`: by name, `file.Class` in this room; `written`: those that an expression after
    the name makes, `file.function`."""

    def __init__(self, classes: Mapping[str, str], written: Mapping[str, str]) -> None:
        self._laws: dict[str, NoiseModel | str] = dict(classes)
        self._written = dict(written)

    def __getitem__(self, name: str) -> NoiseModel:
        found = self._laws[name]
        if isinstance(found, str):
            file, _, made = found.partition(".")
            found = self._laws[name] = getattr(import_module(f"mlefit.noise.{file}"), made)()
        return found

    def __setitem__(self, name: str, law: NoiseModel) -> None:
        self._laws[name] = law

    def __delitem__(self, name: str) -> None:
        del self._laws[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._laws)

    def __len__(self) -> int:
        return len(self._laws)

    def find(self, text: str, prefix: str) -> NoiseModel:
        """The law that `NAME[:option=value,...]` names, by any name. Raises UsageError, after `prefix`, with the nearest."""
        name, colon, options = text.partition(":")
        if colon and name in self._written:
            file, _, made = self._written[name].partition(".")
            law: NoiseModel = getattr(import_module(f"mlefit.noise.{file}"), made)(options)
            return law
        meaning = self.meaning(name)
        if meaning is None:
            raise self._unknown(name, prefix)
        name, _, fixed = meaning.partition(":")
        law, options = self[name], ",".join(part for part in (fixed, options) if part)
        return law.with_options(read(name, law.options, options, prefix)) if fixed or colon else law

    def meaning(self, word: str) -> str | None:
        """The law that a word names, in any letter case, as in `meanings`; None where it names none."""
        if word in self:
            return word
        plain, known = word.strip().lower(), self.meanings()
        return known.get(plain) or known.get(_CALLED.sub("", plain))

    def renamed(self, text: str) -> tuple[str, ...]:
        """What is to be said of a law that was asked for under another name, or written."""
        word = text.partition(":")[0]
        if word in self._written and ":" in text:
            return self.find(text, "").notes
        meaning = self.meaning(word)
        return () if meaning in (word, None) else (f"model: {word} is called {meaning} here.",)

    def elsewhere(self, word: str) -> "Elsewhere | None":
        """What is to be said of a model of other tools; None where it is not known."""
        from mlefit.noise.elsewhere import elsewhere

        return elsewhere(word)

    def names(self, having: Callable[[NoiseModel], bool]) -> str:
        """The laws that have a fact, for a message."""
        return ", ".join(name for name, law in self.items() if having(law))

    def meanings(self) -> dict[str, str]:
        """Every word that names a law, and the law, with the options that the word fixes, as it is typed here."""
        found: dict[str, str] = {}
        for name, law in self.items():
            found |= {name: name, **dict.fromkeys(law.aliases, name)}
            found |= {alias: f"{name}:{options}" for alias, options in law.presets.items()}
        return found

    def _unknown(self, name: str, prefix: str) -> UsageError:
        from mlefit.options.near import nearest

        other = self.elsewhere(name)
        if other is not None:
            return UsageError(f'{prefix}"{name}" is not a model of mlefit: {other.why}', other.step, code="unknown-model")
        words = self.meanings()
        near = nearest(name.strip(), words)
        hint = f"did you mean {words[near[0]]}? " if near else ""
        return UsageError(f'{prefix}"{name}" is not a model of mlefit',
                          f"{hint}the models are {', '.join(self)}; `mlefit models` describes them", code="unknown-model")
