"""Random commands on odd tables, a few of those of benchmarks/commands.py: nothing is wrong with any of them."""

from collections import Counter
from pathlib import Path

import pytest
from command_advice import advice
from command_cases import question
from command_judge import Ran, complaints, judged
from command_oracles import likelihood_complaints, moved

import mlefit

SEEDS = range(40)


@pytest.mark.slow     # some hundred command lines
def test_random_commands_and_what_they_tell_to_do_end_as_the_contract_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    counted = Counter[str]()
    found = [(seed, ran.arguments, wrong) for seed in SEEDS for ran, wrong in judged(question(seed), tmp_path, counted)]
    assert found == []
    assert counted["fits asked again"] >= 5
    assert counted["log-likelihoods found again"] >= 4
    assert sum(count for what, count in counted.items() if what.startswith("told")) >= 10


@pytest.mark.parametrize(("ran", "wrong"), [
    (Ran(("fit",), 1, "", "mlefit: a defect of mlefit", 0.1), "exit 1"),
    (Ran(("fit",), 0, "", "x.py:3: RuntimeWarning: divide", 0.1), "x.py:3: RuntimeWarning: divide"),
    (Ran(("fit",), 0, " ** On entry to DLASCL", "", 0.1), " ** On entry to DLASCL"),
    (Ran(("fit",), 0, "", "", 11.0), "took 11.0 s"),
    (Ran(("fit",), 3, "", "", 0.1), "failed without a message"),
    (Ran(("fit", "-o", "json"), 0, '{"a": NaN}', "", 0.1), "stdout is no JSON: JSON holds NaN"),
    (Ran(("fit", "-o", "json"), 3, '{"schema": "mlefit.error/1", "exit": 2, "message": "m"}', "", 0.1), "JSON mlefit.error/1 with exit 3"),
    (Ran(("show",), 0, "x  nan  1.0", "", 0.1), "a number is nan"),
])
def test_the_judge_sees_each_kind_of_failure(ran: Ran, wrong: str) -> None:
    assert wrong in list(complaints(ran))
    assert list(complaints(Ran(("fit",), 0, "fine", "note: x", 0.1))) == []


@pytest.mark.parametrize(("code", "out", "err", "told"), [
    (2, "", "mlefit: no\nuse --model gamma, or leave --se out\n", [["fit", "t.csv", "--se", "ols", "-m", "gamma"], ["fit", "t.csv", "-m", "poisson"]]),
    (0, "next: mlefit fit t.csv -f 'log(y) ~ x' -m gaussian\n", "", [["fit", "t.csv", "-f", "log(y) ~ x", "-m", "gaussian"]]),
    (0, "next      the spread goes with x: --scale-features x\n", "", [["fit", "t.csv", "-m", "poisson", "--se", "ols", "--scale-features", "x"]]),
    (3, "", "mlefit: no\ndrop the row\n", []),
    (2, "", "mlefit: no\n--reference y=LEVEL chooses it\n", []),
])
def test_what_is_told_becomes_commands(code: int, out: str, err: str, told: list[list[str]]) -> None:
    assert [one.arguments for one in advice(("fit", "t.csv", "-m", "poisson", "--se", "ols"), code, out, err)] == told


def test_a_wrong_likelihood_and_a_moved_answer_are_seen() -> None:
    rows = [(0.5, 1), (1.0, 2), (1.5, 1), (2.5, 4), (3.0, 3)]
    text = "x,y\n" + "".join(f"{x},{y}\n" for x, y in rows)
    right = mlefit.fit({"x": [x for x, _ in rows], "y": [y for _, y in rows]}, target="y", model="poisson", kl=False).to_dict()
    assert list(likelihood_complaints(text, (), right)) == []
    assert list(moved(right, right, "the same")) == []
    wrong = {**right, "routes": {**right["routes"], "mle": {**right["routes"]["mle"], "loglik": right["routes"]["mle"]["loglik"] + 0.01}}}
    assert [each.split()[0] for each in likelihood_complaints(text, (), wrong)] == ["log-likelihood", "routes"]
    assert [each.split()[:2] for each in moved(right, wrong, "moved:")] == [["moved::", "log-likelihood"]]
    assert list(moved(right, None, "none")) == ["none: no answer"]


def test_a_case_depends_on_its_seed_alone_and_cases_are_many() -> None:
    assert question(7) == question(7)
    several = [question(seed) for seed in range(300)]
    assert len({one.verb for one in several}) == 9
    assert len({one.kind for one in several}) == 14
    assert len({odd for one in several for odd in one.odd}) == 16
