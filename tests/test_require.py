"""--require: figures of the JSON decide exit 5; other names and forms are refused before the data is read."""

import json
from typing import Any

import pytest
from conforming import conforms
from fake_pipeline import Pipeline
from report_samples import BERNOULLI, CATEGORICAL, GAUSSIAN, PARTIAL, replace

from mlefit.cli import main
from mlefit.errors import NoEstimateError, UsageError
from mlefit.report.json import error_to_dict, to_dict, to_json
from mlefit.report.report import Report
from mlefit.report.require import OPERATIONS, SHORT, failures, requirement
from mlefit.report.schema import figures, schemas


def failed(report: Report, *texts: str) -> tuple[str, ...]:
    return failures(report, tuple(requirement("--require", text) for text in texts))


def test_every_operation_compares_the_figure_with_the_number() -> None:
    value = 0.871
    for operation, compare in OPERATIONS.items():
        for number in (0.5, value, 2.0):
            lines = failed(GAUSSIAN, f"r2 {operation} {number}")
            assert bool(lines) == (not compare(value, number))
    assert failed(GAUSSIAN, "r2>.99", "n=500", "criteria.bic<1e3", "data.dropped.x2 = 3", "information.kl.misfit>=-1") == (
        'requirement "r2>.99" does not hold: criteria.r_squared is 0.871',)


def test_a_figure_that_does_not_exist_meets_nothing() -> None:
    assert failed(GAUSSIAN, "auc>0", "accuracy!=7") == (
        'requirement "auc>0" does not hold: there is no criteria.auc',
        'requirement "accuracy!=7" does not hold: there is no criteria.accuracy',
    )
    assert failed(replace(GAUSSIAN, information=None), "kl<1") == (
        'requirement "kl<1" does not hold: there is no information.kl.misfit',)


def test_short_names_are_paths_of_figures() -> None:
    known = set(figures(schemas()["mlefit.fit/1"]))
    assert set(SHORT.values()) <= known
    assert set(SHORT) == {"kl", "r2", "n", "aic", "rmse", "accuracy", "auc"}


@pytest.mark.parametrize(("text", "message"), [
    ("r2", '--require: expected NAME OP NUMBER with OP one of <, <=, >, >=, =, !=, found "r2"\nsuch as --require \'kl<0.05\''),
    ("r2>nan", '--require: expected NAME OP NUMBER with OP one of <, <=, >, >=, =, !=, found "r2>nan"\nsuch as --require \'kl<0.05\''),
    ("__import__('os')>1",
     '--require: "__import__(\'os\')" is no figure of the JSON\n'
     "kl, r2, n, aic, rmse, accuracy or auc, or a path of `mlefit schema` such as criteria.bic"),
    ("criteria.bci>1",
     '--require: "criteria.bci" is no figure of the JSON\n'
     "did you mean criteria.bic? kl, r2, n, aic, rmse, accuracy or auc, or a path of `mlefit schema` such as criteria.bic"),
    ("model.noise=1",
     '--require: "model.noise" is no figure of the JSON\n'
     "did you mean model.level? kl, r2, n, aic, rmse, accuracy or auc, or a path of `mlefit schema` such as criteria.bic"),
])
def test_what_is_no_requirement_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as found:
        requirement("--require", text)
    assert str(found.value) == message


def test_the_answer_is_given_and_each_failure_is_a_line(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline(GAUSSIAN)
    assert main(["fit", "d.csv", "-q", "-o", "json", "--require", "r2>0.9", "--require", "n>100", "--require", "rmse<0.1"]) == 5
    assert capsys.readouterr() == (to_json(GAUSSIAN), (
        'mlefit: requirement "r2>0.9" does not hold: criteria.r_squared is 0.871\n'
        'mlefit: requirement "rmse<0.1" does not hold: criteria.rmse is 0.48695\n'))
    assert main(["fit", "d.csv", "-q", "--require", "r2>0.8"]) == 0


def test_an_unknown_name_is_refused_before_the_data_is_read(pipeline: Pipeline) -> None:
    requests = pipeline(GAUSSIAN)
    assert main(["fit", "d.csv", "--require", "speed>1"]) == 2
    assert requests == []


def test_no_estimate_is_exit_4_whatever_is_required(pipeline: Pipeline) -> None:
    pipeline(NoEstimateError("none", code="separation", partial=PARTIAL))
    assert main(["fit", "d.csv", "-q", "--require", "r2>0.8"]) == 4


@pytest.mark.parametrize("report", [GAUSSIAN, BERNOULLI, CATEGORICAL, PARTIAL])
def test_every_report_is_as_its_schema_says(report: Report) -> None:
    known = schemas()
    assert conforms(json.loads(to_json(report)), known["mlefit.fit/1"], known) == []
    error = error_to_dict(NoEstimateError("none", code="separation", partial=report))
    assert conforms(json.loads(json.dumps(error)), known["mlefit.error/1"], known) == []
    assert set(known["mlefit.fit/1"]["properties"]) == set(to_dict(report))


def test_the_schema_tells_what_is_wrong() -> None:
    known = schemas()
    answer = to_dict(GAUSSIAN)
    answer["data"]["n"] = "many"
    del answer["run"]["seed"]
    answer["status"] = "perhaps"
    assert sorted(conforms(answer, known["mlefit.fit/1"], known)) == ["data.n", "run.seed", "status"]


def test_a_failure_says_what_has_become_of_the_file(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    pipeline(NoEstimateError("none", code="separation", partial=PARTIAL))
    target = tmp_path / "fit.txt"
    assert main(["fit", "d.csv", "-q", "--out", str(target)]) == 4
    assert capsys.readouterr() == ("", f'--out: "{target}" is not written\nmlefit: none\n')
    assert not target.exists()
    target.write_text("old", encoding="utf-8")
    assert main(["fit", "d.csv", "-q", "--out", str(target)]) == 4
    assert capsys.readouterr() == ("", f'--out: "{target}" is as it was\nmlefit: none\n')
    assert target.read_text(encoding="utf-8") == "old"
