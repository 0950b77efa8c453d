"""The page of a report: one file without script, network or reference, legible, and safe whatever the names hold."""

import re
from dataclasses import replace as changed
from importlib import util
from itertools import pairwise

import numpy as np
import pytest
from page_reading import Page
from picture_samples import PANELS, ruler, sheet
from report_samples import BERNOULLI, CATEGORICAL, GAUSSIAN, PARTIAL, mean, replace

from mlefit.drawing.page import facts, rendered
from mlefit.drawing.page.parameters import MOST, table, whisker
from mlefit.drawing.page.rendered import html
from mlefit.drawing.page.story import Story
from mlefit.drawing.page.words import sentences
from mlefit.drawing.typeset import signed, typeset
from mlefit.errors import NoEstimateError, UsageError
from mlefit.picture.panel import Axis, Layer, Panel
from mlefit.report.json import to_dict

pytest.importorskip("jinja2")

SPREADS = {"x1": 1.0, "x2": 1.5, "site=b": 1.0, "site=c": 1.0}
NASTY = "</script><img src=x onerror=alert(1)> & \"q\" '{{ 7 * 7 }} \x1b[31m \u202e\ufffe"
SIX = ("density", "quantiles", "along", "levels", "ruler", "crowd")


def nats() -> Panel:
    parts = ((0.0, 0.7, "model", "noise"), (0.7, 0.71, "warn", "misfit"), (0.71, 2.2, "data", "explained by the predictors"))
    layers = tuple(
        Layer("span", role, {"low": np.array([low]), "high": np.array([high]), "row": np.zeros(1)}, label)  # type: ignore[arg-type]
        for low, high, role, label in parts)
    return Panel("nats", "Where the nats go", Axis("nats per row", (0.0, 2.2)), Axis(""), layers, "The predictors take 1.49 nats off.")


FULL = Story(GAUSSIAN, SPREADS, sheet(*SIX), nats(), (PANELS["slice"],), (PANELS["slice"],), commands=("mlefit fit 'a b.csv'",))
STORIES = {
    "full": FULL, "bernoulli": Story(BERNOULLI), "categorical": Story(CATEGORICAL), "gaussian": Story(GAUSSIAN),
    "partial": Story(PARTIAL, error=NoEstimateError("perfectly separated", "drop g", code="separation", columns=["g"], rows=[3, 7],
                                                    partial=PARTIAL)),
}


def page(story: Story) -> Page:
    return Page(html(story))


