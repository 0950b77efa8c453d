"""Panels made by hand, one for each way of looking: what the drawing room is tested with."""

import numpy as np

from mlefit.picture.panel import Axis, Layer, Panel, Sheet

NAN = float("nan")
X = np.linspace(-3.0, 3.0, 41)
EDGES = np.linspace(-3.5, 3.5, 15)
NORMAL = np.exp(-0.5 * X**2) / np.sqrt(2.0 * np.pi)


def density() -> Panel:
    middle = 0.5 * (EDGES[1:] + EDGES[:-1])
    expected = np.exp(-0.5 * middle**2) / np.sqrt(2.0 * np.pi)
    height = expected * (1.0 + 0.2 * np.sin(5.0 * middle))
    return Panel(
        "density", "Data and model", Axis("residual, in standard deviations"), Axis("density", zero=True), (
            Layer("bars", "data", {"edges": EDGES, "height": height}),
            Layer("interval", "envelope", {"x": middle, "y": expected, "low": 0.7 * expected, "high": 1.3 * expected}),
            Layer("line", "model", {"x": X, "y": NORMAL}, strong=True),
            Layer("text", "curve", {}, label="KL: none seen"),
        ), "Bar heights stay inside the envelope (p = 0.94).", p=0.94, rows=500)


def quantiles() -> Panel:
    found = X + 0.1 * X**3
    return Panel(
        "qq", "Quantiles of the residuals", Axis("expected under the model, standard deviations"), Axis("found"), (
            Layer("band", "envelope", {"x": X, "low": X - 0.3 - 0.1 * X**2, "high": X + 0.3 + 0.1 * X**2}),
            Layer("line", "model", {"x": X, "y": X}),
            Layer("points", "data", {"x": X, "y": found}),
            Layer("points", "warn", {"x": X[[0, 1, -2, -1]], "y": found[[0, 1, -2, -1]]}),
        ), "Both tails are heavier: measured by the quartiles, the outer 1 % begin 2.0 (below) and 1.3 (above) times as far out as "
           "under the model.", p=0.004, size=2.0, mark=True, rows=500)


def along() -> Panel:
    many = np.arange(400.0)
    middle = np.linspace(20.0, 380.0, 8)
    wave = 0.1 * np.sin(middle / 40.0)
    curves = tuple(Layer("line", "curve", {"x": middle, "y": level + wave}) for level in (-1.28, 0.0, 1.28))
    bands = tuple(Layer("band", "envelope", {"x": middle, "low": np.full(8, level - 0.3), "high": np.full(8, level + 0.3)})
                  for level in (-1.28, 0.0, 1.28))
    return Panel(
        "order", "Residuals in file order", Axis("row number in the file"), Axis("residual, in standard deviations"), (
            Layer("points", "data", {"x": many, "y": 2.0 * np.sin(many * 12.9898) ** 3}), *bands, *curves,
        ), "Nothing moves along the file (p = 0.28).", p=0.28, rows=400, drawn=400)


def levels() -> Panel:
    places = np.repeat(np.arange(3.0), 30)
    return Panel(
        "predictor:site", "Residuals along site", Axis("site", categories=("a", "a level of many letters", "<c>")),
        Axis("residual, in standard deviations"), (
            Layer("points", "data", {"x": places, "y": np.tile(np.linspace(-2.0, 2.0, 30), 3)}, spread=True),
            Layer("band", "envelope", {"x": np.arange(3.0), "low": np.full(3, -0.4), "high": np.full(3, 0.4)}),
            Layer("points", "curve", {"x": np.arange(3.0), "y": np.array([0.1, NAN, -0.2])}, strong=True),
        ), "Nothing moves along site (p = 0.5).", p=0.5, rows=90)


def ruler() -> Panel:
    one = np.array([0.0])
    return Panel(
        "kl", "Distance from the data, in nats", Axis("KL(data || model), nats per row"), Axis(""), (
            Layer("span", "envelope", {"low": np.array([-0.004]), "high": np.array([0.012]), "row": one},
                  label="true models of this size show"),
            Layer("mark", "data", {"x": np.array([0.006]), "row": one}, label="measured 0.0062"),
            Layer("span", "data", {"low": np.array([0.0]), "high": np.array([0.018]), "row": one + 1}, label="misfit, 95 %"),
            Layer("mark", "reference", {"x": np.array([0.035]), "row": one + 2}, label="smallest misfit that would be seen"),
        ), "No misfit detected (p = 0.90): at least 0 nats per row, 95 % interval 0 to 0.018; a misfit below 0.035 would be missed.",
        p=0.9, rows=500)


def slices() -> Panel:
    curve = 8.0 * ((X - 0.2) / 3.2) ** 2
    return Panel(
        "slice", "One curve, two scales", Axis("x1"), Axis("NLL above its minimum, nats of all rows"), (
            Layer("line", "mle", {"x": X, "y": curve}),
            Layer("line", "loss", {"x": X, "y": 0.2 + 0.01 * curve}, axis="right"),
            Layer("hrule", "reference", {"y": np.array([1.92])}, label="95 % interval"),
            Layer("vrule", "mle", {"x": np.array([0.2])}), Layer("vrule", "loss", {"x": np.array([0.2])}),
        ), "NLL = 2.099 x mean squared error + 0.2017 along the whole slice (largest departure 2e-14 of its range): both have their "
           "minimum at 1.995.", rows=500, right=Axis("mean squared error"))


