#!/usr/bin/env python3
"""The same table as CSV, JSON lines and Parquet gives the same model bytes: formats.py EVERYML jsonl|parquet

JSON lines are made here from the CSV files: what reads as a number, true or false is written as such, all else as a
string, an empty cell as null. Parquet files stand in tests/data/parquet, made from the same CSV files. Exit code 77
says that DuckDB's library, which reads Parquet, is not here.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile

from run_scripts import SOURCE, duckdb_library

EXAMPLES = os.path.join(SOURCE, "examples", "data")
PARQUET = os.path.join(SOURCE, "tests", "data", "parquet")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$")
# Table, target, learner of `fit` for it.
TABLES = (
    (os.path.join(EXAMPLES, "titanic.csv"), "survived", "naive-bayes"),
    (os.path.join(EXAMPLES, "iris.csv"), "Species", "naive-bayes"),
    (os.path.join(PARQUET, "plain.csv"), "n", "ridge"),
    (os.path.join(PARQUET, "kinds.csv"), "paid", "ridge"),
)


def typed(text):
    if text == "":
        return "null"
    if text in ("true", "false"):
        return text
    whole = text.lstrip("-").isdigit()
    if NUMBER.match(text) and not (whole and abs(int(text)) > 2**53):
        return text
    return json.dumps(text)


def write_lines(source, path):
    with open(source, newline="", encoding="utf-8") as file, open(path, "w", encoding="utf-8") as out:
        for row in csv.DictReader(file):
            out.write("{" + ", ".join(f"{json.dumps(k)}: {typed(v)}" for k, v in row.items()) + "}\n")


def model(everyml, folder, table, target, learner, name):
    """Bytes of the model that `fit` makes, and of the one that `learn` chooses."""
    made = []
    for verb in (["fit", learner], ["learn"]):
        out = os.path.join(folder, f"{name}.{verb[0]}.everyml")
        extra = ["--no-report", "--only", learner] if verb[0] == "learn" else []
        done = subprocess.run(
            [everyml, *verb, table, "--target", target, "--out", out, "-q", *extra], cwd=folder, capture_output=True
        )
        if done.returncode != 0:
            raise SystemExit(f"FAILED: {verb} of {name}: {done.stderr.decode(errors='replace')}")
        with open(out, "rb") as file:
            made.append(file.read())
    return made


def main():
    everyml, form = os.path.abspath(sys.argv[1]), sys.argv[2]
    if form == "parquet":
        if duckdb_library() is None:
            print("SKIPPED: Parquet needs DuckDB's library; scripts/fetch_duckdb.sh fetches it")
            return 77
        os.environ["EVERYML_DUCKDB"] = duckdb_library()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="everyml-formats-") as folder:
        for table, target, learner in TABLES:
            stem = os.path.basename(table)[:-4]
            other = os.path.join(PARQUET, stem + ".parquet")
            if form == "jsonl":
                other = os.path.join(folder, stem + ".jsonl")
                write_lines(table, other)
            one = model(everyml, folder, table, target, learner, stem + ".csv")
            two = model(everyml, folder, other, target, learner, stem + "." + form)
            same = [a == b for a, b in zip(one, two)]
            failed += same.count(False)
            print(
                f"{stem}: fit {'same' if same[0] else 'DIFFERS'}, learn {'same' if same[1] else 'DIFFERS'}, "
                f"{len(one[0])} bytes"
            )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
