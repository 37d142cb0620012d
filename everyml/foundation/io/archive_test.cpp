#include "everyml/foundation/io/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/io/archive_impl.h"
#include "everyml/foundation/io/atomic_file.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

using testing::ElementsAre;

ArchiveReader reopen(const ArchiveWriter& writer) {
  return ArchiveReader::from_bytes(writer.bytes(), "test");
}

TEST(Archive, BringsBackWhatWasWritten) {
  ArchiveWriter writer;
  writer.number("alpha", 0.1);
  writer.integer("rows", -7);
  writer.boolean("intercept", true);
  writer.text("kind", "ridge");
  writer.strings("names", std::vector<std::string>{"age", "", "größe"});
  const std::vector<double> coefficients = {1.5, -2.5, 3.25, 4, 5, 6};
  writer.array("coefficients", coefficients, {2, 3});
  writer.array("codes", std::vector<std::int32_t>{1, -2});
  writer.array("mask", std::vector<std::uint8_t>{1, 0, 255});
  writer.array("ids", std::vector<std::int64_t>{INT64_MIN, INT64_MAX});
  writer.array("small", std::vector<float>{0.5F});
  writer.array("none", std::vector<double>{});

  const ArchiveReader reader = reopen(writer);
  EXPECT_EQ(reader.number("alpha"), 0.1);
  EXPECT_EQ(reader.integer("rows"), -7);
  EXPECT_TRUE(reader.boolean("intercept"));
  EXPECT_EQ(reader.text("kind"), "ridge");
  EXPECT_THAT(reader.strings("names"), ElementsAre("age", "", "größe"));
  EXPECT_EQ(reader.doubles("coefficients"), coefficients);
  EXPECT_THAT(reader.shape("coefficients"), ElementsAre(2, 3));
  EXPECT_THAT(reader.integers32("codes", 2), ElementsAre(1, -2));
  EXPECT_THAT(reader.bytes8("mask"), ElementsAre(1, 0, 255));
  EXPECT_THAT(reader.integers64("ids"), ElementsAre(INT64_MIN, INT64_MAX));
  EXPECT_THAT(reader.floats("small", 1), ElementsAre(0.5F));
  EXPECT_TRUE(reader.doubles("none").empty());
  EXPECT_THAT(reader.shape("none"), ElementsAre(0));
  EXPECT_EQ(reader.name(), "test");
}

TEST(Archive, NumbersComeBackToTheBit) {
  ArchiveWriter writer;
  std::vector<double> values = {0.0,
                                -0.0,
                                1.0,
                                -1.0,
                                0.1,
                                1e300,
                                1e-300,
                                std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::lowest(),
                                std::numeric_limits<double>::min(),
                                std::numeric_limits<double>::denorm_min(),
                                std::numeric_limits<double>::infinity(),
                                -std::numeric_limits<double>::infinity(),
                                9007199254740993.0};
  Stream random(7, "archive numbers");
  while (values.size() < 5000) {
    const double value = std::bit_cast<double>(random.next_u64());
    if (std::isfinite(value)) values.push_back(value);
  }
  Json tree = Json::array();
  for (std::size_t i = 0; i < values.size(); ++i) {
    writer.number("v" + std::to_string(i), values[i]);
    tree.push_back(values[i]);
  }
  writer.number("nan", std::numeric_limits<double>::quiet_NaN());
  writer.json("tree", tree);
  const ArchiveReader reader = reopen(writer);
  const Json back = reader.json("tree");
  ASSERT_EQ(back.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(values[i]);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(reader.number("v" + std::to_string(i))), bits) << values[i];
    ASSERT_TRUE(back[i].is_number_float());
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back[i].get<double>()), bits) << values[i];
  }
  EXPECT_TRUE(std::isnan(reader.number("nan")));
}

TEST(Archive, TextOfAnyBytesComesBack) {
  std::vector<std::string> texts = {"",
                                    ":",
                                    "::",
                                    ":nan",
                                    ":tensor",
                                    ":bytes:00",
                                    "a\"b\\c/\b\f\n\r\t",
                                    "\x7f",
                                    std::string("nul\0inside", 10),
                                    "\xff\xfe",
                                    "\xc3",
                                    "caf\xc3\xa9",
                                    "\xf0\x9f\x98\x80",
                                    "\xed\xa0\x80",
                                    "</script>",
                                    "{\"a\":1}"};
  for (int c = 0; c < 256; ++c) texts.emplace_back(1, static_cast<char>(c));
  Stream random(7, "archive texts");
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (auto n = random.below(40); n > 0; --n) text.push_back(static_cast<char>(random.below(256)));
    texts.push_back(text);
  }
  ArchiveWriter writer;
  writer.strings("all", texts);
  Json tree = Json::object();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    writer.text("t" + std::to_string(i), texts[i]);
    tree["key " + texts[i]] = texts[i];
  }
  writer.json("tree", tree);
  const ArchiveReader reader = reopen(writer);
  EXPECT_EQ(reader.strings("all"), texts);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(reader.text("t" + std::to_string(i)), texts[i]);
  EXPECT_EQ(reader.json("tree"), tree);
}

