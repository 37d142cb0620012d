"""scikit-learn's own test files with ours in place: nothing fails but what run_sklearn_tests.py gives a reason for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sklearn

RUNNER = Path(__file__).with_name("run_sklearn_tests.py")


@pytest.mark.skipif(not sklearn.__version__.startswith("1.9."), reason="the reasons are of scikit-learn 1.9's tests")
def test_no_failure_without_a_reason(capsys):
    found = subprocess.run([sys.executable, str(RUNNER), "all"], capture_output=True, text=True)
    with capsys.disabled():
        print("\n" + "\n".join(line for line in found.stdout.splitlines() if not line.startswith("  ")))
    surprises = [line for line in found.stdout.splitlines() if "NOT EXPECTED" in line]
    assert found.returncode == 0, "\n".join(surprises) or found.stderr[-2000:]
