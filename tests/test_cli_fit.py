"""`mlefit fit`: every option reaches the request, every outcome its exit code, every stream what is its own."""

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_pipeline import Pipeline
from report_samples import BERNOULLI, GAUSSIAN, PARTIAL, replace

from mlefit.cli import main
from mlefit.errors import DataError, NoEstimateError
from mlefit.report.csv import to_csv
from mlefit.report.json import to_dict, to_json
from mlefit.report.markdown import to_markdown
from mlefit.report.report import Report
from mlefit.report.table import render_table
from mlefit.request import Request
from mlefit.source.options import ReadOptions


@pytest.mark.parametrize(("arguments", "request_"), [
    ("d.csv", Request(("d.csv",))),
    ("a.csv b.csv -m gaussian -t y", Request(("a.csv", "b.csv"), model="gaussian", target="y")),
    ("- -x a,b -x c", Request(("-",), features=("a,b", "c"))),
    ("d.csv --features none", Request(("d.csv",), features=())),
    ("d.csv -x none -x a", Request(("d.csv",), features=("none", "a"))),
    ("d.csv -f y~a --no-intercept", Request(("d.csv",), formula="y~a", intercept=False)),
    ("d.csv --positive yes --reference g=b --reference h=x=y",
     Request(("d.csv",), positive="yes", reference={"g": "b", "h": "x=y"})),
    ("d.csv --weights w --offset log(v) --missing error",
     Request(("d.csv",), weights="w", offset="log(v)", missing="error")),
    ("d.csv --se cluster:firm --level 0.9 --bits", Request(("d.csv",), se="cluster:firm", level=0.9, unit="bits")),
    ("d.csv --holdout 0.25", Request(("d.csv",), holdout=0.25)),
    ("d.csv --seed 7 --draws 0 --threads 2 --engine stream",
     Request(("d.csv",), seed=7, draws=0, threads=2, engine="stream")),
    ("d.csv --delimiter tab --encoding Latin-1 --decimal , --na x --na y --no-header --skip 3 --memory 200MB",
     Request(("d.csv",), read=ReadOptions("\t", "iso8859-1", ",", ("x", "y"), False, 3, memory=200_000_000))),
    ("d.csv --delimiter 0x1f", Request(("d.csv",), read=ReadOptions("\x1f"))),
    ("d.csv --delimiter 0X1F --skip 0", Request(("d.csv",), read=ReadOptions("\x1f", skip=0))),
    ("-- -odd.csv", Request(("-odd.csv",))),
])
def test_options_become_the_request(arguments: str, request_: Request, pipeline: Pipeline) -> None:
    requests = pipeline(GAUSSIAN)
    assert main(["fit", *arguments.split()]) == 0
    assert requests == [request_]


@pytest.mark.parametrize(("size", "bytes_"), [
    ("1", 1), ("512 KB", 512_000), ("200mb", 200_000_000), ("1.5GiB", 1_610_612_736), ("2G", 2_000_000_000),
])
def test_memory_is_a_size(size: str, bytes_: int, pipeline: Pipeline) -> None:
    requests = pipeline(GAUSSIAN)
    assert main(["fit", "d.csv", "--memory", size]) == 0
    assert requests[0].read.memory == bytes_


