"""Whether exported ONNX models answer as everyml does: onnx_check.py EVERYML

Needs the packages onnx and onnxruntime; without them it says so and leaves with 77. Models are those of the import's goldens.
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

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as error:
    print(f"SKIPPED: ONNX models are not checked, there is no {error.name}")
    sys.exit(77)


def check(everyml, name, rows):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m")
        subprocess.run([everyml, "import", os.path.join(GOLDEN, name), "-o", path + ".everyml", "-q"], check=True)
        subprocess.run([everyml, "export", path + ".everyml", "--to", "onnx", "-o", path + ".onnx", "-q"], check=True)
        model = onnx.load(path + ".onnx")
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(path + ".onnx")
        names = [entry.name for entry in session.get_inputs()]
        columns = [numpy.array([[math.nan if row[j] is None else row[j]] for row in rows]) for j in range(len(names))]
        answers = session.run(None, dict(zip(names, columns)))[0]
        with open(path + ".csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([["" if value is None else repr(value) for value in row] for row in rows])
        kind = ["--probabilities"] if session.get_outputs()[0].name == "probabilities" else []
        told = subprocess.run(
            [everyml, "predict", path + ".everyml", path + ".csv", "-q", *kind],
            check=True,
            capture_output=True,
            text=True,
        )
        lines = list(csv.reader(told.stdout.splitlines()))[1:]
        expected = numpy.array([[float(cell) for cell in (line[1:] if kind else line)] for line in lines])
        worst = float(numpy.max(numpy.abs(answers - expected) / (1 + numpy.abs(expected))))
        print(f"{name}: {len(rows)} rows, largest difference {worst:.2g}")
        return worst < 1e-9 and answers.shape == expected.shape


def main():
    with open(os.path.join(GOLDEN, "answers.json")) as file:
        goldens = json.load(file)
    wrong = [name for name in MODELS if not check(sys.argv[1], name, goldens["rows"])]
    if wrong:
        sys.exit(f"not the same answers: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
