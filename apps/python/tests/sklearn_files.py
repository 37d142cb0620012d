"""Runs scikit-learn's own test files with our classes in place of theirs, put in at run time.

    python sklearn_files.py sklearn/tests/test_naive_bayes.py        runs one file and writes JSON lines, one per test
    python sklearn_files.py --keep                                    runs all and writes sklearn_files_passing.txt

A test file imports its names from a module of scikit-learn; before that happens the names are set to our classes. A
test counts when it makes or fits one of them: the others say nothing about us.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
KEPT = HERE / "sklearn_files_passing.txt"
#: Test file -> the module whose names it imports.
FILES = {
    "sklearn/linear_model/tests/test_base.py": "linear_model",
    "sklearn/linear_model/tests/test_ridge.py": "linear_model",
    "sklearn/linear_model/tests/test_logistic.py": "linear_model",
    "sklearn/tests/test_naive_bayes.py": "naive_bayes",
    "sklearn/neighbors/tests/test_neighbors.py": "neighbors",
    "sklearn/cluster/tests/test_k_means.py": "cluster",
    "sklearn/tests/test_dummy.py": "dummy",
}


def replacements(file: str) -> dict[str, dict[str, type]]:
    """Module of scikit-learn -> name in it -> our class, for a test file."""
    from everyml._sk_table import CLASSES

    from everyml import sklearn as ours

    module = FILES[file]
    names = {name: getattr(ours, name) for name, row in CLASSES.items() if row.module == module}
    return {f"sklearn.{module}": names}


class Watch:
    """Writes a line per test: its id, how it ended, whether it made or fitted one of our estimators, and the error."""

    def __init__(self, file: str, out) -> None:
        from everyml._sk_plain import Plain

        self.file, self.out, self.touched = file, out, False
        watch, learn = self, Plain._learn

        def new(cls, *args, **kwargs):
            watch.touched = True
            return object.__new__(cls)

        def learned(estimator, *args, **kwargs):
            watch.touched = True
            return learn(estimator, *args, **kwargs)

        Plain.__new__ = new
        Plain._learn = learned

    def pytest_runtest_logstart(self, nodeid, location) -> None:
        self.touched = False

    def pytest_runtest_logreport(self, report) -> None:
        if report.when == "call" or report.outcome != "passed":
            error = getattr(getattr(report.longrepr, "reprcrash", None), "message", "")
            name = self.file + "::" + report.nodeid.split("::", 1)[-1]
            line = {"id": name, "outcome": report.outcome, "ours": self.touched, "error": error[:600]}
            self.out.write(json.dumps(line) + "\n")
            self.out.flush()


def run_here(file: str, out) -> int:
    """Runs one file in this process; lines go to ``out``."""
    import os

    import pytest
    import sklearn

    os.environ.setdefault("SKLEARN_SKIP_NETWORK_TESTS", "1")
    for module, names in replacements(file).items():
        place = importlib.import_module(module)
        for name, kind in names.items():
            setattr(place, name, kind)
    root = Path(sklearn.__file__).parent.parent
    arguments = [str(root / file), "-q", "-p", "no:cacheprovider", "--rootdir", str(root), "-c", "/dev/null"]
    return pytest.main(arguments, plugins=[Watch(file, out)])


def run(file: str, seconds: float = 600) -> tuple[list[dict], float]:
    """The lines of one file, run in a process of its own, and the seconds it took."""
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, file], capture_output=True, text=True, timeout=seconds, check=False
    )
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('{"id"')]
    if not lines:
        raise RuntimeError(f"no test of {file} ran:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return lines, time.monotonic() - begin


def counts(lines: list[dict]) -> dict[str, int]:
    """How the tests that touch our classes ended, and how many tests do not."""
    found = {"passed": 0, "failed": 0, "skipped": 0, "not ours": 0}
    for line in lines:
        found[line["outcome"] if line["ours"] or line["outcome"] == "skipped" else "not ours"] += 1
    return found


def kept() -> set[str]:
    return set(KEPT.read_text().split("\n")) - {""}


def main() -> int:
    if sys.argv[1:] != ["--keep"]:
        return run_here(sys.argv[1], sys.stderr)
    passing: list[str] = []
    for file in FILES:
        lines, seconds = run(file)
        print(file, counts(lines), f"{seconds:.0f} s")
        passing += [line["id"] for line in lines if line["outcome"] == "passed" and line["ours"]]
    KEPT.write_text("\n".join(sorted(passing)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
