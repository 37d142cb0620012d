"""Whether exported ONNX models answer as everyml does: onnx_check.py EVERYML

Needs the packages onnx and onnxruntime; without them it says so and leaves with 77. Models are those of the import's goldens, and
one of each kind learned here, from tables with words and gaps.
"""

import csv
import json
import math
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOLDEN = os.path.join(ROOT, "tests", "golden", "imports")
MODELS = (
    "lgb_binary.txt",
    "lgb_numbers.txt",
    "lgb_classes.txt",
    "lgb_ova.txt",
    "lgb_poisson.txt",
    "lgb_zero_missing.txt",
    "lgb_stumpless.txt",
    "xgb_classes.json",
    "xgb_binary.ubj",
)

EXAMPLES = os.path.join(ROOT, "examples", "data")
#: algorithm and settings, table, target
LEARNED = (
    (["random-forest-classifier", "--trees", "20"], "penguins.csv", "species"),
    (["random-forest-classifier", "--trees", "20"], "titanic.csv", "survived"),
    (["extra-trees-classifier", "--trees", "10"], "penguins.csv", "island"),
    (["decision-tree-classifier"], "penguins.csv", "species"),
    (["decision-tree-classifier"], "titanic.csv", "survived"),
    (["c45"], "penguins.csv", "species"),
    (["c45", "--prune", "false", "--laplace", "true"], "penguins.csv", "island"),
    (["c45", "--prune", "false", "--group-levels", "true"], "titanic.csv", "survived"),
    (["c45", "--min-leaf", "1000"], "penguins.csv", "species"),
    (["adaboost-classifier"], "penguins.csv", "species"),
    (["adaboost-classifier"], "titanic.csv", "survived"),
    (["logitboost"], "penguins.csv", "species"),
    (["logitboost"], "titanic.csv", "survived"),
    (["gradient-boosting-classifier", "--rounds", "10"], "penguins.csv", "species"),
    (["random-forest-regressor", "--trees", "20"], "penguins.csv", "body_mass_g"),
    (["extra-trees-regressor", "--trees", "10"], "penguins.csv", "body_mass_g"),
    (["decision-tree-regressor"], "penguins.csv", "body_mass_g"),
    (["adaboost-regressor"], "penguins.csv", "body_mass_g"),
    (["gradient-boosting-ranker", "--rounds", "10", "--group", "island"], "penguins.csv", "grade"),
    (["isolation-forest", "--trees", "30"], "penguins.csv", None),
)

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as error:
    print(f"SKIPPED: ONNX models are not checked, there is no {error.name}")
    sys.exit(77)


def ask(everyml, path, name, rows):
    """Whether the model at path + .everyml and what is exported of it answer rows alike: cells by column, or columns in the
    order of the inputs."""
    subprocess.run([everyml, "export", path + ".everyml", "--to", "onnx", "-o", path + ".onnx", "-q"], check=True)
    model = onnx.load(path + ".onnx")
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(path + ".onnx")
    if isinstance(rows, list):
        rows = dict(zip([entry.name for entry in session.get_inputs()], rows))
    cells = {}
    for entry in session.get_inputs():
        words, column = entry.type == "tensor(string)", rows[entry.name]
        # A word that no model knows is a missing one.
        missing = "nobody's word" if words else math.nan
        kept = [[missing if value is None else str(value) if words else float(value)] for value in column]
        cells[entry.name] = numpy.array(kept, dtype=object if words else float)
    answers = session.run(None, cells)[0]
    with open(path + ".csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(cells)
        count = len(next(iter(cells.values())))
        for row in range(count):
            values = [rows[name][row] for name in cells]
            writer.writerow(["" if value is None else value for value in values])
    kind = ["--probabilities"] if session.get_outputs()[0].name == "probabilities" else []
    command = [everyml, "predict", path + ".everyml", path + ".csv", "-q", *kind]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = list(csv.reader(told.stdout.splitlines()))[1:]
    width = answers.shape[1]
    expected = numpy.array([[float(cell) for cell in (line[1:] if kind else line[:width])] for line in lines])
    worst = float(numpy.max(numpy.abs(answers - expected) / (1 + numpy.abs(expected))))
    print(f"{name}: {count} rows, largest difference {worst:.2g}")
    return worst < 1e-9 and answers.shape == expected.shape


def check_imported(everyml, name, rows):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m")
        subprocess.run([everyml, "import", os.path.join(GOLDEN, name), "-o", path + ".everyml", "-q"], check=True)
        return ask(everyml, path, name, [list(column) for column in zip(*rows)])


def check_learned(everyml, algorithm, table, target):
    with open(os.path.join(EXAMPLES, table), newline="") as file:
        head, *lines = list(csv.reader(file))
    if target == "grade":
        head.append(target)
        for row, line in enumerate(lines):
            line.append(str(row * 7 % 4))
    numbers = {name for place, name in enumerate(head) if all(_number(line[place]) for line in lines)}
    rows = {
        name: [None if line[place] in ("", "NA") else line[place] for line in lines] for place, name in enumerate(head)
    }
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m")
        with open(path + "_train.csv", "w", newline="") as file:
            csv.writer(file).writerows([head, *lines])
        wanted = ["--target", target] if target else []
        command = [everyml, "fit", *algorithm, path + "_train.csv", *wanted, "--out", path + ".everyml", "-q"]
        subprocess.run(command, check=True)
        for name in numbers:
            rows[name] = [None if value is None else float(value) for value in rows[name]]
        return ask(everyml, path, f"{algorithm[0]} of {table}", rows)


def _number(text):
    if text in ("", "NA"):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def main():
    with open(os.path.join(GOLDEN, "answers.json")) as file:
        goldens = json.load(file)
    wrong = [name for name in MODELS if not check_imported(sys.argv[1], name, goldens["rows"])]
    wrong += [" ".join(row[0]) for row in LEARNED if not check_learned(sys.argv[1], *row)]
    if wrong:
        sys.exit(f"not the same answers: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
