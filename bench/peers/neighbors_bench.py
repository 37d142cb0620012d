"""faiss Flat and scikit-learn's brute force on what neighbors_bench left: neighbors_bench.py FOLDER [THREADS]"""

import os
import sys

threads = sys.argv[2] if len(sys.argv) > 2 else "1"
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = threads

import time

import faiss
import numpy
import sklearn
from sklearn.neighbors import NearestNeighbors

folder = sys.argv[1]
rows = numpy.fromfile(os.path.join(folder, "rows.f32"), dtype=numpy.float32).reshape(-1, 128)
queries = numpy.fromfile(os.path.join(folder, "queries.f32"), dtype=numpy.float32).reshape(-1, 128)
ours = numpy.fromfile(os.path.join(folder, "found.i64"), dtype=numpy.int64).reshape(-1, 10)


def least(what, body):
    wall, cpu = [], []
    for _ in range(5):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        found = body()
        wall.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - begin_cpu)
    same = (numpy.sort(found, axis=1) == numpy.sort(ours, axis=1)).all(axis=1).mean()
    print(f"{what}, threads {threads}: wall {min(wall):.3f} s, cpu {min(cpu):.3f} s, "
          f"rows with the same neighbours {same:.4f}")


faiss.omp_set_num_threads(int(threads))
flat = faiss.IndexFlatL2(128)
flat.add(rows)
least(f"faiss {faiss.__version__} Flat", lambda: flat.search(queries, 10)[1])
brute = NearestNeighbors(n_neighbors=10, algorithm="brute", n_jobs=int(threads)).fit(rows)
least(f"scikit-learn {sklearn.__version__} brute", lambda: brute.kneighbors(queries, return_distance=False))
