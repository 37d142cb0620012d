"""Times polars, DuckDB and pyarrow on one CSV file, each in a process of its own.

csv_peers.py FILE [THREADS] [REPEATS] prints a line per library: best seconds, processor seconds and peak resident memory in MiB.
Each reads the whole file into its own table in memory.
"""

import json
import os
import resource
import subprocess
import sys
import time


def read_polars(path, threads):
    import polars

    return lambda: polars.read_csv(path, try_parse_dates=True)


def read_duckdb(path, threads):
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    return lambda: connection.execute(
        "create or replace table t as select * from read_csv(?)", [path]
    )


def read_pyarrow(path, threads):
    import pyarrow
    from pyarrow import csv

    pyarrow.set_cpu_count(threads)
    pyarrow.set_io_thread_count(threads)
    options = csv.ParseOptions(newlines_in_values=False)
    return lambda: csv.read_csv(path, parse_options=options)


READERS = {"polars": read_polars, "duckdb": read_duckdb, "pyarrow": read_pyarrow}


def run_one(name, path, threads):
    read = READERS[name](path, threads)
    before = os.times()
    begin = time.perf_counter()
    table = read()
    seconds = time.perf_counter() - begin
    after = os.times()
    work = after.user + after.system - before.user - before.system
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "work": work, "mib": peak}))
    del table


def main():
    if len(sys.argv) > 2 and sys.argv[1] == "--one":
        run_one(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    path = sys.argv[1]
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count()
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    environment = dict(os.environ, POLARS_MAX_THREADS=str(threads), OMP_NUM_THREADS=str(threads))
    for name in READERS:
        results = []
        for _ in range(repeats):
            done = subprocess.run(
                [sys.executable, __file__, "--one", name, path, str(threads)],
                capture_output=True,
                text=True,
                env=environment,
                check=False,
            )
            if done.returncode != 0:
                print(f"{name}: failed: {done.stderr.strip().splitlines()[-1]}")
                break
            results.append(json.loads(done.stdout))
        if results:
            seconds = min(r["seconds"] for r in results)
            work = min(r["work"] for r in results)
            mib = min(r["mib"] for r in results)
            print(f"{name:8} threads {threads}  {seconds:7.3f} s  {work:7.3f} s of processor  {mib:8.0f} MiB")


if __name__ == "__main__":
    main()
