"""The pictures of the README and the docs are what the program draws; each is shown somewhere, with words for it."""

import re
from pathlib import Path

import numpy as np
import pytest
from readme_commands import PAGES, ROOT

FOLDER = ROOT / "docs" / "pictures"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NEAR = 0.25         # pixels: another build of BLAS may turn the last digit of a coordinate


def draw(folder: Path) -> None:
    """The program of the docs, which is no module of the package."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("docs_pictures", ROOT / "docs" / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.draw(folder)


@pytest.mark.slow     # two fits with 199 simulated data sets each
def test_the_pictures_are_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    draw(tmp_path)
    kept = sorted(path.name for path in FOLDER.iterdir())
    assert kept == sorted(path.name for path in tmp_path.iterdir())
    for name in kept:
        old, new = ((folder / name).read_text(encoding="utf-8") for folder in (FOLDER, tmp_path))
        assert NUMBER.sub("#", old) == NUMBER.sub("#", new), f"{name} is stale: python docs/pictures.py"
        apart = np.abs(np.array([float(x) for x in NUMBER.findall(old)]) - np.array([float(x) for x in NUMBER.findall(new)]))
        assert apart.max() <= NEAR, f"{name} is stale: python docs/pictures.py"


def test_every_picture_is_shown_with_words() -> None:
    shown = {}
    for page in PAGES:
        for words, link in re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            shown[(page.parent / link).resolve()] = words
    assert set(shown) == set(FOLDER.iterdir())
    assert all(len(words.split()) >= 8 for words in shown.values())
