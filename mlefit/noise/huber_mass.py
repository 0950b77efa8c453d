"""Huber mass: the normaliser of Huber's law, and what the middle and the tails have of it."""

import math

ROOT_2PI = math.sqrt(2.0 * math.pi)


def log_z(k: float) -> tuple[float, float, float]:
    """log Z(k), Z = sqrt(2 pi) (2 Phi(k) - 1) + (2 / k) exp(-k^2 / 2), and its first two derivatives by k."""
    tail = 2.0 * math.exp(-0.5 * k * k) / k
    z = ROOT_2PI * math.erf(k / math.sqrt(2.0)) + tail
    share = tail / z
    first = -share / k
    return math.log(z), first, share + 2.0 * share / k / k - first * first


def parts(k: float) -> tuple[float, float]:
    """Probabilities of the middle, |z| <= k, and of each tail."""
    tail = math.exp(-0.5 * k * k) / k / math.exp(log_z(k)[0])
    return 1.0 - 2.0 * tail, tail
