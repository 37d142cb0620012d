"""The readers of files, and the table that they give."""

import datetime
import io
import os
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from test_tables import contents, environment, to_table

import everyml


def test_the_table_shows_itself_and_goes_out():
    table = everyml.Table(
        {"x": [1.5, None], "<b>": [True, None], "c": ["u", "u"], "d": [datetime.datetime(2024, 1, 1, 3), None]}
    )
    assert len(table) == 2 and table.shape == (2, 4) and list(table) == ["x", "<b>", "c", "d"] and "x" in table
    assert table.kinds == {"x": "number", "<b>": "boolean", "c": "category", "d": "date"}
    assert table["<b>"].tolist() == [True, None] and table["c"].tolist() == ["u", "u"]
    assert table["d"][0] == np.datetime64("2024-01-01T03:00") and np.isnat(table["d"][1])
    assert table[["c", "x"]].columns == ["c", "x"] and table.drop("x").shape == (2, 3) and table.head(1).shape == (1, 4)
    assert table[::-1]["x"][1] == 1.5
    assert "Table of 2 rows and 4 columns" in repr(table) and "2024-01-01 03:00:00" in repr(table)
    html = table._repr_html_()
    assert "&lt;b&gt;" in html and "<b>" not in html
    with pytest.raises(everyml.DataError, match='the table has no column "xx"'):
        table["xx"]
    frame = table.to_pandas()
    assert [str(t) for t in frame.dtypes] == ["float64", "boolean", "category", "datetime64[us]"]
    for other in (frame, table.to_polars(), table.to_pyarrow(), pd.DataFrame(frame)):
        assert contents(to_table(other)) == contents(table._core_table)
    assert np.asarray(table[["x"]]).shape == (2, 1) and np.asarray(table).dtype == object
    assert pa.schema(table).names == table.columns


def test_readers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id;x;day\n007;1,5;2024-02-29\n008;;\n")
    table = everyml.read_csv(path)
    assert table.kinds == {"id": "text", "x": "number", "day": "date"} and table.source == "csv"
    assert {note.code for note in table.notes} == {"csv.id_kept_as_text", "csv.number_style"}
    assert everyml.read_csv(str(path), types={"id": "number"})["id"].tolist() == [7, 8]
    assert everyml.read_csv(path, max_rows=1).shape == (1, 3)
    assert everyml.read_csv(path.read_bytes()).kinds == table.kinds
    with open(path, "rb") as file:
        assert everyml.read_csv(file).kinds == table.kinds
    assert everyml.read_csv(io.StringIO("a|b\n1|x\n"), delimiter="|", header=True)["b"].tolist() == ["x"]
    assert everyml.read_csv(b"a,b\n1,-9\n2,3\n", missing=["-9"])["b"].tolist()[1] == 3
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"a": 1, "b": "x"}\n{"a": null, "b": "y"}\n')
    assert everyml.read_table(lines).source == "jsonl" and np.isnan(everyml.read_table(lines)["a"][1])
    for wrong in (
        {"delim": ","},
        {"delimiter": ",,"},
        {"types": {"x": "nmber"}},
        {"max_rows": -1},
        {"types": {"q": "number"}},
    ):
        with pytest.raises(everyml.ParameterError):
            everyml.read_csv(path, **wrong)
    with pytest.raises(everyml.DataError, match='line 2, column "day"'):
        everyml.read_csv(path, types={"day": "number"})
    with pytest.raises(everyml.DataError):
        everyml.read_csv(b"")
    with pytest.raises(everyml.ResourceError):
        everyml.read_csv(tmp_path / "absent.csv")
    for wrong in (3, None, ["a"]):
        with pytest.raises(TypeError):
            everyml.read_csv(wrong)


def test_a_query_over_files(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,a\n2,b\n3,a\n")
    try:
        table = everyml.read_sql("SELECT y, sum(x) AS s FROM t GROUP BY y ORDER BY y", {"t": path})
    except everyml.UnsupportedError as error:
        assert error.code in ("parquet.duckdb_absent", "parquet.duckdb_version")
        pytest.skip("DuckDB's library is not here")
    assert table["s"].tolist() == [4, 2] and table.source == "sql"
    with pytest.raises(everyml.ParameterError):
        everyml.read_sql("DROP TABLE t", {"t": path})


def test_reading_can_be_interrupted_and_tells_its_progress(tmp_path):
    path = tmp_path / "long.csv"
    line = ",".join(f"{i}.5" for i in range(50)) + "\n"
    path.write_text(",".join(f"c{i}" for i in range(50)) + "\n" + line * 300_000)
    script = textwrap.dedent(f"""
        import signal, threading, time, os, everyml
        # The table is wide and the file long; one thread takes longer than the alarm.
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        begin = time.monotonic()
        try:
            everyml.read_csv({str(path)!r}, threads=1)
            print("finished", time.monotonic() - begin)
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - begin)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment())
    words = done.stdout.split()
    assert words[0] == "interrupted" and float(words[1]) < 0.6 + 0.5 * os.getloadavg()[0], done.stdout
    seen = []
    everyml.read_csv(path, progress=lambda stage, fraction: seen.append((stage, fraction)))
    assert seen and all(0 <= fraction <= 1 for _, fraction in seen)

    class Mine(Exception):
        pass

    def stop(stage, fraction):
        raise Mine

    with pytest.raises(Mine):
        everyml.read_csv(path, progress=stop)
