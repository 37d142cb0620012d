"""scikit-learn's GaussianNB on LOGREG(n, d), the data of bench/bayes_bench.cpp.

Usage: python bench/peers/bayes_peers.py make ROWS COLUMNS FILE    write the data
       python bench/peers/bayes_peers.py time ROWS COLUMNS FILE    time the peer; compare labels with FILE.told
"""

import os
import sys
import time

import numpy as np
from sklearn.naive_bayes import GaussianNB


def make(rows, columns, path):
    rng = np.random.default_rng(1)
    w = rng.normal(size=columns)
    labels = []
    with open(path, "wb") as file:
        for start in range(0, rows, 100_000):
            x = rng.normal(size=(min(100_000, rows - start), columns)).astype(np.float32)
            labels.append((0.15 * (x @ w) + rng.logistic(size=len(x)) > 0).astype(np.int32))
            x.tofile(file)
        np.concatenate(labels).tofile(file)


def best(action, runs):
    wall, cpu = [], []
    for _ in range(runs):
        w, c = time.perf_counter(), time.process_time()
        action()
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
    return f"{min(wall):.4f} s wall {min(cpu):.4f} s CPU"


def measure(rows, columns, path):
    x = np.fromfile(path, dtype=np.float32, count=rows * columns).reshape(rows, columns)
    y = np.fromfile(path, dtype=np.int32, offset=rows * columns * 4)
    model = GaussianNB().fit(x, y)
    print("fit", best(lambda: GaussianNB().fit(x, y), 5))
    print("predict_proba", best(lambda: model.predict_proba(x), 3))
    told = model.predict(x)
    print("accuracy", (told == y).mean())
    if os.path.exists(path + ".told"):
        print("labels that differ", int((np.fromfile(path + ".told", dtype=np.uint8) != told).sum()))


if __name__ == "__main__":
    {"make": make, "time": measure}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
