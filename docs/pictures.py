"""Draws the pictures of the README and of docs/ anew: python docs/pictures.py [FOLDER], from the root of the project.

They are what `mlefit plot` draws of the sample data; a test compares them with the files here.
"""

import sys
from pathlib import Path

from mlefit.cli import main

HERE = Path(__file__).parent
PICTURES = {
    "waiting": "plot sample_data/waiting.csv -m gaussian --panel density,qq,kl",
    "measurements": "plot sample_data/measurements.csv -m gaussian",
    "slice": "plot sample_data/measurements.csv -m gaussian --panel slice,effect:x2,effect:site",
}


def draw(folder: Path) -> None:
    """Write every picture into the folder. Raises SystemExit where a command fails."""
    folder.mkdir(exist_ok=True)
    for name, command in PICTURES.items():
        code = main([*command.split(), "--out", str(folder / f"{name}.svg"), "-q"])
        if code:
            raise SystemExit(code)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pictures")
