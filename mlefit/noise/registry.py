"""Registry: laws by name, each in a file that is loaded when it is asked for."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib import import_module

from mlefit.errors import UsageError
from mlefit.noise.model import NoiseModel
from mlefit.noise.options import read


class Registry(MutableMapping[str, NoiseModel]):
    """Laws as they are without options. `classes`: by name, `file.Class` in this room."""

    def __init__(self, classes: Mapping[str, str]) -> None:
        self._laws: dict[str, NoiseModel | str] = dict(classes)

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
        """The law that `NAME[:option=value,...]` names. Raises UsageError, after `prefix`, with the nearest name."""
        name, colon, options = text.partition(":")
        if name not in self:
            raise self._unknown(name, prefix)
        law = self[name]
        return law.with_options(read(name, law.options, options, prefix)) if colon else law

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
        from difflib import get_close_matches

        words = self.meanings()
        near = get_close_matches(name.strip().lower(), words, n=1, cutoff=0.6)
        hint = f"did you mean {words[near[0]]}? " if near else ""
        return UsageError(f'{prefix}"{name}" is not a model of mlefit',
                          f"{hint}the models are {', '.join(self)}; `mlefit models` describes them", code="unknown-model")