TEST(Archive, TreesKeepTypesAndOrder) {
  const Json tree = {{"z", 1},
                     {"a", 1.0},
                     {"big", std::numeric_limits<std::uint64_t>::max()},
                     {"no", false},
                     {"yes", true},
                     {"none", nullptr},
                     {"deep", {{{"list", {1, "two", 3.5, Json::object(), Json::array()}}}}}};
  ArchiveWriter writer;
  writer.json("tree", tree);
  const Json back = reopen(writer).json("tree");
  EXPECT_EQ(back, tree);
  EXPECT_TRUE(back["z"].is_number_integer());
  EXPECT_TRUE(back["a"].is_number_float());
  EXPECT_EQ(back.begin().key(), "z");
}

TEST(Archive, ScopesNestAndListTheirChildrenInOrder) {
  ArchiveWriter writer;
  writer.integer("version", 1);
  ArchiveWriter encoder = writer.scope("encoder");
  encoder.array("means", std::vector<double>{1});
  encoder.scope("city").strings("levels", std::vector<std::string>{"x"});
  encoder.text("kind", "e");
  writer.scope("model").number("alpha", 2);
  const ArchiveReader reader = reopen(writer);
  EXPECT_THAT(reader.keys(), ElementsAre("version", "encoder", "model"));
  EXPECT_THAT(reader.scope("encoder").keys(), ElementsAre("means", "city", "kind"));
  EXPECT_THAT(reader.scope("encoder").scope("city").strings("levels"), ElementsAre("x"));
  EXPECT_TRUE(reader.has("encoder"));
  EXPECT_TRUE(reader.has("encoder.city"));
  EXPECT_TRUE(reader.has("encoder.city.levels"));
  EXPECT_FALSE(reader.has("encode"));
  EXPECT_FALSE(reader.has("encoder.cit"));
  EXPECT_TRUE(reader.scope("nothing").keys().empty());
  EXPECT_EQ(reader.number("model.alpha"), 2.0);
}

TEST(Archive, SameContentSameBytes) {
  const auto make = [] {
    ArchiveWriter writer;
    writer.number("x", 1);
    writer.array("b", std::vector<std::uint8_t>{1, 2, 3});
    writer.array("a", std::vector<double>{1, 2});
    return writer.bytes();
  };
  EXPECT_EQ(make(), make());
}

TEST(Archive, ArraysAreAlignedInTheFile) {
  ArchiveWriter writer;
  writer.array("u", std::vector<std::uint8_t>{1, 2, 3});
  writer.array("f", std::vector<float>{1, 2, 3});
  writer.array("d", std::vector<double>{1, 2});
  const std::string file = writer.bytes();
  std::uint64_t header = 0;
  std::memcpy(&header, file.data(), 8);
  EXPECT_EQ((8 + header) % 64, 0u);
  double first = 0;
  std::memcpy(&first, file.data() + 8 + header, 8);
  EXPECT_EQ(first, 1.0);
  const Json parsed = Json::parse(file.substr(8, header));
  EXPECT_EQ(parsed["f"]["data_offsets"], Json({16, 28}));
  EXPECT_EQ(parsed["u"]["data_offsets"], Json({28, 31}));
}

TEST(Archive, FilesAreWrittenAndRead) {
  const auto path =
      (std::filesystem::temp_directory_path() / ("everyml-archive-" + std::to_string(::getpid()))).string();
  ArchiveWriter writer;
  writer.number("x", 4);
  write_file_atomically(path, writer.bytes(), {.overwrite = true});
  const ArchiveReader reader = ArchiveReader::from_file(path);
  EXPECT_EQ(reader.number("x"), 4.0);
  EXPECT_EQ(reader.name(), path);
  std::filesystem::remove(path);
  EXPECT_EQ(code_of([&] { ArchiveReader::from_file(path); }), "io.open");
}

