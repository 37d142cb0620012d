# The two commands for newcomers are `make demo` and `make test`; each does everything it needs on a fresh Debian 12.
# The rest is for those who work on everyml.

JOBS ?= $(shell nproc)
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1
export CTEST_PARALLEL_LEVEL ?= $(JOBS)

EVERYML = build/dev/apps/cli/everyml

.PHONY: help demo test bench build packages packages-test asan asan-python tsan format format-check tidy coverage release install clean

help:
	@echo "make demo      build, learn a model of the Titanic's passengers, show the table and the report's path"
	@echo "make test      build and run all tests"
	@echo "make release   what is shipped, in build/release"
	@echo "make install   install the release build (DESTDIR and PREFIX are honoured)"
	@echo "make format    write all C++ files as .clang-format says; format-check only looks"
	@echo "make tidy      static analysis of the C++ files"
	@echo "make asan      the tests under the address, undefined and leak sanitizers; tsan: under the thread sanitizer;"
	@echo "               asan-python: the Python package under the first"
	@echo "make bench     everyml beside its peers on small data; bench/README.md has more"
	@echo "make coverage  line and branch coverage of the library"

packages:
	@bash scripts/install_packages.sh build

packages-test:
	@bash scripts/install_packages.sh test

demo: packages
	cmake --preset dev
	cmake --build --preset dev -j $(JOBS) --target everyml_cli
	@mkdir -p build/demo
	$(EVERYML) learn examples/data/titanic.csv --target survived --out build/demo/titanic.everyml --report build/demo/titanic.html --force

build: packages-test
	@bash scripts/make_python_env.sh
	cmake --preset dev
	cmake --build --preset dev -j $(JOBS)

# What the tests counted is worth seeing even when all passed.
COUNTS = '^(scikit-learn |metrics: |splits: |[0-9]+ generated frames|sklearn\.|everyml-.*whl: |import: |[0-9]+ documented exceptions|(learn|k-means): interrupted)'

test: build
	ctest --preset dev
	@echo && echo "Counted by the tests:" && grep -hE $(COUNTS) build/dev/Testing/Temporary/LastTest.log

release: packages
	cmake --preset release -DEVERYML_TESTS=OFF
	cmake --build --preset release -j $(JOBS)

bench: packages-test
	python3 bench/run.py

PREFIX ?= /usr/local
install: release
	cmake --install build/release --strip --prefix $(PREFIX)

asan: packages-test
	cmake --preset asan
	cmake --build --preset asan -j $(JOBS)
	ctest --preset asan

# The Python package under the address and undefined sanitizers; Python itself leaks by design.
SANITIZED = LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
  ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 PYTHONPATH=build/asan/python
asan-python: packages-test
	@bash scripts/make_python_env.sh
	cmake --preset asan -DEVERYML_PYTHON=ON
	cmake --build --preset asan -j $(JOBS) --target everyml_python_core
	$(SANITIZED) build/python/bin/python -m pytest -q apps/python/tests/test_estimators.py \
	  apps/python/tests/test_tables.py apps/python/tests/test_metrics.py apps/python/tests/test_read.py

tsan: packages-test
	cmake --preset tsan
	cmake --build --preset tsan -j $(JOBS)
	ctest --preset tsan

format:
	@bash scripts/check_format.sh --fix

format-check:
	@bash scripts/check_format.sh

tidy: build
	@bash scripts/check_tidy.sh

# What reads the bytes of others, and what writes models.
READERS = 'everyml/foundation/io/(archive_reader|bounded_reader|csv_|byte_source|gzip|text_encoding|json_|atomic_file)'

coverage: packages-test
	cmake --preset coverage
	cmake --build --preset coverage -j $(JOBS)
	ctest --test-dir build/coverage --output-on-failure
	gcovr --root . --filter everyml/ --exclude '.*_test\.cpp' --exclude-throw-branches --print-summary \
	  --sort-percentage -j $(JOBS) --json build/coverage/coverage.json --txt build/coverage/lines.txt build/coverage
	gcovr --root . --add-tracefile build/coverage/coverage.json --filter $(READERS) --branches --txt -

clean:
	rm -rf build
