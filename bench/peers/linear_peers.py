"""The same fits by scikit-learn on the files of linear_bench.

  OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python bench/peers/linear_peers.py FOLDER ROWS COLUMNS [NAME ...]
"""
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeCV

warnings.filterwarnings("ignore")
folder, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
only = sys.argv[4:]
x = np.fromfile(f"{folder}/x.f32", np.float32).reshape(rows, columns)
y = np.fromfile(f"{folder}/y.f32", np.float32)
labels = np.fromfile(f"{folder}/labels.i32", np.int32)
classes = np.fromfile(f"{folder}/classes.i32", np.int32)
few = x[:len(classes)]


def measure(name, work, repeats=5):
    if only and not any(part in name for part in only):
        return
    wall = cpu = 1e300
    quality = work()
    for _ in range(repeats):
        start, cpu_start = time.perf_counter(), time.process_time()
        model = work()
        wall, cpu = min(wall, time.perf_counter() - start), min(cpu, time.process_time() - cpu_start)
    print(f"{name:40s} wall {wall:8.4f} s  cpu {cpu:8.4f} s  {quality_of(name, model)}", flush=True)


def quality_of(name, model):
    if "logistic" not in name and "multinomial" not in name:
        return f"R2 {1 - np.sum((y - model.predict(x).astype(float)) ** 2) / np.sum((y - y.mean(dtype=float)) ** 2):.12f}"
    data, target = (few, classes) if "multinomial" in name else (x, labels)
    coefficients = model.coef_.astype(float)
    z = data.astype(float) @ coefficients.T + model.intercept_.astype(float)
    if z.shape[1] == 1:
        loss = np.logaddexp(0, z[:, 0]) - target * z[:, 0]
    else:
        loss = np.logaddexp.reduce(z, axis=1) - z[np.arange(len(target)), target]
    return f"objective {loss.sum() + (coefficients ** 2).sum() / 2:.9f}  steps {model.n_iter_.max()}"


print("scikit-learn", sklearn.__version__)
measure("linear-regression", lambda: LinearRegression().fit(x, y))
measure("ridge alpha 1", lambda: Ridge(alpha=1.0).fit(x, y))
measure("ridge 17 alphas (RidgeCV)", lambda: RidgeCV(alphas=np.logspace(-3, 5, 17)).fit(x, y), repeats=1)
for solver in ("lbfgs", "newton-cholesky"):
    for tol in (1e-4, 1e-7):
        measure(f"logistic {solver} tol {tol:g}",
                lambda: LogisticRegression(solver=solver, tol=tol, max_iter=1000).fit(x, labels), repeats=3)
for solver in ("lbfgs", "newton-cholesky"):
    for tol in (1e-4, 1e-7):
        measure(f"multinomial {solver} tol {tol:g}",
                lambda: LogisticRegression(solver=solver, tol=tol, max_iter=1000).fit(few, classes), repeats=3)
