"""The nonlinear sets of NIST: the models of its files, and a reader of these (Statistical Reference Datasets, public domain)."""

from pathlib import Path

NIST = Path(__file__).parent / "nist" / "nonlinear"
STARTS = ("start1", "start2")
SETS = {         # the model of each file, and the response
    "Bennett5": "b1*(b2+x)**(-1/b3)", "BoxBOD": "b1*(1-exp(-b2*x))", "Chwirut1": "exp(-b1*x)/(b2+b3*x)",
    "Chwirut2": "exp(-b1*x)/(b2+b3*x)", "DanWood": "b1*x**b2",
    "ENSO": "b1+b2*cos(2*pi*x/12)+b3*sin(2*pi*x/12)+b5*cos(2*pi*x/b4)+b6*sin(2*pi*x/b4)+b8*cos(2*pi*x/b7)+b9*sin(2*pi*x/b7)",
    "Eckerle4": "(b1/b2)*exp(-0.5*((x-b3)/b2)**2)", "Gauss1": "b1*exp(-b2*x)+b3*exp(-(x-b4)**2/b5**2)+b6*exp(-(x-b7)**2/b8**2)",
    "Gauss2": "b1*exp(-b2*x)+b3*exp(-(x-b4)**2/b5**2)+b6*exp(-(x-b7)**2/b8**2)",
    "Gauss3": "b1*exp(-b2*x)+b3*exp(-(x-b4)**2/b5**2)+b6*exp(-(x-b7)**2/b8**2)",
    "Hahn1": "(b1+b2*x+b3*x**2+b4*x**3)/(1+b5*x+b6*x**2+b7*x**3)", "Kirby2": "(b1+b2*x+b3*x**2)/(1+b4*x+b5*x**2)",
    "Lanczos1": "b1*exp(-b2*x)+b3*exp(-b4*x)+b5*exp(-b6*x)", "Lanczos2": "b1*exp(-b2*x)+b3*exp(-b4*x)+b5*exp(-b6*x)",
    "Lanczos3": "b1*exp(-b2*x)+b3*exp(-b4*x)+b5*exp(-b6*x)", "MGH09": "b1*(x**2+x*b2)/(x**2+x*b3+b4)",
    "MGH10": "b1*exp(b2/(x+b3))", "MGH17": "b1+b2*exp(-x*b4)+b3*exp(-x*b5)", "Misra1a": "b1*(1-exp(-b2*x))",
    "Misra1b": "b1*(1-(1+b2*x/2)**(-2))", "Misra1c": "b1*(1-(1+2*b2*x)**(-0.5))", "Misra1d": "b1*b2*x*((1+b2*x)**(-1))",
    "Nelson": "b1-b2*x1*exp(-b3*x2)", "Rat42": "b1/(1+exp(b2-b3*x))", "Rat43": "b1/((1+exp(b2-b3*x))**(1/b4))",
    "Roszman1": "b1-b2*x-arctan(b3/(x-b4))/pi", "Thurber": "(b1+b2*x+b3*x**2+b4*x**3)/(1+b5*x+b6*x**2+b7*x**3)",
}


class Certified:
    """A file of NIST's: starts, certified values and standard deviations by parameter, their `rss`, and the data."""

    def __init__(self, name: str, folder: Path) -> None:
        lines = (NIST / f"{name}.dat").read_text().splitlines()
        rows = [line.replace("=", " ").split() for line in lines[35:60]]
        rows = [row for row in rows if len(row) == 5 and row[0][0] == "b" and row[0][1:].isdigit()]
        self.starts = {start: {row[0]: float(row[place]) for row in rows} for start, place in zip(STARTS, (1, 2), strict=True)}
        self.values = {row[0]: (float(row[3]), float(row[4])) for row in rows}
        head = max(k for k, line in enumerate(lines) if line.startswith("Data:"))
        self.rss = next(float(line.partition(":")[2]) for line in lines if line.startswith("Residual Sum of Squares"))
        self.path = folder / f"{name}.csv"
        cells = [",".join(line.split()) for line in lines[head + 1 :] if line.strip()]
        self.path.write_text("\n".join([",".join(lines[head].split()[1:]), *cells]) + "\n")
