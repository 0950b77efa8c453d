"""Objects: rows and their predictions as JSON, one object a line.

A cell of a column of numbers stands as it is in the file where JSON would read it, such as 1.50; any other cell is a text, and a
missing one null. A number that does not exist is null.
"""

import json
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from mlefit.arrays import Array
from mlefit.prediction.text import Data
from mlefit.report.json import escaped
from mlefit.report.safety import encodable
from mlefit.source import arrow
from mlefit.source.batch import Category

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
NULL = "null"


def token(text: str, *, number: bool) -> str:
    """A cell as JSON."""
    if number and NUMBER.fullmatch(text) and isfinite(float(text)):
        return text
    return re.sub(r"[^\x20-\x7e]", lambda found: escaped(found[0]), json.dumps(encodable(text), ensure_ascii=False))


def of_category(category: Category, *, number: bool) -> Any:
    """The cells of a column (n,) as an Arrow array of tokens."""
    tokens = arrow.of_texts([*(token(level, number=number) for level in category.levels), NULL])
    return tokens.take(arrow.of_codes(np.where(category.codes < 0, len(category.levels), category.codes)))


def of_numbers(values: Array, digits: int | None) -> Any:
    """Numbers (n,) as an Arrow array of tokens."""
    import pyarrow.compute as pc

    from mlefit.prediction.text import numerals

    finite = np.where(np.isfinite(values), values, np.nan)
    texts = numerals(finite, digits, ".")
    return pc.if_else(pc.equal(texts, arrow.word("")), arrow.word(NULL), texts) if np.isnan(finite).any() else texts


def of_texts(texts: Sequence[str]) -> Any:
    """Texts (n,) as an Arrow array of tokens; an empty one is null."""
    known = {text: token(text, number=False) if text else NULL for text in set(texts)}
    return arrow.of_texts([known[text] for text in texts])


def lines(columns: Mapping[str, Any], end: str) -> Data:
    """The objects of rows, each ended; `columns`: Arrow arrays of tokens by name."""
    import pyarrow.compute as pc

    from mlefit.prediction.text import joined

    parts: list[Any] = []
    for place, (name, tokens) in enumerate(columns.items()):
        parts += [arrow.word(f"{'{' if place == 0 else ', '}{token(name, number=False)}: "), tokens]
    return joined(None, [pc.binary_join_element_wise(*parts, arrow.word("}" + end), arrow.word(""))], "")
