"""scikit-learn's Lloyd on the rows that kmeans_bench left: kmeans_bench.py FOLDER [THREADS]"""

import os
import sys

threads = sys.argv[2] if len(sys.argv) > 2 else "1"
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = threads

import time

import numpy
import sklearn
from sklearn.cluster import KMeans

rows = numpy.fromfile(os.path.join(sys.argv[1], "blobs.f32"), dtype=numpy.float32).reshape(-1, 32)
print("scikit-learn", sklearn.__version__, "threads", threads)
for algorithm in ("lloyd", "elkan"):
    for iterations in (1, 30):
        wall, cpu, inertia = [], [], 0.0
        for _ in range(5 if algorithm == "lloyd" else 2):
            begin, begin_cpu = time.perf_counter(), time.process_time()
            model = KMeans(100, init=rows[:100], n_init=1, max_iter=iterations, tol=0, algorithm=algorithm).fit(rows)
            wall.append(time.perf_counter() - begin)
            cpu.append(time.process_time() - begin_cpu)
            inertia = model.inertia_
        print(f"{algorithm}, iterations {model.n_iter_}: wall {min(wall):.3f} s, cpu {min(cpu):.3f} s, "
              f"inertia {inertia:.8g}")
wall, cpu = [], []
for _ in range(2):
    begin, begin_cpu = time.perf_counter(), time.process_time()
    KMeans(100, n_init=1).fit(rows)
    wall.append(time.perf_counter() - begin)
    cpu.append(time.process_time() - begin_cpu)
print(f"k-means++ and one run: wall {min(wall):.3f} s, cpu {min(cpu):.3f} s")
