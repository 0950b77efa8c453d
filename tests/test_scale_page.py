"""The page on clusters: its commands for a cluster by hand give the answer of one machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlefit.cli import main

pytest.importorskip("distributed")
ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "scale.md").read_text()
BY_HAND = re.compile(r"<!-- run by tests/test_scale_page.py -->\n```\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_a_cluster_by_hand_gives_the_answer_of_one_machine(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (commands,) = BY_HAND.findall(PAGE)
    shutil.copy(ROOT / "sample_data" / "measurements.csv", tmp_path)
    data = tmp_path / "measurements.csv"
    script = f'mlefit() {{ "{sys.executable}" -m mlefit "$@"; }}\nexec 2> err.txt\n{commands}'.replace(
        "--engine", "-q -o csv --out answer.csv --engine")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(["bash", "-c", script], cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True,
                               env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)})
    try:
        assert process.wait(120) == 0, (tmp_path / "err.txt").read_text()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
    assert main(["fit", str(data), "-t", "y", "-q", "-o", "csv"]) == 0
    assert (tmp_path / "answer.csv").read_text() == capfd.readouterr().out


def test_every_code_on_the_page_is_one_that_is_raised() -> None:
    raised = "".join(path.read_text() for room in ("execution", "source") for path in (ROOT / "mlefit" / room).glob("*.py"))
    codes = re.findall(r"exit [23], `([a-z-]+)`", PAGE)
    assert len(codes) >= 4
    for code in codes:
        assert f'code="{code}"' in raised
