"""The first screen: what is folded and in which order, what the sentences say, and what is marked."""

import re

import pytest
from report_samples import BERNOULLI, CATEGORICAL, GAUSSIAN, mean, replace
from rich.cells import cell_len

from mlefit.report.header import header, split_terms
from mlefit.report.information import Divergence, NullLaw
from mlefit.report.layout import shortened, told_apart, wrapped
from mlefit.report.misfit import misfit
from mlefit.report.parameters import folded
from mlefit.report.report import Parameter, Report, Warn
from mlefit.report.summary import closing
from mlefit.report.table import render_table
from mlefit.report.tested import TermTest
from mlefit.report.view import View

NAMES = [f"x{k}" for k in range(1, 31)]


def of_term(p: Parameter, term: str) -> Parameter:
    return replace(p, term=term)


def levels(column: str, count: int) -> list[Parameter]:
    return [of_term(mean(f"{column}={k}", 0.3, 0.1), column) for k in range(1, count)]


def wide(numbers: int, sizes: dict[str, int]) -> Report:
    """A gaussian report with numeric predictors of falling strength and factors of these sizes."""
    parameters = [mean("(Intercept)", 1.0, 0.1)]
    tests = []
    for place, name in enumerate(NAMES[:numbers]):
        parameters.append(of_term(mean(name, 3.0 / (place + 1), 0.05), name))
        tests.append(TermTest(name, "F", 3600.0 / (place + 1) ** 2, 1, 400.0, 1e-12))
    for column, count in sizes.items():
        parameters += levels(column, count)
        tests.append(TermTest(column, "F", 900.0, count - 1, 400.0, 2.5e-5))
    return replace(
        GAUSSIAN, parameters=(*parameters, GAUSSIAN.parameters[-1]), terms=tuple(tests),
        model=replace(GAUSSIAN.model, reference=dict.fromkeys(sizes, "0"), formula=" + ".join([*NAMES[:numbers], *sizes])),
        information=replace(GAUSSIAN.information, holdout=None),
    )


def labels(report: Report, room: int) -> list[str]:
    return [f"{entry.label}{entry.tail}" for entry in folded(report, room)]


def test_factors_are_folded_longest_first() -> None:
    report = wide(2, {"site": 3, "month": 12, "day": 7})
    assert len(labels(report, 100)) == 1 + 2 + 3 + 12 + 7 + 1
    first = labels(report, 20)
    assert [label for label in first if label.startswith(("site", "month", "day"))] == [
        "site (3 levels, joint)", "month (12 levels, joint)", "day (7 levels, joint)"]
    assert "  11" not in first
    assert {"  1", "  6"} <= set(first)
    assert labels(report, 7) == [
        "(Intercept)", "x1", "x2", "site (3 levels, joint)", "month (12 levels, joint)", "day (7 levels, joint)", "sigma"]


def test_then_the_predictors_that_explain_least_are_counted() -> None:
    report = wide(30, {"site": 3})
    shown = labels(report, 8)
    assert shown == ["(Intercept)", "x1", "x2", "x3", "x4", "site (3 levels, joint)", "26 more: --detail", "sigma"]
    assert labels(report, 1) == ["(Intercept)", "31 more: --detail", "sigma"]


def test_classes_lose_their_constants_and_then_are_one_line_per_predictor() -> None:
    report = replace(
        CATEGORICAL, parameters=tuple(replace(p, term="petal") if p.name == "petal" else p for p in CATEGORICAL.parameters),
        terms=(TermTest("petal", "chi2", 300.0, 2, None, 1e-30),))
    assert labels(report, 6) == [
        "species=versicolor", "  (Intercept)", "  petal", "species=virginica", "  (Intercept)", "  petal"]
    assert labels(report, 5) == ["species=versicolor", "  petal", "species=virginica", "  petal", "2 constants: --detail"]
    assert labels(report, 4) == ["petal (2 classes, joint)"]
    text = render_table(report, width=80, height=14)
    assert "petal (2 classes, joint)  < 1e-10\n" in text


