"""A wrong command line: two lines that say what was expected and what to do, exit 2, before anything is read."""

import json

import pytest
from fake_pipeline import Pipeline
from report_samples import GAUSSIAN

from mlefit.cli import main

FIT_HELP = "`mlefit fit --help` lists the options"
HELP = "`mlefit --help` lists the commands"
COMMANDS_HELP = "`mlefit fit DATA` fits a table, `mlefit --help` lists the commands"


@pytest.mark.parametrize(("arguments", "lines"), [
    ([], ("a command is missing", COMMANDS_HELP)),
    (["fti"], ('there is no command "fti"', f"did you mean fit? {COMMANDS_HELP}")),
    (["fits\x1b"], ('there is no command "fits\\x1b"', f"did you mean fit? {COMMANDS_HELP}")),
    (["fit"], ("DATA is missing: expected the path of a table, or - for standard input",
               f"such as `mlefit fit data.csv`; {FIT_HELP}")),
    (["fit", "d", "--modle", "x"], ("--modle: there is no such option", f"did you mean --model? {FIT_HELP}")),
    (["fit", "d", "--zzz"], ("--zzz: there is no such option", FIT_HELP)),
    (["fit", "d", "--seed"], ("--seed: its value is missing", "`mlefit fit --help` says what it takes")),
    (["models", "x"], ("models: expected no word after it, found one", "`mlefit explain MODEL` is about one model")),
    (["explain", "a", "b"], ("the command line: Got unexpected extra argument(s) (b)", HELP)),
    (["fit", "d", "-f", "y ~ x", "-x", "x"], ("--formula names the predictors, so -x contradicts it", "give one of them")),
    (["fit", "d", "-o", "a.json"], ('--output: expected table, json, csv, markdown, latex or jsonl, found "a.json"',
                                    "use --out a.json for the file, whose suffix tells the format")),
    (["fit", "d", "-o", "xml"], ('--output: expected table, json, csv, markdown, latex or jsonl, found "xml"', "such as -o json")),
    (["fit", "d", "--missing", "x"], ('--missing: expected drop or error, found "x"', "such as --missing drop")),
    (["fit", "d", "--level", "95"], ('--level: expected a number between 0 and 1, found "95"', "such as --level 0.95")),
    (["fit", "d", "--level", "nan"], ('--level: expected a number between 0 and 1, found "nan"',
                                      "such as --level 0.95")),
    (["fit", "d", "--level", "x"], ('--level: expected a number between 0 and 1, found "x"', "such as --level 0.95")),
    (["fit", "d", "--holdout", "1"], ('--holdout: expected a number between 0 and 1, found "1"',
                                      "such as --holdout 0.2")),
    (["fit", "d", "--seed", "-1"], ('--seed: expected a whole number >= 0, found "-1"', "such as --seed 1")),
    (["fit", "d", "--draws", "1.5"], ('--draws: expected a whole number >= 0, found "1.5"', "such as --draws 1")),
    (["fit", "d", "--threads", "0"], ('--threads: expected a whole number >= 1, found "0"', "such as --threads 1")),
    (["fit", "d", "--memory", "lots"], ('--memory: expected a size, found "lots"',
                                        "such as --memory 200MB or --memory 1.5GiB")),
    (["fit", "d", "--memory", "0MB"], ('--memory: expected a size, found "0MB"',
                                       "such as --memory 200MB or --memory 1.5GiB")),
    (["fit", "d", "--engine", "gpu"], ('--engine: expected auto, memory, stream or dask, found "gpu"',
                                       "such as --engine auto")),
    (["fit", "d", "--se", "cluster:"], (
          '--se: expected auto, model, ols, robust, hc0, hc1, hc2, hc3, cluster:COLUMN, hac[:LAGS], nid, iid, ker or bootstrap, found "cluster:"',
                                        "such as --se robust")),
    (["fit", "d", "--decimal", ";"], ('--decimal: expected . or ,, found ";"', "such as --decimal .")),
    (["fit", "d", "--delimiter", "ab"], ('--delimiter: expected one character, found "ab"',
                                         'such as --delimiter ";" or --delimiter tab')),
    (["fit", "d", "--encoding", "klingon"], ('--encoding: expected the name of an encoding, found "klingon"',
                                             "such as --encoding latin-1")),
    (["fit", "d", "--reference", "g"], ('--reference: expected COLUMN=LEVEL, found "g"', "such as --reference site=a")),
    (["fit", "d", "--reference", "g=a", "--reference", "g=b"], (
        '--reference: column "g" has two baseline levels, "a" and "b"', "give one of them")),
    (["fit", "d", "--out", "no/such/place"], ('--out: "no/such/place" cannot be written: its directory does not exist',
                                              "give a file in a directory that exists and is yours to write")),
    (["fit", "d", "--out", "."], ('--out: "." cannot be written: it is a directory',
                                  "give a file in a directory that exists and is yours to write")),
    (["fit", __file__, "--out", __file__], (f'--out: "{__file__}" cannot be written: it is the input',
                                            "give a file in a directory that exists and is yours to write")),
])
def test_a_wrong_command_line_is_refused_in_two_lines(
    arguments: list[str], lines: tuple[str, str], pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = pipeline(GAUSSIAN)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"mlefit: {lines[0]}\n{lines[1]}\n")
    assert requests == []


@pytest.mark.parametrize("spelling", ["-o json", "-ojson", "--output json", "--output=json", "-qo json", "-qojson"])
def test_json_errors_in_every_spelling(
    spelling: str, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline(GAUSSIAN)
    for arguments in (["fit", "d", *spelling.split(), "--zzz"], ["fti", *spelling.split()]):
        assert main(arguments) == 2
        out, err = capsys.readouterr()
        answer = json.loads(out)
        assert (answer["schema"], answer["exit"]) == ("mlefit.error/1", 2)
        assert err.startswith(f"mlefit: {answer['message']}\n")
