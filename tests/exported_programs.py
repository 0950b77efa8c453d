"""Programs that `mlefit export` has written, run by what they are written for."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[[str, list[dict[str, Any]]], list[dict[str, Any]]]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def by_sqlite(program: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    base = sqlite3.connect(":memory:")
    base.row_factory = sqlite3.Row
    base.execute(f"CREATE TABLE data ({', '.join(map(quoted, rows[0]))})")
    places = ", ".join("?" * len(rows[0]))
    base.executemany(f"INSERT INTO data VALUES ({places})", [tuple(row.values()) for row in rows])  # noqa: S608 - question marks
    return [dict(row) for row in base.execute(program)]


def by_duckdb(program: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    duckdb = pytest.importorskip("duckdb")
    base = duckdb.connect()
    kinds = [f"{quoted(name)} {'DOUBLE' if isinstance(value, float) else 'VARCHAR'}" for name, value in rows[0].items()]
    base.execute(f"CREATE TABLE data (n INTEGER, {', '.join(kinds)})")
    places = ", ".join("?" * (1 + len(rows[0])))
    base.executemany(f"INSERT INTO data VALUES ({places})", [(k, *row.values()) for k, row in enumerate(rows)])  # noqa: S608
    found = base.execute(program)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in sorted(found.fetchall())]


def by_python(program: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    space: dict[str, Any] = {}
    exec(compile(program, "exported.py", "exec"), space)  # noqa: S102 - the program under test
    return [space["predict"]({name: "" if value is None else value for name, value in row.items()}) for row in rows]


def by_jq(program: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    done = subprocess.run(["jq", "-c", program], input="\n".join(map(json.dumps, rows)), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


ENGINES: dict[str, Run] = {"sql:duckdb": by_duckdb, "sql:sqlite": by_sqlite, "python": by_python, "jq": by_jq}
