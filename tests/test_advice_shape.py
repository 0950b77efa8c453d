"""What residuals look like when their shape is wrong: a long tail on one side is leaning, and no heavy tails."""

import numpy as np
from information_cases import gaussian

from mlefit.information.advice import look


def test_tails_are_heavy_beyond_what_leaning_makes_of_the_longer_one() -> None:
    rng = np.random.default_rng(77)
    assert look(rng.gamma(8.0, size=100_000)) == (True, False)          # fourth moment 3.75
    assert look(-rng.gamma(8.0, size=100_000)) == (False, False)
    assert look(rng.standard_t(8, size=100_000)) == (False, True)
    assert look(rng.normal(size=100_000)) == (False, False)
    assert look(np.ones(3)) == (False, False)


def test_errors_of_a_gamma_law_lean_and_a_few_far_out_are_heavy() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=4000)
    y = 1.0 + x + rng.normal(size=4000)
    assert gaussian(20.0 + x + rng.gamma(12.0, size=4000), x[:, None]).kl.advice == (
        'the residuals lean to the right: -f "log(y) ~ x1" or -m gamma (mlefit compare says which)',)
    assert gaussian(y - 10.0, x[:, None]).kl.advice == ()
    assert gaussian(y + 12.0 * (rng.random(4000) < 0.03), x[:, None]).kl.advice == (
        "the residuals have heavy tails: -m huber or -m student-t (mlefit compare says which)",)