@pytest.mark.parametrize(("format_", "render"), [
    ("table", render_table), ("json", to_json), ("csv", to_csv), ("markdown", to_markdown),
])
def test_each_format_goes_to_stdout_and_notes_to_stderr(
    format_: str, render: Callable[[Report], str], pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    report = replace(BERNOULLI, notes=("the target is bought\x1b",))
    pipeline(report)
    assert main(["fit", "d.csv", "-o", format_]) == 0
    out, err = capsys.readouterr()
    assert out == render(report)
    assert err == (
        "note: the target is bought\\x1b\nwarning: column age2 repeats age and was left out\n"
    )
    assert main(["fit", "d.csv", "-o", format_, "-q"]) == 0
    assert capsys.readouterr() == (render(report), "")


def test_an_error_of_the_data_leaves_stdout_empty(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline(DataError('column "a\x1b", row 3: found x', "drop the row", code="cell", columns=["a\x1b"], rows=[3]))
    assert main(["fit", "d.csv"]) == 3
    assert capsys.readouterr() == ("", 'mlefit: column "a\\x1b", row 3: found x\ndrop the row\n')


def test_a_partial_report_is_printed_and_exits_4(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline(NoEstimateError("age separates the levels", "leave it out", code="separation", partial=PARTIAL))
    assert main(["fit", "d.csv", "-q"]) == 4
    assert capsys.readouterr() == (render_table(PARTIAL), "mlefit: age separates the levels\nleave it out\n")
    assert main(["fit", "d.csv", "-o", "json"]) == 4
    answer = json.loads(capsys.readouterr().out)
    assert (answer["code"], answer["fit"]) == ("separation", to_dict(PARTIAL))


def test_no_estimate_and_nothing_known(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline(NoEstimateError("one class", code="one-class"))
    assert main(["fit", "d.csv"]) == 4
    assert capsys.readouterr() == ("", "mlefit: one class\n")


def test_out_is_written_at_once_and_keeps_its_mode(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pipeline(GAUSSIAN)
    target = tmp_path / "fit.json"
    assert main(["fit", "d.csv", "-o", "json", "--out", str(target), "-q"]) == 0
    assert target.read_text(encoding="utf-8") == to_json(GAUSSIAN)
    target.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(target)
    assert main(["fit", "d.csv", "--out", str(link), "-q"]) == 0
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == render_table(GAUSSIAN)
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.json", "link"]
    assert capsys.readouterr() == ("", "")


def test_out_to_a_device_writes_directly(pipeline: Pipeline) -> None:
    pipeline(GAUSSIAN)
    assert main(["fit", "d.csv", "--out", os.devnull]) == 0
    assert not Path(os.devnull).is_file()


def test_a_failed_fit_leaves_the_old_file(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline(DataError("no rows", code="empty"))
    target = tmp_path / "fit.txt"
    target.write_text("old", encoding="utf-8")
    assert main(["fit", "d.csv", "--out", str(target)]) == 3
    assert target.read_text(encoding="utf-8") == "old"


def test_a_defect_names_itself_without_a_traceback(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline(ZeroDivisionError("division\nby zero\x1b"))
    assert main(["fit", "d.csv"]) == 1
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert out == ""
    assert first.startswith(
        "mlefit: a defect of mlefit, not of your data: ZeroDivisionError: division by zero\\x1b (mlefit/cli/fit.py:"
    )
    assert second == (
        "please report this line and the command that led to it; MLEFIT_TRACEBACK=1 shows the whole trace"
    )


def test_a_defect_shows_its_trace_when_asked(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline(ZeroDivisionError("x"))
    monkeypatch.setenv("MLEFIT_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["fit", "d.csv"])


def test_too_little_memory_is_not_a_defect(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline(MemoryError())
    assert main(["fit", "d.csv"]) == 3
    assert capsys.readouterr().err == (
        "mlefit: the data needs more memory than there is\n"
        "use --engine stream, or --memory with less than the machine has\n"
    )


def test_ctrl_c_is_one_line_and_130(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline(KeyboardInterrupt())
    assert main(["fit", "d.csv"]) == 130
    assert capsys.readouterr() == ("", "mlefit: interrupted\n")


def test_a_narrow_encoding_loses_letters_never_the_result(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline(replace(GAUSSIAN, data=replace(GAUSSIAN.data, target="größe")))
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["fit", "d.csv", "-q"]) == 0
    assert b"gr??e ~ x1" in out.buffer.getvalue()    # type: ignore[attr-defined]
    assert main(["fit", "d.csv", "-q", "-o", "json"]) == 0
    assert '"größe"'.encode() in out.buffer.getvalue()    # type: ignore[attr-defined]


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colour_and_is_told_warnings_once(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline(BERNOULLI)
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["fit", "d.csv"]) == 0
    assert out.buffer.getvalue().decode() == render_table(BERNOULLI, width=90, colour=True)   # type: ignore[attr-defined]
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["fit", "d.csv"]) == 0
    assert b"\x1b" not in out.buffer.getvalue()    # type: ignore[attr-defined]


def test_without_any_stream_nothing_breaks(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline(BERNOULLI)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["fit", "d.csv"]) == 0
    assert main(["fit", "d.csv", "-o", "json", "--zzz"]) == 2