def test_a_scale_has_a_section_and_joint_lines_of_its_own() -> None:
    scale = [replace(p, kind="scale", class_="log sigma") for p in (mean("(Intercept)", 1.0, 0.1), *levels("site", 4))]
    report = replace(GAUSSIAN, parameters=(*(replace(p, term=p.name) for p in GAUSSIAN.parameters[1:3]), *scale), terms=(
        TermTest("site", "chi2", 9.0, 3, None, 0.029, class_="log sigma"), TermTest("x1", "chi2", 99.0, 1, None, 1e-12),
        TermTest("x2", "chi2", 5.0, 1, None, 1e-12)),
        model=replace(GAUSSIAN.model, reference={"site": "0"}, formula="x1 + x2", scale_formula="site"))
    assert labels(report, 8) == ["x1", "x2", "log sigma", "  (Intercept)", "  site (4 levels, joint)", "    1", "    2", "    3"]
    assert labels(report, 5) == ["x1", "x2", "log sigma", "  (Intercept)", "  site (4 levels, joint)"]
    assert "  site (4 levels, joint)" in render_table(report)
    assert re.search(r"  site \(4 levels, joint\) +0\.029\n", render_table(report))
    assert header(report)[0].text.startswith("measurements.csv: y ~ x1 + x2, log sigma ~ site  gaussian noise")


def test_many_shapes_are_one_line() -> None:
    cuts = [Parameter(f"{k}|{k + 1}", None, "shape", "ok", float(k), 0.1) for k in range(1, 9)]
    report = replace(GAUSSIAN, parameters=(*GAUSSIAN.parameters[:2], *cuts), terms=())
    assert labels(report, 3) == ["(Intercept)", "x1", "1|2 to 8|9 (8): --detail"]


def test_sorted_what_explains_most_comes_first() -> None:
    report = wide(3, {"site": 3})
    weaker = replace(report, terms=(replace(report.terms[0], statistic=1.0), *report.terms[1:]), view=View(sort=True))
    assert labels(weaker, 100) == ["(Intercept)", "site (3 levels, joint)", "  1", "  2", "x2", "x3", "x1", "sigma"]


@pytest.mark.parametrize("numbers", range(1, 31))
@pytest.mark.parametrize("width", [80, 100])
def test_any_number_of_predictors_stands_on_the_screen(numbers: int, width: int) -> None:
    report = wide(numbers, {"a factor with a name": 9})
    lines = render_table(replace(report, warnings=(Warn("x", "something " * 12),) * 3), width=width, height=21).splitlines()
    assert len(lines) <= 21
    assert max(map(cell_len, lines)) <= width


def test_warnings_leave_room_for_the_answer_and_are_counted() -> None:
    report = replace(GAUSSIAN, warnings=tuple(Warn("x", f"warning {k} " + "and its reason " * 8) for k in range(5)))
    text = render_table(report, width=80, height=24)
    assert "warning   warning 0 and" in text
    assert "more: --detail\n" in text
    assert text.count("and its reason") < 5 * 8
    assert "warning   warning 0 and its reason" in render_table(report, width=80, height=19)
    assert render_table(report, width=80, height=24, detail=True).count("warning   warning") == 5


def test_a_long_formula_keeps_its_first_terms_on_a_screen_and_all_of_them_in_a_pipe() -> None:
    report = wide(30, {})
    assert header(report, 80)[0].text == "measurements.csv: y ~ x1 + x2 + x3 + x4 + x5 + x6 + 24 more"
    assert " + ".join(NAMES) in header(report)[0].text
    assert split_terms("poly(a + b, 2) + log(c + 1) + d") == ["poly(a + b, 2)", "log(c + 1)", "d"]
    long = replace(report, data=replace(report.data, source=("a" * 90,), target="t" * 90))
    for line in header(long, 80):
        assert cell_len(line.text) <= 80


def test_lists_of_columns_stop_at_six_and_point_to_json() -> None:
    many = replace(GAUSSIAN, data=replace(GAUSSIAN.data, dropped=dict.fromkeys(NAMES, 1)))
    assert header(many)[1].text.startswith(
        "500 of 503 rows used (3 dropped, missing in x1: 1, x2: 1, x3: 1, x4: 1, x5: 1, x6: 1, ... (24 more: -o json))")


def said(kl: Divergence) -> list[tuple[str, str, str]]:
    return list(misfit(replace(GAUSSIAN.information, kl=kl)))


FOUND = Divergence(raw=0.26, misfit=0.25, ci_low=0.18, ci_high=0.32, bound="estimate", verdict="misfit, large",
                   verdict_code="misfit", verdict_p_value=0.001, part="shape", null=NullLaw("simulated", 999, exceeded=True),
                   advice=("-m student-t", "log(y)"))


