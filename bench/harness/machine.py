"""The machine: what it is, how busy others keep it, and running one program on given cores. Standard library only."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """CPU seconds that all cores have spent on work since the start of the machine."""
    with open("/proc/stat") as file:
        fields = [int(value) for value in file.readline().split()[1:]]
    idle = fields[3] + fields[4]
    return (sum(fields[:8]) - idle) / TICKS


def foreign_load(seconds: float = 2.0) -> float:
    """Cores kept busy by others, measured over that time."""
    begin, clock = busy_seconds(), time.monotonic()
    time.sleep(seconds)
    return (busy_seconds() - begin) / (time.monotonic() - clock)


def wait_until_quiet(limit: float, patience: float, say) -> float:
    """Waits for a load below the limit, at most `patience` seconds; returns the load it begins with."""
    begin = time.monotonic()
    while (load := foreign_load()) > limit and time.monotonic() - begin < patience:
        say(f"others keep {load:.2f} cores busy; waiting")
        time.sleep(min(10.0, patience))
    return load


def describe() -> dict[str, str]:
    model = ""
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) / 2**20
    compiler = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
    with open("/etc/os-release") as file:
        system = next((line.split("=", 1)[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME")), "")
    return {
        "processor": model,
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "kernel": platform.release(),
        "system": system,
        "compiler": compiler,
    }


def run(command: list[str], job: dict, cores: list[int], timeout: float) -> dict:
    """Runs a worker on those cores with the job as JSON on its input; its answer is the last line it prints.

    Adds `foreign`, the cores that others kept busy meanwhile, and `process`, what the kernel says of the whole process.
    """
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        environment[name] = str(len(cores))
    begin, clock = busy_seconds(), time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    before = os.times()
    try:
        out, errors = process.communicate(json.dumps(job), timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"error": f"not done after {timeout:.0f} s"}
    after = os.times()
    own = after.children_user + after.children_system - before.children_user - before.children_system
    elapsed = time.monotonic() - clock
    if process.returncode != 0:
        return {"error": (errors.strip().split("\n") or [""])[-1][:300] or f"ended with {process.returncode}"}
    answer = json.loads(out.strip().split("\n")[-1])
    answer["foreign"] = max(0.0, (busy_seconds() - begin - own) / elapsed)
    answer["process"] = {"wall": elapsed, "cpu": own}
    return answer
