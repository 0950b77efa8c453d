"""Table, Markdown and CSV: golden files, widths, hostile names, and the same content in each.

Golden files are rewritten by running this file with MLEFIT_GOLDEN=write in the environment.
"""

import csv
import math
import os
import re
from io import StringIO
from pathlib import Path

import pytest
from report_samples import BERNOULLI, CATEGORICAL, GAUSSIAN, PARTIAL, replace
from rich.cells import cell_len

from mlefit.report.csv import to_csv
from mlefit.report.divergence import divergence
from mlefit.report.header import header
from mlefit.report.information import Divergence, NullLaw
from mlefit.report.latex import to_latex
from mlefit.report.markdown import to_markdown
from mlefit.report.report import Agreement, Report
from mlefit.report.summary import closing
from mlefit.report.table import render_table
from mlefit.report.view import View
from mlefit.report.wording import figures, sentences

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = {"gaussian": GAUSSIAN, "bernoulli": BERNOULLI, "categorical": CATEGORICAL, "partial": PARTIAL}
RENDERINGS = {
    "table.txt": render_table, "terminal.txt": lambda report: render_table(report, width=80, height=23, colour=True),
    "detail.txt": lambda report: render_table(report, detail=True),
    "page.md": to_markdown, "detail.md": lambda report: to_markdown(detailed(report)), "rows.csv": to_csv, "table.tex": to_latex,
}
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def detailed(report: Report) -> Report:
    return replace(report, view=View(detail=True))


def renamed(report: Report, name: str) -> Report:
    return replace(report, parameters=tuple(replace(p, name=f"{name}{i}") for i, p in enumerate(report.parameters)))


def kl_lines(kl: Divergence) -> list[str]:
    assert GAUSSIAN.information is not None
    return divergence(replace(GAUSSIAN.information, kl=kl, entropy_method=None), GAUSSIAN.model)