@pytest.mark.parametrize(("kl", "lines"), [
    (FOUND, [("misfit", "large, in the shape: KL 0.25 nats per row (0.18 to 0.32; p <= 0.0010)", "look"),
             ("next", "-m student-t", "plain")]),
    (replace(FOUND, bound="lower", ci_high=None, advice=(), part="structure", null=None),
     [("misfit", "large, in the mean: KL at least 0.18 nats per row (p 0.0010)", "look")]),
    (replace(FOUND, verdict="borderline", verdict_code="borderline", part=None, verdict_p_value=0.03, advice=(), null=None),
     [("misfit", "borderline: KL 0.25 nats per row (0.18 to 0.32; p 0.030)", "warn")]),
    (Divergence(reason="ties", verdict="not identifiable: ties"), [("misfit", "cannot be told: ties", "plain")]),
    (Divergence(raw=0.0, bound="saturated", verdict_code="saturated"),
     [("misfit", "none possible: the model has a parameter for every value (KL = 0)", "plain")]),
    (Divergence(reason="not asked for", verdict="not asked for", verdict_code="off"), []),
    (Divergence(raw=0.01, bound="estimate"), []),
    (Divergence(raw=0.0, misfit=-0.1, ci_low=-0.2, bound="lower", verdict="no misfit detected", verdict_code="none",
                verdict_p_value=0.9, part_p_values={"structure": 0.9, "spread": 0.8, "shape": 0.7}),
     [("misfit", "none found in mean, spread, shape (p 0.90; rows taken as independent)", "plain")]),
])
def test_the_fit_line_says_verdict_part_size_and_next_step(kl: Divergence, lines: list[tuple[str, str, str]]) -> None:
    assert said(kl) == lines


def test_kl_is_in_the_table_as_a_bound_or_an_estimate_and_not_at_all_when_not_asked_for() -> None:
    bound = replace(GAUSSIAN, information=replace(GAUSSIAN.information, kl=replace(FOUND, bound="lower")))
    assert re.search(r"KL, at least\nmaximum likelihood .* 0\.18\n", render_table(bound))
    estimate = replace(GAUSSIAN, information=replace(GAUSSIAN.information, kl=FOUND))
    assert re.search(r"    KL\nmaximum likelihood .* 0\.25\n", render_table(estimate))
    off = replace(GAUSSIAN, information=replace(GAUSSIAN.information, kl=Divergence(reason="not asked for", verdict_code="off")))
    assert "KL" not in render_table(off)


def test_what_is_explained_is_said_in_units_people_know() -> None:
    assert closing(GAUSSIAN)[0] == (
        "explains", "87.1 % of the variance (R2); typical error 0.487; cross-entropy 0.7102 on new rows", "plain")
    known = replace(GAUSSIAN, criteria=replace(GAUSSIAN.criteria, rmse_on_new_rows=0.5012))
    assert closing(known)[0][1] == "87.1 % of the variance (R2); typical error 0.487, 0.501 on new rows"
    classes = replace(BERNOULLI, criteria=replace(BERNOULLI.criteria, accuracy_on_new_rows=0.6605))
    assert closing(classes)[0][1] == "1.8 % of log-likelihood; accuracy 67.0 %, 66.0 % on new rows; AUC 0.59"
    alone = replace(GAUSSIAN, model=replace(GAUSSIAN.model, formula="1"))
    assert closing(alone)[0][:2] == ("judged", "typical error 0.487; cross-entropy 0.7102 on new rows")
    worse = replace(BERNOULLI, criteria=replace(BERNOULLI.criteria, r_squared=-0.02))
    assert closing(worse)[0][1].startswith("less than the intercept alone (McFadden's R2 -0.020); accuracy")
    through = replace(GAUSSIAN, criteria=replace(GAUSSIAN.criteria, r_squared_centred=False))
    assert closing(through)[0][1].startswith("87.1 % of the sum of squares (R2, uncentred)")


def test_long_names_that_begin_and_end_alike_are_told_apart() -> None:
    names = [f"the column of the measurement number {k} in the list" for k in range(3)]
    assert told_apart([*names, "other"], [24] * 4) == [
        "the … 0 in the list", "the … 1 in the list", "the … 2 in the list", "other"]
    assert told_apart([f"{name} of them all" for name in names], [20] * 3) == [
        "the … 0 in the list…", "the … 1 in the list…", "the … 2 in the list…"]


def test_lines_wrap_at_blanks_and_no_word_is_broken() -> None:
    text = "a line of words that is longer than its room"
    assert wrapped(text, 16, 4) == ["a line of words", "    that is", "    longer than", "    its room"]
    assert wrapped("x" * 30 + " y", 10) == ["xxxxx…xxxx", "y"]
    assert shortened("身長" * 10, 9) == "身長…身長"
