"""Where the engine meets Python at its edges: odd settings, holes met late, stops, and the end of the interpreter."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score

import everyml

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
PATIENCE = float(os.environ.get("EVERYML_PATIENCE", "1"))


def test_scalars_of_numpy_are_settings():
    for value in (np.float32(2.0), np.float64(2.0), np.longdouble(2.0), np.int64(2), np.array(2.0)):
        model = everyml.LogisticRegression(c=value).fit(X, Y)
        assert model.to_bytes() == everyml.LogisticRegression(c=2.0).fit(X, Y).to_bytes()
    frame = pd.DataFrame({"a": X[:, 0], "b": ["u", "v", "w"] * 20, "y": X[:, 1]})
    model = everyml.fit(frame, "ridge", target="y")
    assert model.predict_one(a=np.longdouble(1), b="u") == model.predict_one(a=1.0, b="u")


def test_settings_that_cannot_be_end_in_a_sentence():
    itself = []
    itself.append(itself)
    with pytest.raises(RecursionError):
        everyml.LogisticRegression(c=itself).fit(X, Y)
    for value in (object(), {1: 2}, "\ud800", 10**400, {1.0, 2.0}, iter([1.0])):
        with pytest.raises(ValueError, match="setting"):
            everyml.LogisticRegression(c=value).fit(X, Y)
    with pytest.raises(ValueError, match="neighbors"):
        everyml.KnnClassifier().fit(X, Y).kneighbors(X, 10**15)


def test_a_hole_in_the_test_fold_alone():
    holes = pd.DataFrame(X, columns=list("abc"))
    holes.iloc[3, 1] = np.nan
    for kind in (everyml.LogisticRegression, everyml.KnnClassifier, everyml.NaiveBayes):
        assert np.isfinite(cross_val_score(kind(), holes, Y, cv=5)).all()
    for kind in (everyml.LinearRegression, everyml.Ridge, everyml.KnnRegressor):
        assert np.isfinite(cross_val_score(kind(), holes, X[:, 0], cv=5)).all()
    model = everyml.KMeans(clusters=3).fit(X)
    assert model.predict(holes).shape == (60,)
    # The hole is filled with the column's median; the other rows answer as before.
    line = everyml.LinearRegression().fit(X, X[:, 0] + X[:, 1])
    filled = X.copy()
    filled[3, 1] = np.median(X[:, 1])
    np.testing.assert_allclose(line.predict(holes.to_numpy()), line.predict(filled))


@pytest.mark.parametrize(
    "shape, settings",
    [((190, 100), {"clusters": 20, "restarts": 10000}), ((1900, 10), {"clusters": 50, "restarts": 5000})],
)
def test_many_restarts_on_few_cells_can_be_interrupted(shape, settings):
    sent = []

    def interrupt():
        time.sleep(0.4)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        everyml.KMeans(tolerance=0.0, **settings).fit(np.random.default_rng(1).normal(size=shape))
        time.sleep(5)
    assert time.monotonic() - sent[0] < 0.5 * PATIENCE
    other.join()


def test_the_interpreter_ends_while_a_thread_works():
    code = (
        "import threading, time, numpy, everyml\n"
        "A = numpy.random.default_rng(0).normal(size=(100000, 20))\n"
        "def work(): everyml.KMeans(clusters=50, restarts=500, tolerance=0.0).fit(A)\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        "time.sleep(0.5)\n"
        "print('end')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "end"), done.stderr