@pytest.mark.parametrize("name", STORIES)
def test_a_page_has_no_script_but_its_data_and_refers_to_nothing_outside(name: str) -> None:
    found = page(STORIES[name])
    assert found.of("script") == [{"type": "application/json", "id": "mlefit-fit"}]
    assert not found.of("link", "img", "iframe", "object", "embed", "form", "base", "a")
    assert not [key for attributes in found.of(*{tag for tag, _ in found.elements}) for key in attributes if key.startswith("on")]
    assert not [value for _, attributes in found.elements for key, value in attributes.items() if key in ("src", "href", "xlink:href")]
    (policy,) = [one["content"] for one in found.of("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not re.search(r"url\((?!#)|@import", html(STORIES[name]))


@pytest.mark.parametrize("name", STORIES)
def test_headings_have_no_gaps_and_pictures_have_words(name: str) -> None:
    found = page(STORIES[name])
    levels = [level for level, _ in found.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(text.strip() for _, text in found.headings)
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    pictures = found.of("svg")
    for one in pictures:
        if one.get("aria-hidden") == "true":
            continue
        assert one["role"] == "img"
        assert {one["aria-labelledby"], one["aria-describedby"]} <= set(ids)
    assert all(one.get("aria-label") and one.get("tabindex") == "0" for one in found.of("div") if one.get("role") == "region")
    assert found.of("html") == [{"lang": "en"}]
    assert all(attributes.get("scope") for attributes in found.of("th"))


def test_the_sections_stand_in_the_order_of_reading() -> None:
    assert [text for level, text in page(FULL).headings if level == 2] == [
        "In words", "Where the nats go", "Parameters", "Does the noise model hold?", "What the predictors do",
        "The same answer twice", "Next", "Record"]
    assert next(text for level, text in page(STORIES["partial"]).headings if level == 2) == "Why there is no answer"


def test_the_answer_in_words_is_made_from_its_figures() -> None:
    assert list(sentences(FULL)) == [
        "Mean squared error was minimised and the gaussian likelihood maximised, separately, over 500 rows; the two sets of "
        "parameters agree to less than 1e-10 standard errors.",
        "Of the 3 terms, the one that explains most is x1: its coefficient is 2.018 (1.977 to 2.060).",
        "The model explains 87.1 % of the variance (R2); typical error 0.487; cross-entropy 0.7102 on new rows.",
        "Misfit: none found in mean, spread, shape (p 0.67; rows taken as independent).",
        "1 of 5 pictures tested is marked, first Quantiles of the residuals: Both tails are heavier: measured by the quartiles, the "
        "outer 1 % begin 2.0 (below) and 1.3 (above) times as far out as under the model.",
        "The verdict and the pictures differ: the verdict is one test of all that the KL measures, a picture looks at one thing. "
        "The verdict stands; the pictures say where to look.",
    ]


def test_a_model_without_predictors_says_so_and_quiet_pictures_too() -> None:
    alone = replace(GAUSSIAN, model=replace(GAUSSIAN.model, formula="1"), parameters=(mean("(Intercept)", 1.0, 0.1),))
    quiet = changed(sheet("density", "along"), tested=2)
    found = list(sentences(Story(alone, sheet=quiet)))
    assert "The model has no predictors." in found
    assert found[-1] == "None of 2 pictures tested is marked."
    one = replace(alone, model=replace(GAUSSIAN.model, formula="x1"), parameters=(mean("x1", 1.0, 0.1),))
    assert "The only predictor is x1: its coefficient is 1.00 (0.80 to 1.20)." in list(sentences(Story(one)))
    levels = tuple(mean(f"g={level}", 1.0, 0.1)._replace(term="g") for level in "abc")
    assert "The only predictor is g, with 3 coefficients." in list(sentences(Story(replace(one, parameters=levels))))


def test_routes_that_disagree_are_said_to() -> None:
    apart = replace(GAUSSIAN, agreement=replace(GAUSSIAN.agreement, max_gap_se=0.25, agree=False))
    assert next(sentences(Story(apart))).endswith("the two sets of parameters differ by 0.25 standard errors.")
    near = replace(GAUSSIAN, agreement=replace(GAUSSIAN.agreement, max_gap_se=3e-7))
    assert next(sentences(Story(near))).endswith("the two sets of parameters agree to 3.0e-07 standard errors.")


def test_verdicts_are_chips_and_those_to_look_at_are_marked_without_colour_alone() -> None:
    text = page(FULL).text
    assert "optimum certified (EDM < 1e−10) two routes agree distance from the data no misfit detected pictures 1 of 5 to look at R2 0.871" in text
    assert html(FULL).count('<li class="look">') == 1
    partial = page(STORIES["partial"]).text
    assert "answer no maximum-likelihood estimate" in partial


def test_a_page_without_an_answer_says_why_and_what_to_do() -> None:
    text = page(STORIES["partial"]).text
    assert "Why there is no answer perfectly separated Rows of the file: 3, 7. Columns: g. What to do: drop g" in text
    many = NoEstimateError("m", "r", code="separation", rows=list(range(1, 31)), partial=PARTIAL)
    assert "19, 20 and 10 more." in page(Story(PARTIAL, error=many)).text


def test_the_data_in_the_page_is_the_json_of_the_fit() -> None:
    assert page(FULL).data == to_dict(GAUSSIAN)
    nasty = replace(GAUSSIAN, data=replace(GAUSSIAN.data, target=NASTY))
    assert page(Story(nasty)).data["data"]["target"] == NASTY


def test_names_are_text_everywhere() -> None:
    report = replace(
        GAUSSIAN, data=replace(GAUSSIAN.data, target=NASTY, source=(f"dir/{NASTY}.csv",)),
        model=replace(GAUSSIAN.model, formula=NASTY, reference={NASTY: NASTY}), parameters=(mean(NASTY, 1.0, 0.1),),
        warnings=(replace(GAUSSIAN.warnings[0], message=NASTY),) if GAUSSIAN.warnings else (), notes=(NASTY,))
    story = Story(report, {NASTY: 1.0}, sheet("hostile"), None, (PANELS["hostile"],), (PANELS["hostile"],),
                  commands=(f"mlefit fit {NASTY}",), error=NoEstimateError(NASTY, NASTY, code="x", columns=[NASTY]))
    text = html(story)
    found = Page(text)
    assert not found.of("img")
    assert len(found.of("script")) == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\ufffe]", text)
    assert "{{ 7 * 7 }}" in found.text
    assert "\\x1b[31m" in found.text


def test_a_page_is_the_same_twice() -> None:
    assert html(FULL) == html(FULL)


def test_a_page_with_thousands_of_parameters_stays_below_its_limit() -> None:
    many = tuple(mean(f"g={place}", 1.0, 0.1) for place in range(5_000))
    text = html(Story(replace(GAUSSIAN, parameters=many), {p.name: 1.0 for p in many}))
    assert len(text.encode()) < 500_000
    found = Page(text)
    assert found.data is None
    assert "The whole result is too large for this page: mlefit fit -o json prints it." in found.text
    assert f"{5_000 - MOST} more: mlefit fit --detail, or -o csv." in found.text


def test_effects_stand_on_one_scale() -> None:
    found = table(GAUSSIAN, SPREADS)
    assert found.reach == "2.06"
    drawn = {line.name: line.drawing for line in found.lines}
    assert drawn["(Intercept)"] == drawn["sigma"] == ""
    at = {name: float(re.findall(r"M([\d.]+) 8h0", drawing)[0]) for name, drawing in drawn.items() if drawing}
    reach = max(abs(end) for end in (2.0184 + 1.96 * 0.0211,))
    assert at["x1"] == pytest.approx(95.0 + 88.0 * 2.0184 / reach, abs=0.06)
    assert at["x2"] == pytest.approx(95.0 - 88.0 * 1.5 * 0.50712 / reach, abs=0.06)
    assert 'd="M7 8H183"' in whisker(-2.0, 0.0, 2.0, 2.0)


def test_without_spreads_no_scale_is_drawn() -> None:
    assert table(GAUSSIAN, {}).reach is None
    assert "effect of one sd" not in page(Story(GAUSSIAN)).text


def test_the_nats_are_one_bar_with_a_key() -> None:
    text = html(FULL)
    assert 'style="width:31.82%"' in text
    assert "noise: 0.7 misfit: 0.01 explained by the predictors: 1.49 together 2.2 nats per row" in Page(text).text


def test_both_routes_stand_side_by_side() -> None:
    lines = {name: (a, b) for name, a, b in facts.routes(GAUSSIAN)}
    assert lines["Mean squared error"][0] == lines["Mean squared error"][1]
    assert lines["log-likelihood"][0].startswith("−")
    assert facts.routes(PARTIAL) == [] or PARTIAL.mle is not None


@pytest.mark.parametrize(("figure", "said"), [
    ("-0.5", "−0.5"), ("1e-10", "1e−10"), ("< 1e-10", "< 1e−10"), ("-0.5 to -0.3", "−0.5 to −0.3"), ("x-1", "x-1"), ("-", "-"),
    ("-inf", "−inf"), ("2026-01-01", "2026-01-01"),
])
def test_minus_signs_of_figures_are_minus_signs(figure: str, said: str) -> None:
    assert typeset(figure) == said


@pytest.mark.parametrize(("sentence", "said"), [
    ("0.46 of the average at -3.50, tails (-8.3 sd) worse by 0.115 +- 0.035",
     "0.46 of the average at −3.50, tails (−8.3 sd) worse by 0.115 ± 0.035"),
    ("a gap of 2e-14 on 2026-01-01, -x x-1,x-2 --start a=-1", "a gap of 2e−14 on 2026-01-01, -x x-1,x-2 --start a=-1"),
])
def test_minus_signs_of_sentences_are_minus_signs(sentence: str, said: str) -> None:
    assert signed(sentence) == said


def test_a_ruler_of_several_parts_names_each() -> None:
    from mlefit.drawing import svg

    drawn = svg.panel(nats(), "n")
    assert all(name in drawn for name in ("noise", "misfit", "explained by the predictors"))
    assert svg.panel(ruler(), "r").count("measured 0.0062") == 1


def test_without_jinja2_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "find_spec", lambda name: None if name == "jinja2" else util.find_spec(name))
    with pytest.raises(UsageError) as refused:
        rendered.check("report")
    assert (refused.value.message, refused.value.remedy) == ("report needs jinja2, which is not installed", 'pip install "mlefit[report]"')


def test_a_refusal_names_the_first_of_many_columns() -> None:
    error = NoEstimateError("separated", "merge levels", code="separation", columns=tuple(f"g={k}" for k in range(500)))
    unknown = tuple(replace(mean(f"g={place}", 1.0, 0.1), estimate=None, term="g", state="unknown") for place in range(500))
    found = Page(html(Story(replace(GAUSSIAN, parameters=unknown), {}, error=error)))
    assert "g=18, g=19 and 480 more." in found.text
    assert "g=20" not in found.text
    assert "g (500 coefficients)" in found.text