@pytest.mark.parametrize("kind", RENDERINGS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_golden(sample: str, kind: str) -> None:
    text = RENDERINGS[kind](SAMPLES[sample])
    path = GOLDEN / f"report_{sample}_{kind}"
    if os.environ.get("MLEFIT_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("report", SAMPLES.values())
@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_table_fits_the_terminal(report: Report, width: int) -> None:
    lines = render_table(report, width=width).splitlines()
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("report", SAMPLES.values())
def test_the_first_screen_is_24_lines_at_most(report: Report) -> None:
    assert len(render_table(report, width=80, height=24).splitlines()) <= 24


@pytest.mark.parametrize("report", [GAUSSIAN, BERNOULLI, CATEGORICAL])
def test_ordinary_names_need_no_wrapping_at_80_columns(report: Report) -> None:
    parameters = render_table(report).split("\n\n")[1]
    assert parameters in render_table(report, width=80)
    assert max(map(cell_len, parameters.splitlines())) <= 80


@pytest.mark.parametrize("name", ["a name of many words " * 6, "x" * 300, "身長" * 60])
def test_long_names_are_cut_in_their_middle_on_a_terminal_and_no_number_is(name: str) -> None:
    text = render_table(renamed(GAUSSIAN, name), width=80)
    lines = text.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert [line[:4] for line in lines if "…" in line] == [(name * 2)[:4]] * 5
    assert all(re.search(rf"….*{place} +-?\d", text) for place in range(5))
    for number in ("1.021  0.043   0.937 to  1.106  < 1e-10   1.021", "0.487  0.015   0.458 to  0.518            0.487"):
        assert number in text


@pytest.mark.parametrize("width", [None, 40])
def test_without_room_or_terminal_nothing_wraps(width: int | None) -> None:
    name = "x" * 500
    text = render_table(renamed(GAUSSIAN, name), width=width)
    assert all(f"{name}{i}" in text for i in range(5))
    assert "misfit    none found in mean, spread, shape (p 0.67; rows taken as independent)" in text.splitlines()
    assert "\x1b" not in text


def test_columns_of_wide_characters_stay_aligned() -> None:
    rows = render_table(renamed(GAUSSIAN, "身長")).splitlines()[6:11]
    assert len({cell_len(row) for row in rows}) == 1


def test_colour_marks_the_status_and_warnings_and_changes_no_letter() -> None:
    coloured = render_table(BERNOULLI, width=100, colour=True)
    assert ANSI.sub("", coloured) == render_table(BERNOULLI, width=100)
    marked = re.findall(r"\x1b\[[0-9;]*m(\w+)", coloured)
    assert marked == ["warning"]


@pytest.mark.parametrize("render", [render_table, to_markdown, to_csv, to_latex])
def test_hostile_names_are_text_everywhere(render: object) -> None:
    name = "[bold red]\x1b[2J\u202e|=1\n"
    hostile = replace(
        renamed(CATEGORICAL, name),
        data=replace(CATEGORICAL.data, target=name, source=(name,), dropped={name: 3}, rows_dropped=3),
        model=replace(CATEGORICAL.model, formula=name, reference={name: name}, positive=name),
        parameters=tuple(replace(p, class_=name, name=name) for p in CATEGORICAL.parameters),
    )
    assert callable(render)
    text = render(hostile)
    assert not {"\x1b", "\u202e"} & set(text)
    assert ("\\textbackslash{}x1b" if render is to_latex else "\\x1b") in text
    if render is render_table:
        assert "[bold red]\\x1b[2J\\u202e|=1\\n" in text


def test_csv_reads_back_exactly_and_runs_nothing() -> None:
    report = replace(GAUSSIAN, parameters=(replace(GAUSSIAN.parameters[2], name="=1+1", class_="-a"),))
    row, = csv.DictReader(StringIO(to_csv(report)))
    assert (row["name"], row["class"]) == ("'=1+1", "'-a")
    assert float(row["estimate"]) == -0.50712
    assert row["status"] == "ok"


def test_csv_has_empty_cells_for_what_does_not_exist() -> None:
    rows = list(csv.DictReader(StringIO(to_csv(PARTIAL))))
    assert [row["limit"] for row in rows] == ["-inf", "+inf", "", ""]
    assert {row["estimate"] for row in rows[:3]} == {""}
    assert {row["status"] for row in rows} == {"no estimate"}
    broken = replace(GAUSSIAN, parameters=(replace(GAUSSIAN.parameters[0], estimate=math.nan),))
    assert "nan" not in to_csv(broken)


def test_the_markdown_table_has_as_many_cells_in_every_row() -> None:
    lines = to_markdown(renamed(CATEGORICAL, "a|b")).splitlines()
    table = [line for line in lines if line.startswith("| ") and ("versicolor" in line or "a\\|b" in line)]
    assert len(table) == 5
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {7}


def test_bits_divide_the_entropies_per_row_and_nothing_else() -> None:
    assert GAUSSIAN.information is not None
    in_bits = replace(GAUSSIAN, information=replace(GAUSSIAN.information, unit="bits"))
    labels = {figure.label: figure.at_mle for figure in figures(in_bits)}
    assert labels["NLL per row = cross-entropy, bits"] == f"{0.6993142 / math.log(2):.5f}"
    assert labels["  + KL(data || model) (>=)"] == f"{0.0042133 / math.log(2):.5f}"
    assert labels["log-likelihood"] == "-349.66"
    assert "at least 0 bits per row (one-sided 95 % limit)" in sentences(in_bits)[0]
    assert sentences(in_bits)[1] == "By part: mean p = 0.31 (0.006), spread p = 0.55 (0.004), shape p = 0.40."
    assert "show -0.009 to 0.006, and a misfit below 0.015" in sentences(in_bits)[2]
    for label, nats in (("explained by the predictors, bits", 1.0231), ("cross-entropy of 125 held-out rows", 0.7213),
                        ("cross-entropy expected on new rows", 0.7102), ("  its standard error", 0.0645)):
        assert labels[label] == f"{nats / math.log(2):.5f}"


MISFIT = Divergence(raw=0.0123, misfit=0.01, bound="estimate", verdict="misfit, small", verdict_p_value=0.001,
                    verdict_code="misfit", ci_low=0.004, ci_high=0.016, sd_equivalent=0.14142, rows_20to1=299.6)
MISFIT_LINE = (
    "KL: misfit, small (p = 0.0010): 0.010 nats per row, 95 % interval 0.004 to 0.016; that is as far as a normal law "
    "whose mean is off by 0.14 standard deviations, and about 300 rows tell data and model apart at odds of 20 to 1."
)
BOUND_LINE = (
    "KL: misfit in the spread (p < 0.001): at least 0.0040 nats per row (one-sided 95 % limit), for the values as recorded, in "
    "steps of 0.1."
)
PARTS = {"structure": 0.004, "shape": 0.0, "spread": 0.006}
P_VALUES = {"structure": 0.2, "spread": 1e-6, "shape": 0.04}


@pytest.mark.parametrize(("kl", "lines"), [
    (Divergence(reason="ties"), ["KL: not identifiable: ties"]),
    (Divergence(reason="ties", upper=0.62297),
     ["KL: not identifiable: ties; at most 0.623 nats per row, the cross-entropy"]),
    (Divergence(raw=0.0, bound="saturated"), ["KL: 0 (saturated: cannot misfit)"]),
    (Divergence(raw=0.0123, bound="estimate"), ["KL: 0.012 nats per row."]),
    (Divergence(raw=-0.0012, bound="lower"), ["KL: at least 0 nats per row."]),
    (Divergence(raw=-0.03, misfit=-0.04, ci_low=-0.06, bound="lower", verdict_code="none", verdict="no misfit detected",
                verdict_p_value=0.9, part_p_values={"structure": 0.9}),
     ["KL: no misfit detected (p = 0.90; rows taken as independent): at least 0 nats per row (one-sided 95 % limit)."]),
    (Divergence(raw=-0.09, misfit=-0.1, ci_low=-0.2, ci_high=0.01, bound="estimate", verdict_code="none",
                verdict="no misfit detected", verdict_p_value=0.9),
     ["KL: no misfit detected (p = 0.90; rows taken as independent): 0 (measured -0.10) nats per row, 95 % interval 0 to "
      "0.01."]),
    (replace(MISFIT, null=NullLaw("simulated", 399, 0.002, exceeded=True), verdict_p_value=0.0025, rows_20to1=None),
     ["KL: misfit, small (p <= 0.0025): 0.010 nats per row, 95 % interval 0.004 to 0.016."]),
    (Divergence(verdict_code="off", reason="not asked for"), []),
    (Divergence(raw=0.0123, bound="estimate", null_low=-0.006, null_high=0.004),
     ["KL: 0.012 nats per row.", "Measured 0.012; data from a true gaussian model of this size show -0.006 to 0.004."]),
    (MISFIT, [MISFIT_LINE]),
    (replace(MISFIT, bound="lower", verdict="misfit", verdict_p_value=1e-5, resolution=0.1, parts=PARTS, upper=0.7, ci_high=None,
             part="spread", part_p_values=P_VALUES, null_low=-0.001, null_high=0.002, detection_limit=0.004, n_used=90,
             looked_at="mean (runs), spread, shape", flags=("one row leads", "9 rows at 50: top-coded?"), advice=("try it",)),
     [BOUND_LINE, "By part: mean p = 0.20 (0.0040), spread p = 1e-06 (0.0060), shape p = 0.040.",
      "Measured 0.0123; data from a true gaussian model of this size show -0.0010 to 0.0020, and a misfit below 0.0040 would be "
      "missed at n = 90 in the directions looked at (mean (runs), spread, shape).",
      "KL is at most 0.700 nats per row, the cross-entropy.", "One row leads.", "9 rows at 50: top-coded?", "Next: try it."]),
])
def test_every_state_of_the_divergence_has_its_sentences(kl: Divergence, lines: list[str]) -> None:
    assert kl_lines(kl) == lines


@pytest.mark.parametrize(("rows", "text"), [(0.4, "1"), (7.2, "7"), (65.7, "66"), (491.1, "490"), (123456.0, "120000")])
def test_rows_are_said_to_two_digits(rows: float, text: str) -> None:
    assert f"about {text} rows tell" in kl_lines(replace(MISFIT, rows_20to1=rows))[0]


def test_nothing_is_said_of_a_divergence_that_was_not_computed() -> None:
    assert kl_lines(Divergence()) == []


def test_routes_that_disagree_are_never_called_certified() -> None:
    apart = replace(GAUSSIAN, status="no estimate", agreement=Agreement(0.3, 1e-3, False))
    assert closing(apart)[-1] == (
        "proof", "the routes disagree by 0.30 s.e., where marked *; not certified (EDM < 1e-10)", "look")
    moved = replace(GAUSSIAN.parameters[1], loss_estimate=2.0132, gap_se=0.25)
    text = render_table(replace(apart, parameters=(GAUSSIAN.parameters[0], moved, *GAUSSIAN.parameters[2:])))
    assert "x1                2.018  0.021   1.977 to  2.060  < 1e-10  2.013*\n" in text
    assert "least loss               0.23712         -349.66        0.69931       0.0010*\n" in text
    assert text.count("*") == 3


def test_routes_that_print_alike_or_on_two_sides_of_a_rounding_are_not_marked() -> None:
    close = replace(GAUSSIAN.parameters[1], estimate=2.01849999, loss_estimate=2.01850001, gap_se=1e-6)
    text = render_table(replace(GAUSSIAN, parameters=(close,)))
    assert "*" not in text
    assert "2.018" in text
    assert "2.019" in text


def test_the_header_says_what_was_modelled() -> None:
    weighted = replace(GAUSSIAN, data=replace(GAUSSIAN.data, weights="w", n=1200, dropped={"x1": 1, "x2": 3}))
    assert header(weighted)[1].text == (
        "500 of 503 rows used (3 dropped, missing in x1: 1, x2: 3), 130 of them held out of the fit "
        "(5 not scored), weights: w, n = 1200"
    )
    assert header(replace(GAUSSIAN, model=replace(GAUSSIAN.model, noise="student-t", options={"df": 4})))[0].text == (
        "measurements.csv: y ~ x1 + x2 + site  student-t (df=4) noise, mean squared error"
    )


def labels(report: Report) -> dict[str, str]:
    return {figure.label: figure.at_mle for figure in figures(report)}


def test_r2_says_what_it_compares_with() -> None:
    criteria = GAUSSIAN.criteria
    assert criteria is not None
    assert BERNOULLI.criteria is not None
    assert labels(GAUSSIAN)["R2"] == "0.8710"
    assert labels(replace(GAUSSIAN, criteria=replace(criteria, r_squared_centred=False)))["R2, uncentred"] == "0.8710"
    worse = replace(BERNOULLI, criteria=replace(BERNOULLI.criteria, r_squared=-0.0123))
    assert labels(worse)["McFadden's R2: worse than the intercept alone"] == "-0.0123"


def test_figures_per_row_keep_two_digits_however_small() -> None:
    known = GAUSSIAN.information
    criteria = GAUSSIAN.criteria
    assert known is not None
    assert criteria is not None
    small = replace(GAUSSIAN, information=replace(known, explained=0.00000123), criteria=replace(criteria, on_new_rows=0.0123456))
    assert labels(small)["explained by the predictors, nats"] == "1.2e-06"
    assert labels(small)["cross-entropy expected on new rows"] == "0.01235"
    tiny = BERNOULLI.mle._replace(nll=3.14e-7) if BERNOULLI.mle else None
    assert labels(replace(BERNOULLI, mle=tiny))["NLL per row = cross-entropy, bits"] == "0.00000045"


def test_latex_sets_signs_and_powers_of_ten() -> None:
    wide = replace(GAUSSIAN.parameters[0], name="a_b & 50 %", estimate=-3482258.6, std_error=890420.4, ci_low=-5496529.5, ci_high=1.5e-7)
    text = to_latex(replace(GAUSSIAN, parameters=(wide,)))
    assert r"a\_b \& 50 \% & $-3.48\times 10^{6}$ & 890000 & $-5.50\times 10^{6}$ to 0 &" in text