def matrix() -> Panel:
    values = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.3, NAN, 0.4]])
    names = ("birch", "cedar", "oak")
    return Panel(
        "classes", "Probability by true class", Axis("predicted", categories=names), Axis("true class", categories=names),
        (Layer("cells", "data", {"values": values}),), "A row that is oak gets 0.40 for oak: the hardest class.", rows=300)


def roots() -> Panel:
    counts = np.arange(-0.5, 9.5)
    expected = np.sqrt(100.0 * np.exp(-0.3 * np.arange(9.0)))
    found = expected - np.array([3.0, 1.0, -0.5, -0.7, 0.2, 0.1, -0.2, 0.4, 0.0])
    middle = np.arange(9.0)
    return Panel(
        "rootogram", "Counts", Axis("count"), Axis("square root of rows"), (
            Layer("bars", "data", {"edges": counts, "height": found - expected + expected, "base": expected - found}),
            Layer("band", "envelope", {"x": middle, "low": np.full(9, -0.9), "high": np.full(9, 0.9)}),
            Layer("line", "model", {"x": middle, "y": expected}, strong=True),
            Layer("hrule", "reference", {"y": np.zeros(1)}),
        ), "Count 0 occurs 130 times where the model expects 69.8.", p=0.005, mark=True, rows=500)


def mirrored() -> Panel:
    edges = np.linspace(0.0, 1.0, 11)
    share = np.array([1, 4, 8, 12, 9, 7, 5, 3, 1, 0.0])
    return Panel(
        "split", "Prediction by outcome", Axis("predicted probability", (0.0, 1.0)), Axis("rows, %", mirrored=True), (
            Layer("bars", "data", {"edges": edges, "height": share}, label="yes"),
            Layer("bars", "reference", {"edges": edges, "height": -share[::-1]}, label="no"),
        ), "A yes row has the higher probability in 67.1 % of the pairs.", rows=1000)


def crowd() -> Panel:
    many = np.arange(20_000.0)
    return Panel(
        "fitted", "Residuals along the prediction", Axis("predicted value"), Axis("residual, in standard deviations"), (
            Layer("hex", "data", {"x": np.sin(many), "y": np.sin(many * 78.233) + np.sin(many * 12.9898)}),
            Layer("line", "curve", {"x": X / 3.0, "y": 0.1 * X}),
        ), "The spread changes along the prediction: 0.46 of the average at -3.50, 1.9 at 2.69.", rows=20_000, drawn=20_000)


def hostile() -> Panel:
    name = "</svg><script>alert(1)</script> $x_1$ \x1b[31m \u202e & \"q\" '\ufffe"
    return Panel(
        f"predictor:{name}", name, Axis(name, categories=(name, "b")), Axis(name), (
            Layer("line", "data", {"x": np.array([0.0, 1.0]), "y": np.array([0.0, 1e308])}, label=name),
            Layer("points", "warn", {"x": np.array([NAN, np.inf]), "y": np.array([0.0, -np.inf])}, label=name),
        ), f"Nothing moves along {name}.")


def empty() -> Panel:
    nothing = np.zeros(0)
    return Panel("order", "Residuals", Axis("row"), Axis("residual"), (
        Layer("points", "data", {"x": nothing, "y": nothing}), Layer("line", "curve", {"x": nothing, "y": nothing}, label="none"),
        Layer("band", "envelope", {"x": nothing, "low": nothing, "high": nothing}),
        Layer("hex", "data", {"x": nothing, "y": nothing}), Layer("bars", "data", {"edges": np.zeros(1), "height": nothing}),
    ), "0 rows show nothing.")


def surprise() -> Panel:
    values = np.array([[83.6, 71.15, 5.2], [-12_345.6, 70.0, 4.9], [NAN, 0.001234, 4.0]])
    return Panel("surprise", "The rows that surprise most", Axis("", categories=("minutes", "mean", "nats")),
                 Axis("", categories=("row 17", "row 1024", "row 3")), (Layer("cells", "data", {"values": values}),),
                 "In data from this model the dearest of 400 rows costs 3.9 to 7.9 nats; here 5.2, row 17 (p = 0.6).", rows=400)


def effect() -> Panel:
    x = np.linspace(18.0, 75.0, 25)
    y = 0.498 - 0.0037 * (x - 18.0)
    return Panel("effect:age", "Effect of age", Axis("age"), Axis("average probability of yes"), (
        Layer("band", "envelope", {"x": x, "low": y - 0.04, "high": y + 0.04}), Layer("line", "model", {"x": x, "y": y}, strong=True),
        Layer("points", "data", {"x": x[::3], "y": y[::3] + 0.01}, "adjusted means"),
    ), "From age = 18 to 75, others as they are, the average prediction goes from 0.498 (0.456 to 0.540) to 0.287 (0.252 to 0.324).")


PANELS = {
    "density": density(), "quantiles": quantiles(), "along": along(), "levels": levels(), "ruler": ruler(), "slice": slices(),
    "matrix": matrix(), "roots": roots(), "mirrored": mirrored(), "crowd": crowd(), "hostile": hostile(), "empty": empty(),
    "surprise": surprise(), "effect": effect(),
}


def sheet(*names: str) -> Sheet:
    """A sheet of these panels."""
    foot = "500 rows; grey: 95 % of 199 data sets simulated from the fitted model and refitted lie wholly inside; seed 0."
    return Sheet("y ~ x1 + x2, gaussian noise", foot, tuple(PANELS[name] for name in names), tested=5, draws=199, seed=0)
