"""JSON: the keys of the contract, full precision, null for what does not exist, valid UTF-8 for any name."""

import json
import math

import pytest
from report_samples import BERNOULLI, CATEGORICAL, GAUSSIAN, PARTIAL, replace

from mlefit.errors import DataError, NoEstimateError, UsageError
from mlefit.report.json import error_to_dict, error_to_json, to_dict, to_json
from mlefit.report.report import Report

KEYS = {
    "": "schema mlefit status data model parameters routes agreement information criteria warnings run",
    "data": "source sha256 rows_read rows_used rows_dropped dropped n weights offset target features",
    "model": "noise loss options levels positive reference",
    "agreement": "max_gap_se nll_excess agree",
    "information": "unit cross_entropy entropy entropy_method kl",
    "criteria": "n_params loglik null_loglik r_squared r_squared_kind aic bic",
    "run": "seed threads engine python numpy scipy",
}
PARAMETER = [
    "name", "class", "kind", "state", "estimate", "std_error", "ci_low", "ci_high", "limit", "statistic", "df",
    "p_value", "loss_estimate", "gap_se",
    "interval", "term", "n_minus_p",
]
ROUTE = ["method", "converged", "iterations", "evaluations", "loglik", "nll", "loss", "kl", "edm", "gradient", "refinement",
         "certificate"]
KL = [
    "raw", "misfit", "ci_low", "ci_high", "null_low", "null_high", "p_value", "ad_p_value", "verdict_p_value", "bound",
    "verdict", "reason", "resolution", "detection_limit", "draws", "n_used",
]


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@pytest.mark.parametrize("report", [GAUSSIAN, BERNOULLI, CATEGORICAL])
def test_the_keys_are_those_of_the_contract_in_its_order(report: Report) -> None:
    answer = json.loads(to_json(report), parse_constant=refuse)
    for part, keys in KEYS.items():
        found = list(answer[part] if part else answer)
        assert found[:len(keys.split())] == keys.split()
    assert set(answer["model"]) - set(KEYS["model"].split()) == {"formula", "se", "level", "se_used", "scale_formula", "shape_cost"}
    assert all(list(parameter) == PARAMETER for parameter in answer["parameters"])
    assert list(answer["routes"]) == ["mle", "loss"]
    assert list(answer["routes"]["mle"]) == list(answer["routes"]["loss"]) == ROUTE
    assert list(answer["information"]["kl"])[:len(KL)] == KL
    assert answer["schema"] == "mlefit.fit/1"
    assert answer["mlefit"] == "0.1.0"
    assert answer == to_dict(report)


def test_the_keys_for_new_rows_and_for_both_routes() -> None:
    answer = json.loads(to_json(GAUSSIAN))
    assert list(answer["information"])[5:] == ["explained", "expected_tic", "expected_aic", "holdout"]
    assert answer["information"]["holdout"] == {
        "share": 0.2, "rows": 130, "n": 125, "cross_entropy": 0.7213, "std_error": 0.0645, "not_scored": 5, "rmse": 0.4912,
        "r_squared": 0.8631, "accuracy": None, "log_loss": None, "auc": None,
    }
    assert answer["agreement"]["kl_routes"] == 2e-17
    assert json.loads(to_json(BERNOULLI))["information"]["holdout"] is None


def test_numbers_keep_every_digit_and_stay_in_nats() -> None:
    answer = json.loads(to_json(replace(BERNOULLI, information=BERNOULLI.information)))
    assert answer["information"]["cross_entropy"] == 0.5900615
    assert answer["parameters"][1]["ci_high"] == 0.0184 + 1.96 * 0.0021


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_does_not_exist_is_null(value: float) -> None:
    sigma = replace(GAUSSIAN.parameters[-1], estimate=value, std_error=value)
    answer = json.loads(to_json(replace(GAUSSIAN, parameters=(sigma,))), parse_constant=refuse)
    assert answer["parameters"][0]["estimate"] is None
    assert answer["parameters"][0]["std_error"] is None


def test_any_name_gives_valid_utf8_that_no_terminal_acts_on() -> None:
    name = 'a"\ud800\x1b[31m\x9b\u202e\U000e0041größe'
    text = to_json(replace(GAUSSIAN, parameters=(replace(GAUSSIAN.parameters[0], name=name),)))
    assert json.loads(text.encode("utf-8"))["parameters"][0]["name"] == name.replace("\ud800", "\ufffd")
    assert "größe" in text
    assert not {"\x1b", "\x9b", "\u202e", "\U000e0041"} & set(text)


def test_a_partial_report_has_null_where_nothing_is_known() -> None:
    answer = json.loads(to_json(PARTIAL))
    assert answer["status"] == "no estimate"
    assert answer["routes"] == {"mle": None, "loss": None}
    assert answer["agreement"] is answer["information"] is answer["criteria"] is None
    assert [p["limit"] for p in answer["parameters"]] == ["-inf", "+inf", None, None]


def test_an_error_is_an_object_of_its_own() -> None:
    error = DataError("found x", "drop it", code="bad-cell", columns=["a"], rows=[3])
    assert json.loads(error_to_json(error)) == {
        "schema": "mlefit.error/1", "exit": 3, "code": "bad-cell", "message": "found x", "remedy": "drop it",
        "columns": ["a"], "rows": [3], "fit": None,
    }
    assert error_to_dict(UsageError("m", code="c"))["exit"] == 2


def test_an_error_without_estimate_carries_the_partial_fit() -> None:
    answer = error_to_dict(NoEstimateError("separated", code="separation", partial=PARTIAL))
    assert answer["exit"] == 4
    assert answer["fit"] == to_dict(PARTIAL)
