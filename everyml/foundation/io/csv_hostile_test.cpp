// Bytes of any kind end in a table or in a typed error that says what is wrong.

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/csv_reader_impl.h"
#include "everyml/foundation/io/csv_stream_impl.h"
#include "everyml/foundation/io/json_lines_impl.h"

namespace everyml {
namespace {

const Context& one_thread() {
  static const Context context({.threads = 1, .memory_bytes = std::size_t{1} << 28});
  return context;
}

/// "" for a table, else the code of the error. Anything but an Error fails the test by itself.
std::string outcome(std::string_view bytes, const ReadOptions& options = {}) {
  try {
    const TableRead read = read_csv_text(bytes, "hostile", options, one_thread());
    EXPECT_GE(read.table.columns(), 1U);
    return "";
  } catch (const Error& error) {
    EXPECT_GT(std::string_view(error.what()).size(), 10U);
    return std::string(error.code());
  }
}

std::string outcome_of_lines(std::string_view bytes) {
  try {
    csv::TextOrigin origin;
    const auto source = csv::text_source_over(bytes, "hostile", origin);
    csv::read_json_lines(*source, origin, "hostile", {}, one_thread());
    return "";
  } catch (const Error& error) {
    return std::string(error.code());
  }
}

std::string pack(const std::string& text) {
  std::string out(text.size() + 100, '\0');
  z_stream state{};
  EXPECT_EQ(deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}

const std::string kSmall =
    "id,when,who,note,amount\n1,2024-02-29,\"Ann, B\",\"said "
    "\"\"so\"\"\",1.5\n2,2024-03-01,J\xC3\xB6rg,NA,-2e3\n"
    "3,,\"two\nlines\",x,\n";

TEST(CsvHostile, EveryPrefixEnds) {
  for (std::size_t size = 0; size <= kSmall.size(); ++size) outcome(std::string_view(kSmall).substr(0, size));
  EXPECT_EQ(outcome(kSmall), "");
}

TEST(CsvHostile, EveryBitFlipEnds) {
  std::size_t tables = 0;
  for (std::size_t bit = 0; bit < kSmall.size() * 8; ++bit) {
    std::string flipped = kSmall;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    tables += outcome(flipped).empty();
  }
  // Most flips only change a letter.
  EXPECT_GT(tables, kSmall.size() * 4);
}

TEST(CsvHostile, EveryPrefixAndFlipOfPackedTextEnds) {
  const std::string packed = pack(kSmall);
  EXPECT_EQ(outcome(packed), "");
  for (std::size_t size = 3; size < packed.size(); ++size) {
    EXPECT_EQ(outcome(std::string_view(packed).substr(0, size)), "gzip.broken") << size;
  }
  for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
    std::string flipped = packed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    outcome(flipped);
  }
  EXPECT_EQ(outcome(packed + "garbage"), "gzip.broken");
  EXPECT_EQ(outcome(packed + std::string(64, '\0')), "");
}

TEST(CsvHostile, EveryPrefixAndFlipOfJsonLinesEnds) {
  const std::string lines =
      "{\"a\": 1.5, \"b\": \"x\\u00e9\", \"c\": [1, {\"d\": 2}]}\n{\"b\": null, \"a\": -2e3, \"e\": true}\n";
  EXPECT_EQ(outcome_of_lines(lines), "");
  for (std::size_t size = 0; size < lines.size(); ++size)
    outcome_of_lines(std::string_view(lines).substr(0, size));
  for (std::size_t bit = 0; bit < lines.size() * 8; ++bit) {
    std::string flipped = lines;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    outcome_of_lines(flipped);
  }
}

struct Bad {
  std::string bytes;
  std::string code;
  ReadOptions options = {};
};

std::vector<Bad> bad_files() {
  using namespace std::string_literals;
  std::vector<Bad> bad;
  for (const char* blank :
       {"", "\n", "\r\n", " ", "\t", " \n \n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n", "\r", "\n\n\n\n"}) {
    bad.push_back({blank, "csv.empty"});
  }
  for (const char* open :
       {"a\n\"", "a,b\n\"1,2\n", "a,b\n1,\"2", "a,b\n1,\"\"\"", "a,b\n1,\"2\"\"\n", "\"a,b\n1,2\n",
        "a,b\n 1, \"x", "a,b\n1,2\n3,\"4\n5,6\n", "a,\"b\n", "a,b\r\n1,\"2\r\n"}) {
    bad.push_back({open, "csv.quote"});
  }
  for (const std::string& binary :
       {"a,b\n1,\0x\n"s, "\0\0\0\0"s,
        "\x7F"
        "ELF\x02\x01\x01\0\0\0\0\0\0\0"s,
        "PK\x03\x04\x14\0\0\0\x08\0"s, "a\0b\n"s, "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s, "GIF89a\0\0\0"s,
        "a,b\n1,2\n\0"s, "\xFF\xFE\0\0a\0\0\0"s, "\0\0\xFE\xFF\0\0\0a"s}) {
    bad.push_back({binary, "csv.binary"});
  }
  const std::string packed = pack("a,b\n1,2\n3,4\n");
  for (std::size_t cut = 1; cut <= 10; ++cut)
    bad.push_back({packed.substr(0, packed.size() - cut), "gzip.broken"});
  for (std::size_t place = packed.size() - 8; place < packed.size(); ++place) {
    std::string other = packed;
    other[place] = static_cast<char>(~other[place]);
    bad.push_back({other, "gzip.broken"});
  }
  bad.push_back({packed + "x", "gzip.broken"});
  bad.push_back({packed + packed.substr(0, 9), "gzip.broken"});
  const ReadOptions strict{.strict = true};
  for (const char* ragged : {"a,b\n1\n", "a,b\n1,2\n1,2,3\n", "a,b\n1,2\n3\n4,5\n", "a,b,c\n1,2,3\n1,2\n",
                             "a,b\n1,2\n1,2,\n", "a;b\n1;2\n3;4;5\n", "a\tb\n1\t2\n3\n", "a|b\n1|2\n3\n",
                             "a,b\n\"1\",\"2\"\n\"3\"\n", "a,b\r\n1,2\r\n3\r\n"}) {
    bad.push_back({ragged, "csv.ragged", strict});
  }
  for (const char* broken :
       {"a,b\n1,\xFF\n2,x\n", "a,b\n1,\xC3\n2,x\n", "a,b\nx\x80,1\ny,2\n", "a,b\n1,\xED\xA0\x80\n2,x\n",
        "a,b\n1,\xC0\xAF\n2,x\n", "a,b\n1,\xF5\x80\x80\x80\n2,x\n", "a,b\n1,\xE2\x82\n2,x\n",
        "a,b\n1,\xF0\x9F\x98\n2,x\n", "a,b\n1,\xBF\n2,x\n", "a,b\n1,\xF4\x90\x80\x80\n2,x\n"}) {
    bad.push_back({broken, "csv.utf8", strict});
  }
  const auto typed = [](ColumnKind kind) {
    ReadOptions options;
    options.types["b"] = kind;
    options.header = true;
    return options;
  };
  for (const char* cell : {"x", "1x", "1,2,3x", "--1", "1e", "0x10", "1_000", "e5", "1.2.3.4x", "one"}) {
    bad.push_back({"a,b\n1,\"" + std::string(cell) + "\"\n", "csv.type", typed(ColumnKind::number)});
  }
  for (const char* cell : {"2024-13-01", "2024-02-30", "29/02/2023", "2024-1", "12:30", "2024-01-01T25:00",
                           "2024-01-01 10:61", "32 Jan 2024", "Foo 3, 2024", "2024-01-01 10:00:00.1234567"}) {
    bad.push_back({"a,b\n1,\"" + std::string(cell) + "\"\n", "csv.type", typed(ColumnKind::date)});
  }
  for (const char* cell : {"2", "yess", "truefalse", "on", "ja"}) {
    bad.push_back({"a,b\n1," + std::string(cell) + "\n", "csv.type", typed(ColumnKind::boolean)});
  }
  bad.push_back({"a,b\n1,2\n", "csv.types_column", ReadOptions{.types = {{"B", ColumnKind::number}}}});
  bad.push_back({"\n,\n,\n", "csv.no_columns"});
  bad.push_back({",,\n,,\n", "csv.no_columns"});
  for (const char* line : {"sep=;\n", "sep=,", "SEP=|\r\n", "sep=;\n \n"}) bad.push_back({line, "csv.empty"});
  return bad;
}

TEST(CsvHostile, AHundredBadFilesAreRefused) {
  const std::vector<Bad> bad = bad_files();
  EXPECT_GE(bad.size(), 100U);
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(outcome(bad[i].bytes, bad[i].options), bad[i].code)
        << i << ": " << testing::PrintToString(bad[i].bytes);
  }
}

TEST(CsvHostile, BadJsonLinesNameTheLine) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"{\"a\":1}\n{\"a\":}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\" 1}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":1\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":01}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":1.}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":tru}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":1e}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":1e+}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":-}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":[1,}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":nul}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":\"x}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":\"\xFF\"}\n", "jsonl.syntax"},
      {"{\"a\":1}\n{\"a\":1} x\n", "jsonl.syntax"},
      {"{\"a\":1}\n[1]\n", "jsonl.not_object"},
      {"{\"a\":1}\n7\n", "jsonl.not_object"},
      {"{\"a\":1}\n{\"a\":1,\"a\":2}\n", "jsonl.duplicate_key"}};
  for (const auto& [text, code] : bad) {
    try {
      csv::TextOrigin origin;
      const auto source = csv::text_source_over(text, "bad", origin);
      csv::read_json_lines(*source, origin, "bad", {}, one_thread());
      ADD_FAILURE() << text;
    } catch (const FormatError& error) {
      EXPECT_EQ(error.code(), code) << text;
      EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
    }
  }
  EXPECT_EQ(outcome_of_lines("{\"a\":1e5}\n\t{\"a\":-1e+5}\t\n {\"a\":2.5E-5}\t \r\n"), "");
  EXPECT_EQ(outcome(std::string(8, 'x') + "{\"__metadata__\":{\"checksum\":\""), "csv.binary") << "a model";
  EXPECT_EQ(outcome_of_lines(""), "csv.empty");
  EXPECT_EQ(outcome_of_lines("\n \n"), "csv.empty");
  EXPECT_EQ(outcome_of_lines("{}\n{}\n"), "csv.no_columns");
}

TEST(CsvHostile, MemoryBudgetIsKept) {
  std::string text = "a,b,c,d\n";
  for (int row = 0; row < 100000; ++row) text += "1,2,3,4\n";
  const Context small({.threads = 1, .memory_bytes = 1 << 20});
  try {
    read_csv_text(text, "big", {}, small);
    FAIL();
  } catch (const ResourceError& error) {
    EXPECT_EQ(error.code(), "resource.memory");
  }
  EXPECT_EQ(small.memory().used(), 0U);
}

TEST(CsvHostile, CancelEndsTheReading) {
  CancelToken token;
  token.cancel();
  const Context context({.threads = 1, .cancel = &token});
  try {
    read_csv_text(kSmall, "cancelled", {}, context);
    FAIL();
  } catch (const ResourceError& error) {
    EXPECT_EQ(error.code(), "resource.cancelled");
  }
}

}  // namespace
}  // namespace everyml
