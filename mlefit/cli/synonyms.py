"""Options under the names that other tools give them, and the words that mlefit has for them."""

from mlefit.cli.arguments import CALLED, FORMATS

MEANT = {
    "--y --response --outcome --dependent --dv --label --target-column --depvar -y": "-t COLUMN",
    "--x --predictors --covariates --independent --columns --inputs --vars --features-columns": "-x A,B",
    "--family --distribution --dist --noise --law --method --type --estimator": "-m NAME",
    "--confidence --conf --conf-level --ci --conf.level": "--level 0.95",
    "--alpha": "--level 0.95, which is 1 - alpha",
    "--robust --hc3 --sandwich": "--se robust",
    "--cluster --clusters --cluster-by": "--se cluster:COLUMN",
    "--hac --newey-west --newey": "--se hac",
    "--vcov --cov-type --cov_type --covariance": "--se KIND",
    "--sep --separator --delim -d": "--delimiter CHAR",
    "--silent --no-notes": "-q",
    "--baseline --ref --relevel --base": "--reference COLUMN=LEVEL",
    "--test-size --test-split --validation --validation-split --split": "--holdout 0.2",
    "--random-state --random-seed --random_state": "--seed 1",
    "--jobs --n-jobs --n_jobs --workers --cores -j": "--threads N",
    "--na-values --na_values --null --missing-values --na-strings": "--na TOKEN",
    "--no-constant --noconstant --nocons --no-const --no_intercept": "--no-intercept",
    "--exposure": "--offset 'log(COLUMN)'",
    "--output-file --outfile --save-to --to": "--out FILE",
    "--format --fmt": "-o FORMAT",
}
TOLD = {
    "--data --file --input --in --csv-file -i": "a table is named without an option: `mlefit fit FILE`",
    "--penalty --lambda --l1 --l2 --ridge --lasso --regularization": "nothing is penalised: the answer is the maximum likelihood",
    "--summary --full --all --long": "what is printed is the summary, and --detail has everything",
    "--plot --graph --figure": "`mlefit prove DATA --plot FILE` draws both criteria",
    "--verbose -v": "`mlefit --version` prints the version; notes are always told, and -q silences them",
    "--intercept --constant --add-constant": "there always is a constant, and --no-intercept leaves it out",
    "--standardize --scale --normalize": "there is no need to: columns are scaled inside, estimates are in the units of the file",
}


def remedy(option: str) -> str:
    """What is said of an option that is not one of ours, as the beginning of a sentence; nothing where it is unknown."""
    name = option.partition("=")[0].lower()
    form = name.removeprefix("--")
    form = CALLED.get(form, form)
    if name.startswith("--") and form in FORMATS:
        return f"did you mean -o {form}? "
    for names, ours in MEANT.items():
        if name in names.split():
            return f"did you mean {ours}? "
    return next((f"{said}; " for names, said in TOLD.items() if name in names.split()), "")
