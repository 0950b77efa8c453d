"""Place: what a panel is along, and how a sentence calls it."""


from mlefit.picture.scene import Variable
from mlefit.picture.words import number
from mlefit.records import record


@record(frozen=True, eq=False)
class Place:
    """The id of the panel, its title, what it is along in words and as an axis, and the values."""

    id: str
    title: str
    what: str
    axis: str
    variable: Variable

    def at(self, value: float) -> str:
        """A centre of its bins in words."""
        if self.variable.levels:
            level = self.variable.levels[round(value)]
            return f"{self.what} = {level}" if self.variable.named else level
        return f"row {value:,.0f}" if self.id == "order" else number(value)
