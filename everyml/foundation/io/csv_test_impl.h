#pragma once

// Texts as tables, for the tests of the reader.

#include <cstdint>
#include <string>
#include <string_view>

#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_reader_impl.h"
#include "tests/support/error_code.h"

namespace everyml {

inline TableRead read_text(std::string_view text, const ReadOptions& options = {},
                           const csv::Tuning& tuning = {}) {
  csv::TextOrigin origin;
  const auto source = csv::text_source_over(text, "test.csv", origin);
  return csv::read_delimited(*source, origin, "test.csv", options, Context({.threads = 2}), tuning);
}

inline std::string code_of_text(std::string_view text, const ReadOptions& options = {},
                                const csv::Tuning& tuning = {}) {
  return code_of([&] { read_text(text, options, tuning); });
}

/// How often a note of that code was made.
inline std::uint64_t told(const TableRead& read, std::string_view code) {
  for (const ReadNote& note : read.notes) {
    if (note.code == code) return note.count;
  }
  return 0;
}

inline std::string repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace everyml
