"""Parser: blocks of a delimited text as columns.

The fast parse is typed. Only a block that it refuses is read again, as text, to find every bad cell or to accept a cell
that is written in an unusual way. Cells that are in doubt are counted on the way, once per different text.
"""

import codecs
import math
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np

from mlefit.arrays import Array, Mask
from mlefit.errors import DataError
from mlefit.numerals import EXACT
from mlefit.source.arrow import codes, floats
from mlefit.source.batch import Extent
from mlefit.source.careful import bad_cells, broken_text, nul_lines, ragged_lines, repeated_names
from mlefit.source.cells import MISSING, WORDS, category, drop_tokens
from mlefit.source.dialect import Dialect
from mlefit.source.lines import squeeze
from mlefit.source.part import Parsed, Wanted, cells_as_numbers
from mlefit.source.problems import Finding
from mlefit.source.profile import Profile, of_strings, of_texts, of_values
from mlefit.source.source import Kind
from mlefit.source.whole import add_rests, beyond

Invalid = list[tuple[int, int]]     # ragged rows: (row of the block, fields found)


class Parser(NamedTuple):
    """What a text says of its table. `positions`: of the columns in use, among the `width` fields of a row.

    `as_text`: columns whose cells stay as spelt, whatever they are. `names_line`: the line of column names, which must not come
    again; empty where there is none.
    """

    label: str
    positions: dict[str, int]
    width: int
    dialect: Dialect
    names_line: bytes
    na: tuple[str, ...]
    as_text: tuple[str, ...] = ()

    def parse(self, text: bytes, wanted: Wanted) -> Parsed:
        """The wanted columns of whole lines: first typed, and when that is refused, as text."""
        import pyarrow as pa

        if b"\0" in text:
            return Parsed(text.count(self.dialect.eol), findings=(nul_lines(text, self.dialect.eol),))
        if not text.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n"):
            return Parsed(0)
        text = squeeze(text) if self.dialect.ragged_spaces else text
        names = wanted.columns or tuple(self.positions)[:1]     # no columns: count rows
        typed = [name for name in wanted.numbers
                 if name not in wanted.categories and name not in wanted.written and wanted.kinds[name] is not Kind.DATE]
        texts = [name for name in names if name not in typed and name not in wanted.unread]
        try:
            table = self._read(text, typed, texts, wanted.unread)
        except pa.ArrowInvalid:
            return self._carefully(text, wanted)
        parsed = Parsed(table.num_rows)
        values_of = [floats(table.column(at).chunk(0)) for at in range(len(typed))]
        for name, values, extent in zip(typed, values_of, Extent.each(values_of), strict=True):
            parsed.numbers[name] = values
            if not extent.finite and np.isinf(values).any():    # written as inf, or too large: only the text tells
                return self._carefully(text, wanted)
            if extent.magnitude >= EXACT or (math.isnan(extent.low) and beyond(values)):
                add_rests(parsed, name, self._read(text, (), [name]).column(0).chunk(0))
            if self.na:
                parsed.numbers[name] = drop_tokens(values, self.na)
            else:
                parsed.extents[name] = extent
            if name in wanted.doubts.kinds:
                parsed.profiles[name] = of_values(
                    parsed.numbers[name], name in wanted.doubts.levels, whole=extent.finite and not self.na)
        for at, name in enumerate(wanted.unread, len(typed) + len(texts)):
            parsed.profiles[name] = of_strings(
                table.column(at).chunk(0), self.dialect.decimal, self.na, name in wanted.doubts.levels,
            )
        columns = {name: table.column(at).chunk(0) for at, name in enumerate(texts, len(typed))}
        bad: set[str] = set()
        parsed = self._from_texts(
            parsed, columns, wanted, lambda name, _, wrong, __: bad.update([name] if wrong.any() else []),
        )
        if self.width > 1:      # a level called as its column may be the line of names again
            bad.update(name for name, column in parsed.categories.items() if name in column.levels)
        return self._carefully(text, wanted) if bad else parsed

    def marked(self, text: bytes, wanted: Wanted) -> tuple[Parsed, dict[str, Mask]]:
        """The columns of a block with findings: where these are cells that are no numbers, these are marked (rows,)."""
        import pyarrow as pa

        parsed = self.parse(text, wanted)
        if any(finding.code not in ("not-a-number", "too-large") for finding in parsed.findings):
            return parsed, {}
        try:
            table = self._read(squeeze(text) if self.dialect.ragged_spaces else text, (), wanted.columns)
        except pa.ArrowInvalid:
            return parsed, {}
        bad: dict[str, Mask] = {}

        def mark(name: str, _: str, wrong: Any, column: Any) -> None:
            if wrong.any():
                bad[name] = bad.get(name, np.zeros(table.num_rows, bool)) | wrong[codes(column)]

        columns = {name: table.column(at).chunk(0) for at, name in enumerate(wanted.columns)}
        return self._from_texts(Parsed(table.num_rows), columns, wanted, mark), bad

    def profiles(self, text: bytes) -> dict[str, Profile]:
        """Those of all columns, from whole lines; without a look at the text of each cell where all are plain numbers."""
        text = text.removeprefix(codecs.BOM_UTF8)       # pyarrow would drop a second mark, and then find nothing
        text = squeeze(text) if self.dialect.ragged_spaces else text
        text = text.decode("utf-8", "replace").encode()     # what is no UTF-8 is refused when its column is read
        names = tuple(self.positions)
        if not text.strip(b"\r\n"):
            return dict.fromkeys(names, Profile())
        numbers = None if self.as_text else self._plain_numbers(text, names)
        if numbers is not None:
            return {name: of_values(values, True) for name, values in zip(names, numbers, strict=True)}
        table = self._read(text, (), names, invalid=[])
        return {name: self._profile(table.column(at).chunk(0), True) for at, name in enumerate(names)}

    def _plain_numbers(self, text: bytes, names: tuple[str, ...]) -> list[Array] | None:
        """The columns as numbers (n,) where each is one of finite numbers as a computer writes them."""
        import pyarrow as pa

        try:
            table = self._read(text, names, (), invalid=[])
        except pa.ArrowInvalid:
            return None
        columns = [drop_tokens(floats(table.column(at).chunk(0)), self.na) for at in range(len(names))]
        return columns if table.num_rows and not any(np.isinf(values).any() for values in columns) else None

    def _profile(self, column: Any, listed: bool) -> Profile:
        return of_texts(column, self.dialect.decimal, self.na, listed)

    def _read(
        self, text: bytes, numbers: Collection[str], texts: Collection[str], plain: Collection[str] = (),
        invalid: Invalid | None = None,
    ) -> Any:
        """The columns as an Arrow table of one chunk: `numbers` typed, then `texts` as dictionaries of raw cells, then
        `plain` as raw cells.

        With a list `invalid`, ragged rows are skipped and noted there; without, they raise ArrowInvalid.
        """
        import pyarrow as pa
        import pyarrow.csv as pc

        def note(row: Any) -> str:
            if invalid is not None:
                invalid.append((row.number - 1, row.actual_columns))
            return "skip"

        dictionary = pa.dictionary(pa.int32(), pa.string())
        types = {str(self.positions[name]): pa.float64() for name in numbers}
        types |= {str(self.positions[name]): dictionary for name in texts}
        types |= {str(self.positions[name]): pa.string() for name in plain}
        return pc.read_csv(
            pa.BufferReader(pa.py_buffer(text)),
            read_options=pc.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=[str(at) for at in range(self.width)],
            ),
            parse_options=pc.ParseOptions(
                delimiter=self.dialect.delimiter, newlines_in_values=b'"' in text,
                invalid_row_handler=None if invalid is None else note,
            ),
            convert_options=pc.ConvertOptions(
                include_columns=list(types), column_types=types, null_values=[*MISSING, *self.na],
                strings_can_be_null=False, decimal_point=self.dialect.decimal,
            ),
        )

    def _from_texts(
        self, parsed: Parsed, columns: dict[str, Any], wanted: Wanted, problem: Callable[[str, str, Any, Any], None],
    ) -> Parsed:
        """`parsed` with the columns added from dictionaries of raw cells; bad numbers go to `problem`."""
        decimal = self.dialect.decimal
        for name, column in columns.items():
            if name in wanted.numbers:
                values, wrong = cells_as_numbers(column.dictionary, decimal, self.na, wanted, name)
                for code, bad in wrong.items():
                    problem(name, code, bad, column)
                parsed.numbers[name] = values[codes(column)]
                add_rests(parsed, name, column)
            if name in wanted.categories:
                parsed.categories[name], tokens = category(
                    codes(column), column.dictionary.to_pylist(), wanted.kinds[name] is Kind.BOOLEAN, decimal, self.na,
                    tokens=WORDS if wanted.kinds[name] is Kind.TEXT else MISSING,
                )
                if tokens:
                    parsed.missing_tokens[name] = tokens
            if name in wanted.doubts.kinds:
                parsed.profiles[name] = self._profile(column, name in wanted.doubts.levels)
        return parsed

    def _carefully(self, text: bytes, wanted: Wanted) -> Parsed:
        """The block read as text: what was only written unusually is accepted, what is wrong becomes findings."""
        import pyarrow as pa

        broken = broken_text(text, self.dialect.eol) or repeated_names(text, self.names_line, self.dialect.eol)
        if broken is not None:
            return Parsed(text.count(self.dialect.eol), findings=(broken,))
        names = wanted.columns or tuple(self.positions)[:1]
        invalid: Invalid = []
        try:
            table = self._read(text, (), names, invalid=invalid)
        except pa.ArrowInvalid as error:
            raise DataError(f"{self.label}: expected a text table, found what cannot be parsed: {error}.",
                            "Check the file.", code="not-a-table") from None
        ragged = ragged_lines(invalid, self.width, text, self.dialect)
        rows = np.delete(np.arange(table.num_rows + len(invalid)), [row for row, _ in invalid])
        findings: list[Finding | None] = [ragged]

        def problem(name: str, code: str, bad: Any, column: Any) -> None:
            if bad.any():
                texts = column.dictionary.to_pylist()
                findings.append(bad_cells(name, code, bad, codes(column), texts, rows, text, self.dialect))

        columns = {name: table.column(at).chunk(0) for at, name in enumerate(names)}
        parsed = self._from_texts(Parsed(len(rows)), columns, wanted, problem)
        found = tuple(finding for finding in findings if finding is not None)
        return Parsed(len(rows), findings=found, profiles=parsed.profiles) if found else parsed
