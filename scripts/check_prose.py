#!/usr/bin/env python3
"""Whether what the prose says is true: check_prose.py [--everyml COMMAND] [--build FOLDER] [PAGE...]

In every page (README.md, ARCHITECTURE.md, CONTRIBUTING.md, CHANGELOG.md and those under docs, bench and examples):
- every link to a file, and every path in code marks that begins with a folder of the repository, exists;
- with --everyml, every ```sh block whose first line begins with `everyml` runs, in one folder per page that has the
  examples in it, so that a block may use what an earlier one wrote;
- with --build, every ```cpp block after a line <!-- runnable --> compiles against the installed library and runs. A block
  without a main function gets the data of scripts/prose_prelude.h; <!-- runnable: numbers --> asks for a numeric target.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("everyml/", "apps/", "tests/", "docs/", "bench/", "examples/", "scripts/", "cmake/", ".ci/")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def pages():
    found = [
        p
        for p in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
        if os.path.exists(os.path.join(ROOT, p))
    ]
    for top in ("docs", "bench", "examples"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            found += [os.path.relpath(os.path.join(folder, n), ROOT) for n in sorted(names) if n.endswith(".md")]
    return found


def missing_paths(page, text):
    prose = FENCE.sub("", text)
    here = os.path.dirname(os.path.join(ROOT, page))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        target = target.split("#")[0]
        if target and not re.match(r"[a-z]+:", target) and not os.path.exists(os.path.join(here, target)):
            yield f"link to {target}"
    for code in re.findall(r"`([^`\n]+)`", prose):
        path = code.split(":")[0].rstrip("/")
        if code.startswith(FOLDERS) and not re.search(r"[\s*<>{}()$]|\bNAME\b", code):
            if not os.path.exists(os.path.join(ROOT, path)):
                yield f"path {code}"


def failing_commands(text, everyml, folder):
    environment = dict(os.environ, PATH=os.path.dirname(everyml) + ":" + os.environ["PATH"])
    for language, block in FENCE.findall(text):
        if language != "sh" or not block.startswith("everyml"):
            continue
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", block],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            yield f"exit {done.returncode} of the block\n{block}{done.stderr[-1500:]}"


def whole_program(lines, classes):
    with open(os.path.join(ROOT, "scripts", "prose_prelude.h"), encoding="utf-8") as file:
        prelude = file.read()
    includes = "".join(line + "\n" for line in lines.splitlines() if line.startswith("#include"))
    body = "".join(line + "\n" for line in lines.splitlines() if not line.startswith("#include"))
    given = (
        f"  const everyml::Dataset data = iris({'true' if classes else 'false'}), numbers = iris(false);\n"
        "  const everyml::Dataset& more_rows = data;\n  const everyml::Features& x = data.features;\n"
        "  (void)numbers, (void)more_rows, (void)x;\n"
    )
    return f"{prelude}{includes}int main() {{\n{given}{body}}}\n"


def failing_programs(text, prefix, folder):
    for match in re.finditer(r"<!-- runnable([^>]*)-->\s*```cpp\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        program = match.group(2)
        with open(os.path.join(folder, "example.cpp"), "w", encoding="utf-8") as file:
            file.write(program if "int main" in program else whole_program(program, "numbers" not in match.group(1)))
        flags = {"Cflags": "", "Libs": ""}
        package = os.path.join(prefix, "lib", "pkgconfig", "everyml.pc")
        for line in open(package, encoding="utf-8"):
            key, _, value = line.strip().partition(": ")
            flags[key] = value.replace("${includedir}", f"{prefix}/include").replace("${libdir}", f"{prefix}/lib")
        command = [
            os.environ.get("CXX", "c++"),
            *shlex.split(flags["Cflags"]),
            "example.cpp",
            "-o",
            "example",
            *shlex.split(flags["Libs"]),
            "-lfmt",
            "-lsimdjson",
            "-lz",
        ]
        for step in (command, ["./example"]):
            done = subprocess.run(step, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode != 0:
                yield f"{step[0]} fails on the program\n{program[:300]}...\n{done.stderr[:3000]}"
                break


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--everyml")
    parser.add_argument("--build")
    parser.add_argument("pages", nargs="*")
    arguments = parser.parse_args()
    faults = checked = 0
    with tempfile.TemporaryDirectory(prefix="everyml-prose-") as work:
        prefix = os.path.join(work, "prefix")
        if arguments.build:
            subprocess.run(
                ["cmake", "--install", arguments.build, "--prefix", prefix, "--component", "development"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        for page in arguments.pages or pages():
            text = open(os.path.join(ROOT, page), encoding="utf-8").read()
            folder = os.path.join(work, page.replace("/", "_"))
            os.mkdir(folder)
            os.symlink(os.path.join(ROOT, "examples"), os.path.join(folder, "examples"))
            found = list(missing_paths(page, text))
            if arguments.everyml:
                found += failing_commands(text, os.path.abspath(arguments.everyml), folder)
            if arguments.build:
                found += failing_programs(text, prefix, folder)
            for fault in found:
                print(f"{page}: {fault}")
            faults += len(found)
            checked += 1
    print(f"{checked} pages, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
