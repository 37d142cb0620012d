"""Answers of Weka's J48, for tests/golden/trees/j48.json.

Usage: python bench/peers/j48_goldens.py examples/data tests/golden/trees/j48.json [weka.jar]
For each table: J48 with its defaults fitted on all rows (leaves, nodes, probability of every class for every row, classes
in alphabetical order) and, by ten folds that are written out, the class it gives each row when its fold is left out.
"""

import csv
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TABLES = (("iris.csv", "Species"), ("titanic.csv", "survived"), ("penguins.csv", "species"), ("pima.csv", "diabetes"),
          ("wdbc.csv", "Diagnosis"))


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def arff(names, kinds, rows):
    lines = ["@relation table"]
    for name, kind in zip(names, kinds):
        lines.append(f"@attribute '{name}' " + ("numeric" if kind is None else "{" + ",".join(f"'{k}'" for k in kind) + "}"))
    lines.append("@data")
    for row in rows:
        lines.append(",".join("?" if c == "" else (c if kind is None else f"'{c}'") for c, kind in zip(row, kinds)))
    return "\n".join(lines) + "\n"


def run(jar, folder, train, test, tree):
    (folder / "train.arff").write_text(train)
    (folder / "test.arff").write_text(test)
    words = ["java", "-Xmx1g", "-cp", jar, "weka.classifiers.trees.J48", "-t", str(folder / "train.arff"), "-T",
             str(folder / "test.arff")]
    words += [] if tree else ["-p", "0", "-distribution"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def probabilities(output):
    found = []
    for line in output.splitlines():
        match = re.match(r"\s*\d+\s+\S+\s+\S+.*\s(\S*\d\S*)\s*$", line)
        if match and ("," in match.group(1)):
            found.append([float(p.replace("*", "")) for p in match.group(1).split(",")])
    return found


def one_table(jar, folder, path, target):
    with open(path, newline="") as file:
        names, *rows = list(csv.reader(file))
    kinds = []
    for column in range(len(names)):
        cells = sorted({row[column] for row in rows} - {""})
        kinds.append(None if all(is_number(c) for c in cells) and names[column] != target else cells)
    assert names[-1] == target
    text = arff(names, kinds, rows)
    shape = run(jar, folder, text, text, True)
    order = list(range(len(rows)))
    random.Random(1).shuffle(order)
    folds = [sorted(order[k::10]) for k in range(10)]
    given = [0] * len(rows)
    for fold in folds:
        test = set(fold)
        train = [row for i, row in enumerate(rows) if i not in test]
        answers = probabilities(run(jar, folder, arff(names, kinds, train), arff(names, kinds, [rows[i] for i in fold]), False))
        assert len(answers) == len(fold), (len(answers), len(fold))
        for i, p in zip(fold, answers):
            given[i] = p.index(max(p))
    right = sum(kinds[-1][g] == row[-1] for g, row in zip(given, rows))
    print(Path(path).name, "10 folds:", right / len(rows))
    whole = probabilities(run(jar, folder, text, text, False))
    assert len(whole) == len(rows)
    return {"file": Path(path).name, "target": target,
            "leaves": int(re.search(r"Number of Leaves\s*:\s*(\d+)", shape).group(1)),
            "nodes": int(re.search(r"Size of the tree\s*:\s*(\d+)", shape).group(1)),
            "probabilities": [p for row in whole for p in row], "folds": folds, "given": given, "right": right}


def main(data, out, jar="/usr/share/java/weka.jar"):
    with tempfile.TemporaryDirectory() as folder:
        tables = [one_table(jar, Path(folder), Path(data) / name, target) for name, target in TABLES]
    version = subprocess.run(["java", "-cp", jar, "weka.core.Version"], capture_output=True, text=True).stdout.strip()
    Path(out).write_text(json.dumps({"peer": f"Weka {version} J48", "cases": tables}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
