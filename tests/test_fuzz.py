"""Whatever the file and the options: an exit code of the contract, no traceback, no hang, no escape, valid JSON."""

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fuzz_cases import EXIT_CODES, Ran, case, complaints, run_in_process
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow     # hundreds of command lines

SEEDS = 2**31


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)     # an option may name a file by accident


@given(st.integers(0, SEEDS))
@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_file_with_any_options_ends_as_the_contract_says(seed: int) -> None:
    with TemporaryDirectory() as folder:
        one = case(seed)
        ran = run_in_process(one, Path(folder))
    assert complaints(one, ran) == [], (one.seed, one.arguments, ran.err)


def test_the_generator_reaches_every_exit_code_and_many_messages(tmp_path: Path) -> None:
    codes: Counter[int] = Counter()
    messages = set()
    for seed in range(150):
        ran = run_in_process(case(seed), tmp_path)
        codes[ran.code] += 1
        said = [line for line in ran.err.splitlines() if line.startswith("mlefit: ")]
        messages |= {line.split('"')[0].split(os.sep)[0] for line in said}
    assert set(codes) == set(EXIT_CODES)
    assert codes[0] >= 10
    assert len(messages) >= 25


def test_a_case_depends_on_its_seed_alone() -> None:
    assert case(7) == case(7)
    assert case(7) != case(8)


@pytest.mark.parametrize(("ran", "words"), [
    (Ran(1, "", "mlefit: a defect of mlefit", 0.1), "exit code 1"),
    (Ran(0, "", "Traceback (most recent call last)", 0.1), "a defect"),
    (Ran(0, "\x1b[31mred", "", 0.1), "stdout holds"),
    (Ran(2, "", "mlefit: no\u202e", 0.1), "stderr holds"),
    (Ran(0, "", "", 11.0), "took 11.0 s"),
    (Ran(3, "", "", 0.1), "failed without a message"),
])
def test_the_judge_sees_each_kind_of_failure(ran: Ran, words: str) -> None:
    one = case(0)
    assert any(complaint.startswith(words) for complaint in complaints(one, ran))
    assert complaints(one, Ran(0, '{"schema": "mlefit.fit/1"}', "note: x", 0.1)) == []
