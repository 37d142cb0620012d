"""The package as a whole: import time, company of others, stubs, names."""

import os
import pathlib
import subprocess
import sys

import pytest

import everyml

SOURCE = pathlib.Path(__file__).resolve().parents[3]


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, env={**os.environ, **environment}
    )


def test_the_stubs_are_those_of_the_registry():
    done = subprocess.run(
        [sys.executable, SOURCE / "scripts/make_python_stubs.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_brings_in_numpy_alone():
    code = (
        "import sys, numpy; before = set(sys.modules); import everyml; "
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before if m.split('.')[0] in "
        "{'sklearn', 'scipy', 'pandas', 'polars', 'pyarrow', 'joblib', 'tqdm', 'IPython'}}))"
    )
    assert run(code).stdout.strip() == "[]"


def test_everything_that_is_named_is_there():
    assert "Ridge" in dir(everyml) and "learn" in dir(everyml)
    for name in everyml.__all__:
        assert getattr(everyml, name) is not None, name
    with pytest.raises(AttributeError, match="no attribute 'Rigde'"):
        getattr(everyml, "Rigde")  # noqa: B009
    assert everyml.__version__ == (SOURCE / "CMakeLists.txt").read_text().split("VERSION ")[2].split()[0]


OTHERS = ["sklearn.ensemble", "pandas", "polars", "pyarrow", "scipy.sparse", "torch", "lightgbm", "xgboost"]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("first", [True, False])
def test_it_lives_beside_others_in_any_order(other, first):
    imports = ["import everyml", f"import {other}"]
    code = "; ".join(imports if first else imports[::-1])
    code += (
        "; import numpy as np; X = np.random.default_rng(0).normal(size=(4000, 30)); y = X @ np.ones(30)"
        "; m = everyml.Ridge().fit(X, y); assert m.score(X, y) > 0.99"
        "; everyml.KMeans(clusters=4).fit(X); np.linalg.svd(X); print('fine')"
    )
    probe = run(f"import {other}")
    if probe.returncode != 0:
        pytest.skip(f"{other} is not installed")
    done = run(code)
    assert done.stdout.strip() == "fine", done.stderr[-2000:]


def test_errors_are_of_the_kinds_python_knows():
    with pytest.raises(ValueError) as raised:
        everyml.Ridge(alpha=-1.0).fit([[1.0], [2.0]], [1.0, 2.0])
    assert isinstance(raised.value, everyml.ParameterError)
    assert raised.value.code == "parameter.range"
    assert "ridge: alpha must be between 0 and" in str(raised.value)
    with pytest.raises(OSError, match="no_such_file.csv"):
        everyml.read_csv("no_such_file.csv")
    assert issubclass(everyml.UnsupportedError, TypeError)
    assert issubclass(everyml.ResourceError, RuntimeError)
