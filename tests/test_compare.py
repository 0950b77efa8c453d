"""`mlefit compare` from end to end: one table of models on the same rows, its formats, and what has no answer."""

import csv
import io
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import mlefit
from mlefit.cli import main
from mlefit.cli.compare import named

SAMPLES = Path(__file__).parents[1] / "sample_data"
N = 300


def table(path: Path, **columns: object) -> str:
    """A CSV file of these columns."""
    names = list(columns)
    rows = zip(*(columns[name] for name in names), strict=True)     # type: ignore[call-overload]
    path.write_text("\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


@pytest.fixture
def skewed(tmp_path: Path) -> str:
    """Positive numbers whose spread grows with their mean."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=N)
    return table(tmp_path / "skewed.csv", x=x.tolist(), y=(np.exp(0.5 + 0.5 * x) * rng.gamma(4.0, size=N) / 4.0).tolist())


def test_the_table_names_the_nearer_law_with_what_the_other_costs(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-t", "y", "-m", "gaussian", "-m", "gamma"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "y ~ x   300 rows, the same for all models"
    assert [line.split()[0] for line in lines[4:6]] == ["gamma", "gaussian"]
    assert "use gamma: gaussian is worse by " in out
    assert lines[-2] == "its loss: half gamma deviance."
    assert lines[-1] == f"next: mlefit fit {skewed} -t y -m gamma"


def test_the_json_holds_every_fit_whole(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-t", "y", "-m", "gaussian", "-m", "gamma", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "mlefit.compare/1"
    assert found["order"] == ["gamma", "gaussian"]
    assert {fit["schema"] for fit in found["models"]} == {"mlefit.fit/1"}
    told = found["recommendation"]
    assert (told["model"], told["strength"], told["loss"]) == ("gamma", "strong", "half gamma deviance")
    (behind,) = found["differences"]
    each = [fit["criteria"]["loglik"] for fit in found["models"]]
    assert behind["nats"] == pytest.approx((each[0] - each[1]) / N, rel=1e-10)
    assert told["cost_nats"] == behind["nats"]


@pytest.mark.parametrize(("option", "others"), [
    ("--se hac", "laplace"), ("--intervals profile", "laplace"), ("--se ols", "gamma, laplace"),
])
def test_errors_that_some_models_do_not_have_keep_none_from_the_contest(
    option: str, others: str, skewed: str, capsys: pytest.CaptureFixture[str],
) -> None:
    """What is compared are likelihoods; the model that is told to be used is told with errors that it has."""
    assert main(["compare", skewed, "-t", "y", "-m", "gaussian,gamma,laplace", *option.split(), "--no-kl"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"errors of {others} are the default ones, as there is no {option} for them."
    (told,) = (line for line in lines if line.startswith("next: mlefit "))
    assert main([*shlex.split(told)[2:], "-q"]) == 0
    assert (option in told) == ("gamma" not in others)


def test_a_law_whose_shape_has_the_name_of_a_column_takes_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(2)
    k = rng.normal(size=80)
    path = table(tmp_path / "d.csv", k=k.tolist(), y=(np.exp(0.3 * k) * rng.weibull(2.0, size=80)).tolist())
    assert main(["compare", path, "-t", "y", "-m", "gaussian,weibull", "--parameters", "-q"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith(f": mlefit fit {path} -t y -m weibull")
    assert [line.split()[:-2] for line in lines if line.startswith("k (shape)")] == [["k", "(shape)"]]
    assert main(["fit", path, "-t", "y", "-m", "weibull", "--draws", "0"]) == 0


def test_what_is_told_next_has_the_formula_that_was_compared(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-f", "log(y) ~ x", "-m", "gaussian", "-q"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(f": mlefit fit {skewed} -f 'log(y) ~ x' -m gaussian")


def test_errors_that_no_model_of_the_contest_has_are_refused(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-t", "y", "-m", "laplace,quantile", "--se", "hac"]) == 2
    assert "mlefit: --se hac is for losses without corners, the model is laplace\n" in capsys.readouterr().err


def test_models_are_named_one_by_one_or_together(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for words in (["-m", "gaussian,gama:df=4"], ["-m", "gaussian,gamma"], ["-m", "gaussian", "-m", "gamma"]):
        main(["compare", skewed, "-t", "y", *words])
        outputs.append(capsys.readouterr())
    assert outputs[1:2] == outputs[2:]
    assert outputs[0].err.startswith('mlefit: --model: "gama" is not a model of mlefit\n')


@pytest.mark.parametrize(("word", "models"), [
    ("gaussian,gamma", ["gaussian", "gamma"]), ("gaussian,student-t:df=4", ["gaussian", "student-t:df=4"]),
    ("quantile:tau=0.8,gaussian", ["quantile:tau=0.8", "gaussian"]), ("hurdle:gamma,laplace", ["hurdle:gamma", "laplace"]),
    ("student-t:df=4,scale=2,huber:delta=1", ["student-t:df=4,scale=2", "huber:delta=1"]),
])
def test_options_stay_with_their_model(word: str, models: list[str]) -> None:
    assert named(word) == models


def test_one_model_alone_is_judged_by_its_residuals(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", skewed, "-t", "y", "-m", "gaussian"])
    assert "\ngaussian is not the law of its residuals: " in capsys.readouterr().out
    main(["compare", skewed, "-t", "y", "-m", "gamma"])
    assert "\nuse gamma: no other model is compared.\n" in capsys.readouterr().out


def test_a_misfit_that_is_not_known_has_its_reason_below(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "few.csv", x=range(16), y=[(7 * k) % 16 + 0.25 for k in range(16)])
    assert main(["compare", path, "-t", "y", "-m", "gaussian", "-m", "laplace"]) == 0
    out = capsys.readouterr().out
    assert len(re.findall(r"  not identifiable\n", out)) == 2
    assert re.search(r"\nmisfit not identifiable for 2 models; (gaussian|laplace): 16 rows are too few \(at least \d+\)\n$", out)


def test_each_model_is_the_one_that_fit_gives(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", skewed, "-t", "y", "-m", "gamma", "-m", "gaussian", "-o", "json"])
    together = {fit["model"]["noise"]: fit for fit in json.loads(capsys.readouterr().out)["models"]}
    for model in ("gaussian", "gamma"):
        main(["fit", skewed, "-t", "y", "-m", model, "-o", "json"])
        alone = json.loads(capsys.readouterr().out)
        assert together[model]["parameters"] == alone["parameters"]
        assert together[model]["routes"] == alone["routes"]


def test_csv_has_a_line_for_each_model(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", skewed, "-t", "y", "-m", "gaussian", "-m", "gamma", "-m", "poisson", "-o", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["model"] for row in rows] == ["gamma", "gaussian", "poisson"]
    assert [row["recommended"] for row in rows] == ["strong", "", ""]
    assert [row["code"] for row in rows] == ["", "", "bad-response"]
    assert rows[1]["test"] == "Vuong"


def test_markdown_is_a_table_with_the_parameters_side_by_side(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", skewed, "-t", "y", "-m", "gaussian", "-m", "gamma", "-o", "markdown", "--parameters"])
    out = capsys.readouterr().out
    assert "| model | parameters | cross-entropy | on new rows |" in out
    assert "| parameter | gamma | gaussian |" in out
    assert "| sigma |  |" in out


def test_a_model_that_the_response_refuses_stands_with_its_reason(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-t", "y", "-m", "gamma", "-m", "poisson"]) == 0
    out = capsys.readouterr().out
    assert "no answer: bad-response" in out
    assert 'poisson: column "y", row 1: poisson needs whole numbers >= 0 (counts), found ' in out


def test_all_models_without_an_answer_are_exit_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "negative.csv", x=range(-20, 20), y=[k % 7 - 3 for k in range(40)])
    assert main(["compare", path, "-t", "y", "-m", "poisson", "-m", "gamma"]) == 4
    assert re.fullmatch(
        r'mlefit: none of the 2 models has an answer; poisson: column "y", row 1: poisson needs whole numbers >= 0 \(counts\), '
        r"found -3(\.0)?\nsee each alone with `mlefit fit -m MODEL`\n", capsys.readouterr().err)


def test_the_commands_of_markdown_are_code_that_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the names of the file and of the columns are."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=80)
    path = table(tmp_path / "it's `one` $HOME_*.csv", a_b=x.tolist(), y_1=(1 + x + rng.standard_t(1.2, size=80)).tolist())
    assert main(["compare", path, "-t", "y_1", "-m", "gaussian", "-q", "-o", "markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    typed = [match[2] for line in lines if (match := re.search(r": (`+)(mlefit fit .*)\1$", line))]
    assert [shlex.split(line)[2:] for line in typed] == [[path, "-t", "y_1", "-m", law] for law in ("quantile", "gaussian")]
    assert all(main([*shlex.split(line)[1:], "-q", "--no-kl"]) == 0 for line in typed)


def test_sampling_weights_have_no_likelihood_to_compare(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", skewed, "-t", "y", "-x", "none", "--weights", "x", "--weights-kind", "sampling"]) == 2
    assert capsys.readouterr().err == (
        "mlefit: compare: with sampling weights the likelihood is not that of the rows, and models cannot be compared by it\n"
        "leave --weights and --weights-kind out, or compare intervals with `mlefit fit`\n")


def test_designs_are_fitted_to_the_rows_that_are_complete_for_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(2)
    x, z = rng.normal(size=(2, N))
    path = table(tmp_path / "d.csv", x=x.tolist(), z=["" if k < 20 else v for k, v in enumerate(z.tolist())],
                 y=(1 + x + 0.3 * z + rng.normal(size=N)).tolist())
    assert main(["compare", path, "-m", "gaussian", "-f", "y ~ x", "-f", "y ~ x + z", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [fit["data"]["rows_used"] for fit in found["models"]] == [N - 20] * 2
    assert found["order"] == ["y ~ x + z", "y ~ x"]
    (behind,) = found["differences"]
    assert (behind["test"], behind["df"], behind["nested"]) == ("F", 1, True)
    z_test = next(p for p in found["models"][0]["parameters"] if p["name"] == "z")
    assert behind["statistic"] == pytest.approx(z_test["statistic"] ** 2, rel=1e-8)
    assert behind["p_value"] == pytest.approx(z_test["p_value"], rel=1e-6)
    assert found["recommendation"]["next"] == f"mlefit fit {path} -f 'y ~ x + z' -m gaussian"


def test_compare_from_python_is_that_of_the_command_line(skewed: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = mlefit.compare(skewed, target="y", models=["gaussian", "gamma"])
    main(["compare", skewed, "-t", "y", "-m", "gaussian", "-m", "gamma"])
    assert str(found) == capsys.readouterr().out
    assert found.recommendation.model == "gamma"
    assert list(found.models["model"]) == ["gamma", "gaussian"]
    with pytest.raises(TypeError, match=r"compare\(\) got an unexpected keyword argument 'formats'"):
        mlefit.compare(skewed, formats=1)


def test_counts_near_zero_are_compared_as_masses_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=N)
    path = table(tmp_path / "counts.csv", x=x.tolist(), y=rng.poisson(np.exp(0.5 + 0.5 * x)).tolist())
    assert main(["compare", path, "-t", "y", "-o", "json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["order"]) == {"poisson", "negative-binomial", "hurdle", "gaussian (rounded to 1)"}
    assert (found["default"], found["recommendation"]["strength"]) == ("poisson", "keep")
    (behind,) = [each for each in found["differences"] if {each["model"], each["against"]} == {"poisson", "negative-binomial"}]
    assert behind["within"] or behind["indistinguishable"]


def test_overdispersed_counts_are_told_from_poisson_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=N)
    rate = np.exp(0.5 + 0.5 * x) * rng.gamma(2.0, size=N) / 2.0
    path = table(tmp_path / "counts.csv", x=x.tolist(), y=rng.poisson(rate).tolist())
    assert main(["compare", path, "-t", "y", "-o", "json", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["order"][0] == told["recommendation"]["model"] == "negative-binomial"
    behind = next(each for each in told["differences"] if each["model"] == "poisson")
    assert (behind["test"], behind["df"]) == ("likelihood ratio, boundary", 1)
    assert told["recommendation"]["strength"] == "strong"


def test_the_same_data_by_every_route_ask_for_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The gaussian is kept where it is true, and a model that contains it gains nothing."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=N)
    path = table(tmp_path / "g.csv", x=x.tolist(), y=(1 + 2 * x + rng.normal(size=N)).tolist())
    assert main(["compare", path, "-t", "y", "-o", "json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["recommendation"]["model"], found["recommendation"]["strength"]) == ("gaussian", "keep")
    df = next(p for fit in found["models"] if fit["model"]["noise"] == "student-t" for p in fit["parameters"] if p["name"] == "df")
    assert found["recommendation"]["because"] == (
        f"nothing in these data asks for more than gaussian; student-t with df below {df['ci_low']:.2g} would have been seen")
    assert found["recommendation"]["cost_nats"] == 0.0


def test_a_hurdle_of_positive_numbers_is_not_compared_with_a_density(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=N)
    path = table(tmp_path / "zeros.csv", x=x.tolist(), y=(rng.gamma(2.0, np.exp(0.5 * x)) * (rng.random(N) < 0.7)).tolist())
    assert main(["compare", path, "-t", "y", "-m", "hurdle:gamma", "-m", "gaussian", "-m", "hurdle:lognormal"]) == 0
    out = capsys.readouterr().out
    assert "use hurdle:gamma: hurdle:gamma fits best" in out
    assert ("gaussian: a density has no probability of exactly 0, and stands on another scale than a law that has one\n"
            in out)


def test_an_offset_is_no_part_of_what_the_response_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts beside the log of an exposure are counts, and models of counts are compared."""
    rng = np.random.default_rng(12)
    exposure = rng.uniform(1.0, 9.0, size=N)
    path = table(tmp_path / "claims.csv", exposure=exposure.tolist(), y=rng.poisson(0.4 * exposure).tolist())
    assert main(["compare", path, "-t", "y", "-x", "none", "--offset", "log(exposure)", "-o", "json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"poisson", "negative-binomial"} <= {fit["compared"]["model"] for fit in found["models"] if fit["compared"]["code"] is None}
    assert found["recommendation"]["model"] == "poisson"


def test_a_logarithm_of_the_response_is_no_case_of_the_response(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fewer columns of one and more of the other are not nested: Vuong, with both as densities of y."""
    rng = np.random.default_rng(13)
    x, z = rng.normal(size=(2, N))
    path = table(tmp_path / "log.csv", x=x.tolist(), z=z.tolist(), y=np.exp(1 + 0.5 * x + 0.4 * rng.normal(size=N)).tolist())
    assert main(["compare", path, "-m", "gaussian", "-f", "y ~ x + z", "-f", "log(y) ~ x", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (behind,) = found["differences"]
    assert (found["order"][0], behind["test"], behind["nested"]) == ("log(y) ~ x", "Vuong", False)
    main(["fit", path, "-t", "y", "-x", "x", "-m", "lognormal", "-o", "json"])
    alone = json.loads(capsys.readouterr().out)
    assert found["models"][0]["routes"]["mle"]["nll"] == pytest.approx(alone["routes"]["mle"]["nll"], rel=1e-12)
