"""`mlefit explain`: every model of the registry has its derivation, and its worked number is the model's own."""

import csv
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mlefit.cli import main
from mlefit.noise import MODELS, bernoulli, categorical, gaussian
from mlefit.proof.derivation import derivation

SAMPLES = Path(__file__).parents[1] / "sample_data"


def numbers(text: str) -> list[float]:
    """Every number with six decimals, in order."""
    return [float(found) for found in re.findall(r"-?\d+\.\d{6}", text)]


def first(name: str, column: str, rows: int) -> list[str]:
    with open(SAMPLES / f"{name}.csv", encoding="utf-8", newline="") as file:
        return [row[column] for row, _ in zip(csv.DictReader(file), range(rows), strict=False)]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_derived_in_plain_text_of_80_columns(name: str) -> None:
    text = derivation(name)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith(f"{name}: from the likelihood to the {MODELS[name].loss_name}\n")
    assert re.findall(r"^  (\d) ", text, re.MULTILINE) == list("12345678")


def test_the_worked_rows_are_those_of_the_samples() -> None:
    assert [float(cell) for cell in first("measurements", "y", 5)] == list(gaussian.EXAMPLE)
    assert first("conversions", "converted", 12) == list(bernoulli.EXAMPLE)
    assert first("species", "species", 12) == list(categorical.EXAMPLE)


def test_the_gaussian_number() -> None:
    y = [float(cell) for cell in first("measurements", "y", 5)]
    mean = math.fsum(y) / 5
    mse = math.fsum((value - mean) ** 2 for value in y) / 5
    density = [math.exp(-((v - mean) ** 2) / (2 * mse)) / math.sqrt(2 * math.pi * mse) for v in y]
    entropy = 0.5 * math.log(2 * math.pi * math.e * mse)
    rise = 0.5**2 / (2 * mse)
    expected = [mean, mse, -math.log(math.prod(density)) / 5, entropy, entropy, rise, rise]
    assert numbers(derivation("gaussian")) == pytest.approx(expected, abs=6e-7)


@pytest.mark.parametrize(("name", "table", "column"), [
    ("bernoulli", "conversions", "converted"), ("categorical", "species", "species"),
])
def test_the_number_of_classes(name: str, table: str, column: str) -> None:
    share = np.array(list(Counter(first(table, column, 12)).values())) / 12
    entropy = -float(np.sum(share * np.log(share)))
    even = math.log(share.size)
    expected = [entropy, entropy, even, even, entropy, even - entropy]
    assert numbers(derivation(name)) == pytest.approx(expected, abs=6e-7)


def test_the_command_prints_it_and_an_unknown_model_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "gaussian"]) == 0
    assert capsys.readouterr().out == derivation("gaussian")
    assert main(["explain", "softmac"]) == 2
    assert capsys.readouterr().err == (
        'mlefit: "softmac" is not a model of mlefit\ndid you mean categorical? '
        f"the models are {', '.join(MODELS)}; `mlefit models` describes them\n"
    )