TEST(Archive, TheWriterRefusesMisuse) {
  ArchiveWriter writer;
  const std::vector<double> two = {1, 2};
  for (const std::string key :
       {"", "A", "a b", ".a", "a.", "a..b", "__metadata__", "ü", "a/b", "{", "`", "a:", "@"}) {
    EXPECT_EQ(code_of([&] { writer.number(key, 1); }), "archive.key") << key;
  }
  EXPECT_EQ(code_of([&] { writer.number(std::string(1001, 'a'), 1); }), "archive.key");
  writer.number("x", 1);
  EXPECT_EQ(code_of([&] { writer.text("x", "again"); }), "archive.key_duplicate");
  EXPECT_EQ(code_of([&] { writer.array("y", two, {3}); }), "archive.shape");
  EXPECT_EQ(code_of([&] { writer.array("y", two, {std::uint64_t{1} << 63, 4}); }), "archive.shape");
  EXPECT_EQ(code_of([&] { writer.array("y", two, std::vector<std::uint64_t>(17, 1)); }), "archive.shape");
  Json deep = 1;
  for (int i = 0; i < 80; ++i) deep = Json::array({deep});
  EXPECT_EQ(code_of([&] { writer.json("y", deep); }), "model.value");
  EXPECT_EQ(code_of([&] { writer.json("y", Json::binary({1})); }), "model.value");
  EXPECT_EQ(code_of([&] { writer.json("y", Json(std::vector<int>(300'000, 1))); }), "model.value");
  EXPECT_EQ(code_of([&] { writer.strings("y", std::vector<std::string>(1'000'001)); }), "model.too_large");
  // What was refused has left no trace.
  EXPECT_THAT(reopen(writer).keys(), ElementsAre("x"));
}

TEST(Archive, TheWriterRefusesMoreThanAFileMayHold) {
  ArchiveWriter fields;
  for (std::size_t i = 0; i < detail::max_fields; ++i) fields.boolean("k" + std::to_string(i), true);
  EXPECT_EQ(code_of([&] { fields.boolean("one-more", true); }), "model.too_large");
  ArchiveWriter header;
  header.text("x", std::string(15'000'000, '\1'));  // seven bytes each once escaped twice
  EXPECT_EQ(code_of([&] { header.bytes(); }), "model.too_large");
}

TEST(Archive, TheDeepestTreeAllowedComesBack) {
  Json deep = 1;
  for (unsigned i = 0; i < 62; ++i) deep = Json::array({deep});
  ArchiveWriter writer;
  writer.json("deep", deep);
  EXPECT_EQ(reopen(writer).json("deep"), deep);
}

TEST(Archive, GettersCheckPresenceTypeRangeAndSize) {
  ArchiveWriter writer;
  writer.number("number", 2.5);
  writer.number("infinite", std::numeric_limits<double>::infinity());
  writer.number("nan", std::numeric_limits<double>::quiet_NaN());
  writer.integer("integer", 5);
  writer.boolean("boolean", false);
  writer.text("text", "t");
  writer.strings("strings", std::vector<std::string>{"s"});
  writer.json("mixed", Json::array({"a", 1}));
  writer.array("array", std::vector<double>{1, std::numeric_limits<double>::infinity()});
  const ArchiveReader r = reopen(writer);

  using Getter = std::function<void(const ArchiveReader&, const std::string&)>;
  const std::vector<std::pair<Getter, std::set<std::string>>> getters = {
      {[](auto& a, auto& k) { a.number(k); }, {"number", "infinite", "nan", "integer"}},
      {[](auto& a, auto& k) { a.integer(k); }, {"integer"}},
      {[](auto& a, auto& k) { a.boolean(k); }, {"boolean"}},
      {[](auto& a, auto& k) { a.text(k); }, {"text"}},
      {[](auto& a, auto& k) { a.strings(k); }, {"strings"}},
      {[](auto& a, auto& k) { a.json(k); },
       {"number", "infinite", "nan", "integer", "boolean", "text", "strings", "mixed"}},
      {[](auto& a, auto& k) { a.shape(k); }, {"array"}},
      {[](auto& a, auto& k) { a.doubles(k); }, {"array"}},
      {[](auto& a, auto& k) { a.floats(k); }, {}},
      {[](auto& a, auto& k) { a.integers64(k); }, {}},
      {[](auto& a, auto& k) { a.integers32(k); }, {}},
      {[](auto& a, auto& k) { a.bytes8(k); }, {}}};
  for (const auto& [getter, fits] : getters) {
    EXPECT_EQ(code_of([&] { getter(r, "absent"); }), "model.field_missing");
    for (const std::string& key : r.keys()) {
      EXPECT_EQ(code_of([&] { getter(r, key); }), fits.contains(key) ? "none" : "model.field_type") << key;
    }
  }
  EXPECT_EQ(r.number("number", 2.5, 3), 2.5);
  EXPECT_EQ(code_of([&] { r.number("number", 3, 4); }), "model.value");
  EXPECT_EQ(code_of([&] { r.number("number", 1, 2); }), "model.value");
  EXPECT_FALSE(r.has("zzz"));
  EXPECT_EQ(code_of([&] { r.number("nan", 3, 4); }), "model.value");
  EXPECT_EQ(r.integer("integer", 5, 5), 5);
  EXPECT_EQ(code_of([&] { r.integer("integer", 6, 9); }), "model.value");
  EXPECT_EQ(code_of([&] { r.integer("integer", 0, 4); }), "model.value");
  EXPECT_EQ(code_of([&] { r.doubles("array", 3); }), "model.field_size");
  EXPECT_EQ(code_of([&] { r.finite_doubles("array", 2); }), "model.value");
  EXPECT_EQ(code_of([&] { r.refuse("array", "is odd"); }), "model.value");
}

}  // namespace
}  // namespace everyml
