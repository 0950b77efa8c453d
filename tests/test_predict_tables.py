"""Tables in and out of `predict`: their kind, and what is said of their rows and of how their cells are read."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from saved_models import Fitted, predicted

import mlefit
from mlefit.cli import main

SAMPLES = Path(__file__).parents[1] / "sample_data"


def test_a_row_with_several_causes_is_one_row(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model = fitted(SAMPLES / "measurements.csv")
    (tmp_path / "new.csv").write_text("x1,x2,site\n1,,\n,,\n1,2,a\n1e3,1e3,a\n")
    _, err = predicted(capsys, model, str(tmp_path / "new.csv"))
    assert err == ("note: 2 of 4 rows have no prediction: missing:x2 2, missing:site 2, missing:x1 1.\n"
                   "note: 1 of 4 rows is beyond the rows fitted: outside:x1 1, outside:x2 1.\n")
    assert main(["simulate", model, str(tmp_path / "new.csv"), "--out", str(tmp_path / "drawn.csv")]) == 0
    assert capsys.readouterr().err == "note: 2 of 4 rows are not drawn: missing:x2 2, missing:site 2, missing:x1 1.\n"


def test_what_is_unusual_in_how_columns_are_read_is_said(tmp_path: Path, fitted: Fitted, capsys: pytest.CaptureFixture[str]) -> None:
    model = fitted(SAMPLES / "measurements.csv")
    (tmp_path / "new.csv").write_text("x1,x2,site,y,free\n1%,2 kg,a,1,1%\n2%,1 kg,b,2,2%\n2%,1 kg,c,2,2%\n")
    said = ('note: column "x1" is read as numbers: percent: 5 % is 5.\n'
            'note: column "x2": every cell ends in "kg", and is read as a number of kg\n')
    assert predicted(capsys, model, str(tmp_path / "new.csv"))[1].startswith(said)
    for command in ("check", "simulate"):
        main([command, model, str(tmp_path / "new.csv"), "--out", str(tmp_path / "out"), *(["--name", "z"] if command == "simulate" else [])])
        assert capsys.readouterr().err.startswith(said)


def test_a_table_comes_out_as_the_kind_that_went_in(fitted: Fitted) -> None:
    model = mlefit.load(fitted(SAMPLES / "measurements.csv"))
    frame = pd.read_csv(SAMPLES / "measurements.csv")
    expected = model.predict(frame)
    assert type(expected) is pd.DataFrame
    assert expected["mean"].isna().sum() == 3
    for given in (pa.Table.from_pandas(frame), pa.RecordBatch.from_pandas(frame)):
        found = model.predict(given)
        assert type(found) is type(given)
        assert found["mean"].null_count == 3        # and no NaN
        pd.testing.assert_frame_equal(found.to_pandas(), expected)
        assert type(model.simulate(given)) is type(given)
    polars = pytest.importorskip("polars")
    found = model.predict(polars.from_pandas(frame))
    assert type(found) is polars.DataFrame
    assert found["mean"].null_count() == 3
    pd.testing.assert_frame_equal(found.to_pandas(), expected)


def test_a_column_alone_is_no_table(fitted: Fitted) -> None:
    model = mlefit.load(fitted(SAMPLES / "measurements.csv"))
    with pytest.raises(mlefit.DataError) as refused:
        model.predict(pd.read_csv(SAMPLES / "measurements.csv").iloc[0])
    assert refused.value.message == "expected a path or a table, found Series."
