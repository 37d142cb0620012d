// Any bytes end in a table or in a typed error. The table is the same for every way of cutting the text, and
// what write_csv() makes of it reads back as the same table.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_reader_impl.h"
#include "everyml/foundation/io/csv_stream_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"

namespace {

using namespace everyml;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "fuzz_csv: %s\n", what);
  std::abort();
}

void require_equal(const Table& a, const Table& b, const char* what) {
  if (a.rows() != b.rows() || a.columns() != b.columns()) fail(what);
  for (std::size_t i = 0; i < a.columns(); ++i) {
    const Column& left = a.column(i);
    const Column& right = b.column(i);
    if (left.name() != right.name() || left.kind() != right.kind()) fail(what);
    for (std::size_t row = 0; row < a.rows(); ++row) {
      if (left.missing(row) != right.missing(row) || left.cell(row) != right.cell(row)) fail(what);
    }
  }
}

/// The table, or the code of the error.
struct Outcome {
  std::string code;
  TableRead read;
};

Outcome read_with(std::string_view text, int threads, const csv::Tuning& tuning, bool lines) {
  Outcome outcome;
  const Context context({.threads = threads, .memory_bytes = std::size_t{1} << 30});
  try {
    csv::TextOrigin origin;
    const auto source = csv::text_source_over(text, "fuzz", origin);
    outcome.read = lines ? csv::read_json_lines(*source, origin, "fuzz", {}, context, tuning)
                         : csv::read_delimited(*source, origin, "fuzz", {}, context, tuning);
  } catch (const Error& error) {
    outcome.code = error.code();
  }
  return outcome;
}

void check(std::string_view text, bool lines) {
  const Outcome whole = read_with(text, 1, {}, lines);
  const Outcome cut = read_with(text, 2, {.stretch = 7, .slack = 3, .block_rows = 1}, lines);
  if (whole.code != cut.code) fail("another way of cutting ends in another error");
  if (!whole.code.empty()) return;
  require_equal(whole.read.table, cut.read.table, "another way of cutting gives another table");
  if (whole.read.notes.size() != cut.read.notes.size()) fail("another way of cutting tells other things");

  const Table& table = whole.read.table;
  ReadOptions exact{.delimiter = ',', .quote = '"', .header = true, .decimal = '.'};
  for (const Column& column : table.all()) exact.types[column.name()] = column.kind();
  const std::string written = write_csv(table);
  const Context context({.threads = 1});
  require_equal(table, read_csv_text(written, "written", exact, context).table,
                "the written table reads back otherwise");

  if (lines) return;
  try {
    const auto stream = csv::stream_over_text(text, "fuzz", table.schema(), {}, context);
    std::size_t rows = 0;
    while (const auto part = stream->next(3)) rows += part->rows();
    if (rows != table.rows()) fail("the stream has another number of rows");
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, false);
  if (csv::looks_like_json_lines(text)) check(text, true);
  return 0;
}
