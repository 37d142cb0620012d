#include "everyml/foundation/data/arrow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <deque>
#include <limits>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Cells = std::vector<std::optional<std::string>>;

template <class Work>
std::pair<std::string, std::string> failure(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return {std::string(error.code()), error.what()};
  }
  return {"no error", ""};
}

std::vector<std::string> cells_of(const Column& column) {
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < column.size(); ++i)
    cells.push_back(column.missing(i) ? "null" : column.cell(i));
  return cells;
}

/// A producer that counts its releases. Arrays are built by hand, so that they can be wrong by hand.
struct Producer {
  struct Node {
    Producer* producer;
    std::vector<std::string> blocks;
    std::vector<const void*> buffers;
    std::vector<ArrowArray*> children;
    std::vector<ArrowSchema*> schema_children;
    ArrowArray array{};
    ArrowSchema schema{};
    std::string format, name;
  };
  std::deque<Node> nodes;
  int array_releases = 0, schema_releases = 0;

  /// One field. A block is the bytes of one buffer; an empty one is a null pointer.
  Node& field(const std::string& format, std::int64_t length, std::vector<std::string> blocks,
              std::int64_t nulls = 0) {
    Node& node = nodes.emplace_back();
    node.producer = this;
    node.format = format;
    node.name = "c";
    node.blocks = std::move(blocks);
    for (const std::string& block : node.blocks)
      node.buffers.push_back(block.empty() ? nullptr : block.data());
    node.array.length = length;
    node.array.null_count = nulls;
    node.array.n_buffers = static_cast<std::int64_t>(node.buffers.size());
    node.array.buffers = node.buffers.data();
    node.array.release = release_array;
    node.array.private_data = &node;
    node.schema.format = node.format.c_str();
    node.schema.name = node.name.c_str();
    node.schema.release = release_schema;
    node.schema.private_data = &node;
    return node;
  }

  Node& batch(std::int64_t length, std::vector<Node*> fields) {
    Node& node = field("+s", length, {""});
    for (Node* child : fields) {
      node.children.push_back(&child->array);
      node.schema_children.push_back(&child->schema);
    }
    node.array.n_children = node.schema.n_children = static_cast<std::int64_t>(fields.size());
    node.array.children = node.children.data();
    node.schema.children = node.schema_children.data();
    return node;
  }

  static void release_array(ArrowArray* array) {
    auto& node = *static_cast<Node*>(array->private_data);
    for (ArrowArray* child : node.children) {
      if (child != nullptr && child->release != nullptr) child->release(child);
    }
    // What is read after the release must show: the bytes are gone.
    for (std::string& block : node.blocks) std::fill(block.begin(), block.end(), '\x5a');
    if (array->dictionary != nullptr && array->dictionary->release != nullptr)
      array->dictionary->release(array->dictionary);
    ++node.producer->array_releases;
    array->release = nullptr;
  }
  static void release_schema(ArrowSchema* schema) {
    auto& node = *static_cast<Node*>(schema->private_data);
    for (ArrowSchema* child : node.schema_children) {
      if (child != nullptr && child->release != nullptr) child->release(child);
    }
    if (schema->dictionary != nullptr && schema->dictionary->release != nullptr)
      schema->dictionary->release(schema->dictionary);
    ++node.producer->schema_releases;
    schema->release = nullptr;
  }
};

template <class T>
std::string bytes(std::initializer_list<T> values) {
  std::string block(values.size() * sizeof(T), '\0');
  std::memcpy(block.data(), std::data(values), block.size());
  return block;
}

ArrowRead import_one(Producer& producer, Producer::Node& field) {
  auto& batch = producer.batch(field.array.length, {&field});
  return import_arrow(&batch.schema, &batch.array);
}

template <class T>
std::vector<std::string> import_cells(const std::string& format, std::initializer_list<T> values) {
  Producer producer;
  const auto read = import_one(
      producer, producer.field(format, static_cast<std::int64_t>(values.size()), {"", bytes(values)}));
  EXPECT_EQ(producer.schema_releases, 2);
  return cells_of(read.table.column(0));
}

TEST(ArrowImport, IntegersOfEveryWidth) {
  EXPECT_THAT(import_cells<std::int8_t>("c", {-128, 127}), ElementsAre("-128", "127"));
  EXPECT_THAT(import_cells<std::uint8_t>("C", {0, 255}), ElementsAre("0", "255"));
  EXPECT_THAT(import_cells<std::int16_t>("s", {-32768, 5}), ElementsAre("-32768", "5"));
  EXPECT_THAT(import_cells<std::uint16_t>("S", {65535}), ElementsAre("65535"));
  EXPECT_THAT(import_cells<std::int32_t>("i", {-2147483647}), ElementsAre("-2147483647"));
  EXPECT_THAT(import_cells<std::uint32_t>("I", {4294967295U}), ElementsAre("4294967295"));
  EXPECT_THAT(import_cells<std::int64_t>("l", {-9007199254740992, 3}), ElementsAre("-9007199254740992", "3"));
  EXPECT_THAT(import_cells<std::uint64_t>("L", {9007199254740992U}), ElementsAre("9007199254740992"));
}

TEST(ArrowImport, IntegersThatADoubleCannotHoldBecomeText) {
  Producer producer;
  auto& field =
      producer.field("l", 3, {std::string(1, '\x05'), bytes<std::int64_t>({9007199254740993, 7, -1})}, 1);
  const ArrowRead read = import_one(producer, field);
  EXPECT_EQ(read.table.column(0).kind(), ColumnKind::text);
  EXPECT_THAT(cells_of(read.table.column(0)), ElementsAre("9007199254740993", "null", "-1"));
  ASSERT_EQ(read.notes.size(), 1U);
  EXPECT_EQ(read.notes[0].code, "arrow.integer_as_text");
  EXPECT_EQ(read.notes[0].column, "c");
  EXPECT_THAT(import_cells<std::uint64_t>("L", {18446744073709551615U}), ElementsAre("18446744073709551615"));
}

TEST(ArrowImport, Floats) {
  EXPECT_THAT(import_cells<double>("g", {0.1, -2.0}), ElementsAre("0.1", "-2"));
  EXPECT_THAT(import_cells<float>("f", {0.1F, 3.0F}), ElementsAre("0.1", "3"));
  // IEEE 754 binary16: 1, -2, the least subnormal, 65504 (the largest), infinity, NaN.
  EXPECT_THAT(import_cells<std::uint16_t>("e", {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x7e00}),
              ElementsAre("1", "-2", "5.960464477539063e-08", "65504", "inf", "null"));
}

TEST(ArrowImport, BooleansNullsAndTexts) {
  Producer producer;
  auto& flags =
      producer.field("b", 10, {bytes<std::uint8_t>({0xfe, 0x03}), bytes<std::uint8_t>({0x05, 0x02})}, 1);
  EXPECT_THAT(
      cells_of(import_one(producer, flags).table.column(0)),
      ElementsAre("null", "false", "true", "false", "false", "false", "false", "false", "false", "true"));
  auto& nothing = producer.field("n", 2, {}, 2);
  EXPECT_THAT(cells_of(import_one(producer, nothing).table.column(0)), ElementsAre("null", "null"));
  auto& small =
      producer.field("u", 3, {std::string(1, '\x05'), bytes<std::int32_t>({0, 2, 2, 4}), "ab\xC3\xA9"}, 1);
  EXPECT_THAT(cells_of(import_one(producer, small).table.column(0)), ElementsAre("ab", "null", "\xC3\xA9"));
  auto& large = producer.field("U", 2, {"", bytes<std::int64_t>({1, 1, 3}), "xyz"});
  EXPECT_THAT(cells_of(import_one(producer, large).table.column(0)), ElementsAre("", "yz"));
}

std::string text_view(std::int32_t length, const std::string& inline_or_prefix, std::int32_t buffer,
                      std::int32_t offset) {
  std::string view = bytes<std::int32_t>({length});
  view += inline_or_prefix;
  view.resize(8, '\0');
  if (length > 12) return view + bytes<std::int32_t>({buffer, offset});
  view.resize(4);
  view += inline_or_prefix;
  view.resize(16, '\0');
  return view;
}

TEST(ArrowImport, TextViews) {
  const std::string big = "-- a text of more than twelve bytes";
  const std::string views = text_view(5, "short", 0, 0) + text_view(32, "a te", 0, 3);
  const auto make = [&](Producer& producer, const std::string& block, std::int64_t size) -> Producer::Node& {
    return producer.field("vu", 2, {"", block, big, bytes<std::int64_t>({size})});
  };
  Producer producer;
  EXPECT_THAT(cells_of(import_one(producer, make(producer, views, 35)).table.column(0)),
              ElementsAre("short", "a text of more than twelve bytes"));
  EXPECT_EQ(failure([&] { import_one(producer, make(producer, views, 34)); }).first, "arrow.offsets");
  for (const std::string& bad :
       {text_view(32, "a te", 1, 0), text_view(32, "a te", -1, 0), text_view(32, "a te", 0, -1)}) {
    EXPECT_EQ(failure([&] { import_one(producer, make(producer, text_view(1, "x", 0, 0) + bad, 35)); }).first,
              "arrow.offsets");
  }
  const std::string negative = bytes<std::int32_t>({-1, 0, 0, 0});
  EXPECT_EQ(failure([&] { import_one(producer, make(producer, negative + negative, 35)); }).first,
            "arrow.offsets");
}

TEST(ArrowImport, DatesOfEveryUnit) {
  EXPECT_THAT(import_cells<std::int32_t>("tdD", {-1, 19782}), ElementsAre("1969-12-31", "2024-02-29"));
  EXPECT_THAT(import_cells<std::int64_t>("tdm", {86'400'000}), ElementsAre("1970-01-02"));
  EXPECT_THAT(import_cells<std::int64_t>("tss:", {951'782'400}), ElementsAre("2000-02-29"));
  EXPECT_THAT(import_cells<std::int64_t>("tss:Europe/Paris", {0, 1}),
              ElementsAre("1970-01-01 00:00:00", "1970-01-01 00:00:01"));
  EXPECT_THAT(import_cells<std::int64_t>("tsm:UTC", {-1}), ElementsAre("1969-12-31 23:59:59.999"));
  EXPECT_THAT(import_cells<std::int64_t>("tsu:", {1}), ElementsAre("1970-01-01 00:00:00.000001"));
  Producer producer;
  const ArrowRead read =
      import_one(producer, producer.field("tsn:", 3, {"", bytes<std::int64_t>({-1, 1000, 1999})}));
  EXPECT_EQ(read.table.column(0).dates()[0], -1);
  EXPECT_EQ(read.table.column(0).dates()[1], 1);
  EXPECT_EQ(read.table.column(0).dates()[2], 1);
  ASSERT_EQ(read.notes.size(), 1U);
  EXPECT_EQ(read.notes[0].code, "arrow.nanoseconds_cut");
  EXPECT_THAT(read.notes[0].sentence, HasSubstr("in 2 rows"));
  // The first nanosecond there is, 2^63 - 1 before 1970, lies in the microsecond that begins before it.
  auto& first =
      producer.field("tsn:", 1, {"", bytes<std::int64_t>({-std::numeric_limits<std::int64_t>::max()})});
  EXPECT_EQ(import_one(producer, first).table.column(0).dates()[0], -9'223'372'036'854'776);
  auto& far = producer.field("tss:", 1, {"", bytes<std::int64_t>({std::int64_t{1} << 60})});
  EXPECT_EQ(failure([&] { import_one(producer, far); }).first, "arrow.date_range");
}

TEST(ArrowImport, Decimals) {
  // 128 bits in two halves, low first.
  const std::string block = bytes<std::int64_t>({1250, 0, -5, -1, 0, 0});
  Producer producer;
  const ArrowRead read = import_one(producer, producer.field("d:38,2", 3, {"", block}));
  EXPECT_EQ(read.table.column(0).kind(), ColumnKind::number);
  EXPECT_THAT(cells_of(read.table.column(0)), ElementsAre("12.5", "-0.05", "0"));
  EXPECT_THAT(import_cells<std::int32_t>("d:9,-2,32", {7}), ElementsAre("700"));
  EXPECT_THAT(import_cells<std::int64_t>("d:18,3,64", {-1}), ElementsAre("-0.001"));
  // 2^64 + 1 and its negative, at scale 3; the digits of 2^64 are 18446744073709551616.
  const std::string wide = bytes<std::int64_t>({1, 1, -1, -2, 5, 0});
  const ArrowRead text = import_one(producer, producer.field("d:38,3", 3, {"", wide}));
  EXPECT_EQ(text.table.column(0).kind(), ColumnKind::text);
  EXPECT_THAT(cells_of(text.table.column(0)),
              ElementsAre("18446744073709551.617", "-18446744073709551.617", "0.005"));
  EXPECT_EQ(text.notes.at(0).code, "arrow.decimal_as_text");
  // Trailing zeros cost no digits; 16 real digits behind the point do.
  EXPECT_THAT(import_cells<std::int64_t>("d:18,4,64", {123'456'789'012'345'000}),
              ElementsAre("12345678901234.5"));
  EXPECT_THAT(import_cells<std::int64_t>("d:18,1,64", {9'007'199'254'740'993}),
              ElementsAre("900719925474099.3"));
  for (const char* bad : {"d:", "d:5", "d:x,2", "d:5,2,48", "d:0,2", "d:5,999"}) {
    EXPECT_EQ(
        failure([&] { import_one(producer, producer.field(bad, 1, {"", std::string(16, '\1')})); }).first,
        "arrow.struct")
        << bad;
  }
  EXPECT_EQ(failure([&] {
              import_one(producer, producer.field("d:76,2,256", 1, {"", std::string(32, '\1')}));
            }).first,
            "arrow.type");
}

Producer::Node& dictionary_field(Producer& producer, const std::string& index_format, std::string indices,
                                 std::int64_t rows, Producer::Node& dictionary) {
  auto& field = producer.field(index_format, rows, {"", std::move(indices)});
  field.array.dictionary = &dictionary.array;
  field.schema.dictionary = &dictionary.schema;
  return field;
}

TEST(ArrowImport, DictionariesBecomeCategories) {
  Producer producer;
  auto& levels =
      producer.field("u", 4, {std::string(1, '\x0b'), bytes<std::int32_t>({0, 3, 6, 6, 9}), "redbluzzz"}, 1);
  auto& field = dictionary_field(producer, "c", bytes<std::int8_t>({1, 0, 2, 0}), 4, levels);
  const Column column = import_one(producer, field).table.column(0);
  EXPECT_EQ(column.kind(), ColumnKind::category);
  EXPECT_THAT(column.levels(), ElementsAre("blu", "red", "zzz"));
  EXPECT_THAT(cells_of(column), ElementsAre("blu", "red", "null", "red")) << "a null entry is a missing cell";
  EXPECT_EQ(producer.array_releases, 3) << "batch, field and dictionary";
}

TEST(ArrowImport, DictionariesOfNumbersAndWrongOnes) {
  Producer producer;
  auto& numbers = producer.field("l", 2, {"", bytes<std::int64_t>({10, 9})});
  EXPECT_THAT(import_one(producer, dictionary_field(producer, "L", bytes<std::uint64_t>({0, 1}), 2, numbers))
                  .table.column(0)
                  .levels(),
              ElementsAre("10", "9"));
  const auto code = [&](const std::string& format, std::string indices) {
    auto& entries = producer.field("l", 2, {"", bytes<std::int64_t>({10, 9})});
    return failure([&] { import_one(producer, dictionary_field(producer, format, indices, 1, entries)); })
        .first;
  };
  EXPECT_EQ(code("c", bytes<std::int8_t>({2})), "arrow.dictionary");
  EXPECT_EQ(code("c", bytes<std::int8_t>({-1})), "arrow.dictionary");
  EXPECT_EQ(code("g", bytes<double>({0.0})), "arrow.type");
  auto& lost = producer.field("l", 1, {"", bytes<std::int64_t>({1})});
  auto& field = dictionary_field(producer, "c", bytes<std::int8_t>({0}), 1, lost);
  field.array.dictionary = nullptr;
  EXPECT_EQ(failure([&] { import_one(producer, field); }).first, "arrow.dictionary");
}

TEST(ArrowImport, OffsetsOfFieldAndBatchAddUp) {
  Producer producer;
  auto& numbers =
      producer.field("i", 5, {std::string(1, '\x7b'), bytes<std::int32_t>({90, 1, 2, 3, 4, 5, 6})}, -1);
  numbers.array.offset = 1;  // 1, null, 3, 4, 5
  auto& texts = producer.field("u", 5, {"", bytes<std::int32_t>({0, 1, 2, 3, 4, 5}), "abcde"});
  auto& batch = producer.batch(3, {&numbers, &texts});
  texts.schema.name = "t";
  batch.array.offset = 1;
  const Table table = import_arrow(&batch.schema, &batch.array).table;
  EXPECT_THAT(cells_of(table.column(0)), ElementsAre("null", "3", "4"));
  EXPECT_THAT(cells_of(table.column(1)), ElementsAre("b", "c", "d"));
}

TEST(ArrowImport, ANullRowIsMissingInEveryColumn) {
  Producer producer;
  auto& numbers = producer.field("g", 3, {"", bytes<double>({1, 2, 3})});
  auto& batch = producer.batch(3, {&numbers});
  const std::string valid(1, '\x05');
  batch.buffers[0] = valid.data();
  batch.array.null_count = 1;
  EXPECT_THAT(cells_of(import_arrow(&batch.schema, &batch.array).table.column(0)),
              ElementsAre("1", "null", "3"));
}

TEST(ArrowImport, FloatingColumnsAreBorrowedAndReleasedOnce) {
  Producer producer;
  auto& field = producer.field("g", 3, {"", bytes<double>({1, 2, 3})});
  auto& other = producer.field("i", 3, {"", bytes<std::int32_t>({1, 2, 3})});
  other.schema.name = "i";
  const void* values = field.buffers[1];
  auto& batch = producer.batch(3, {&field, &other});
  {
    Column kept;
    {
      const ArrowRead read = import_arrow(&batch.schema, &batch.array);
      EXPECT_EQ(batch.array.release, nullptr);
      EXPECT_EQ(batch.schema.release, nullptr);
      EXPECT_EQ(producer.schema_releases, 3);
      EXPECT_EQ(producer.array_releases, 2) << "the batch and the column that was copied";
      kept = read.table.column(0).slice(1, 3);
    }
    EXPECT_EQ(static_cast<const void*>(kept.doubles().data() - 1), values);
    EXPECT_THAT(cells_of(kept), ElementsAre("2", "3")) << "a slice outlives table and import";
    EXPECT_EQ(producer.array_releases, 2);
  }
  EXPECT_EQ(producer.array_releases, 3);
}

TEST(ArrowImport, UnalignedBuffersAreCopied) {
  Producer producer;
  auto& field = producer.field("g", 2, {"", " " + bytes<double>({1.5, 2.5})});
  field.buffers[1] = field.blocks[1].data() + 1;
  EXPECT_THAT(cells_of(import_one(producer, field).table.column(0)), ElementsAre("1.5", "2.5"));
  EXPECT_EQ(producer.array_releases, 2);
}

TEST(ArrowImport, OtherTypesAreNamed) {
  for (const char* format : {"z", "w:4", "+l", "+s", "tts", "tDs", "tiM", "vz", "+r", "", "x", "ts"}) {
    Producer producer;
    const auto [code, sentence] =
        failure([&] { import_one(producer, producer.field(format, 1, {"", std::string(16, '\0')})); });
    EXPECT_EQ(code, "arrow.type") << format;
    EXPECT_THAT(sentence, HasSubstr("\"c\""));
    EXPECT_THAT(sentence, HasSubstr(std::string("\"") + format + "\""));
    EXPECT_EQ(producer.array_releases, 2) << "released after an error too";
    EXPECT_EQ(producer.schema_releases, 2);
  }
}

TEST(ArrowImport, HostileStructsEndInFormatErrors) {
  using Break = void (*)(Producer::Node& batch, Producer::Node& field);
  const std::pair<const char*, Break> kBreaks[] = {
      {"negative length", [](auto&, auto& f) { f.array.length = -1; }},
      {"negative batch length", [](auto& b, auto&) { b.array.length = -3; }},
      {"huge batch length",
       [](auto& b, auto&) { b.array.length = std::numeric_limits<std::int64_t>::max(); }},
      {"negative offset", [](auto&, auto& f) { f.array.offset = -1; }},
      {"overflowing offset",
       [](auto& b, auto&) { b.array.offset = std::numeric_limits<std::int64_t>::max(); }},
      {"child shorter than batch", [](auto&, auto& f) { f.array.length = 1; }},
      {"too many nulls", [](auto&, auto& f) { f.array.null_count = 99; }},
      {"negative nulls", [](auto&, auto& f) { f.array.null_count = -2; }},
      {"nulls without bitmap", [](auto&, auto& f) { f.array.null_count = 1; }},
      {"no buffers", [](auto&, auto& f) { f.array.n_buffers = 0; }},
      {"too many buffers", [](auto&, auto& f) { f.array.n_buffers = 9; }},
      {"null buffer list", [](auto&, auto& f) { f.array.buffers = nullptr; }},
      {"null offsets", [](auto&, auto& f) { f.buffers[1] = nullptr; }},
      {"null bytes", [](auto&, auto& f) { f.buffers[2] = nullptr; }},
      {"null child", [](auto& b, auto&) { b.children[0] = nullptr; }},
      {"null children", [](auto& b, auto&) { b.array.children = nullptr; }},
      {"null schema children", [](auto& b, auto&) { b.schema.children = nullptr; }},
      {"null schema child", [](auto& b, auto&) { b.schema_children[0] = nullptr; }},
      {"negative children", [](auto& b, auto&) { b.schema.n_children = -1; }},
      {"children disagree", [](auto& b, auto&) { b.array.n_children = 0; }},
      {"null format", [](auto&, auto& f) { f.schema.format = nullptr; }},
      {"null batch format", [](auto& b, auto&) { b.schema.format = nullptr; }},
      {"released child", [](auto&, auto& f) { f.array.release = nullptr; }},
      {"released schema child", [](auto&, auto& f) { f.schema.release = nullptr; }},
      {"descending offsets",
       [](auto&, auto& f) {
         f.blocks[1] = bytes<std::int32_t>({0, 3, 1});
         f.buffers[1] = f.blocks[1].data();
       }},
      {"negative offsets",
       [](auto&, auto& f) {
         f.blocks[1] = bytes<std::int32_t>({-4, 3, 4});
         f.buffers[1] = f.blocks[1].data();
       }},
      {"broken utf8",
       [](auto&, auto& f) {
         f.blocks[2] =
             "a\xff"
             "bc";
         f.buffers[2] = f.blocks[2].data();
       }},
      {"character cut in two",
       [](auto&, auto& f) {
         f.blocks[2] =
             "a\xC3\xA9"
             "c";
         f.buffers[2] = f.blocks[2].data();
       }},
      {"released batch", [](auto& b, auto&) { b.array.release = nullptr; }},
      {"released schema", [](auto& b, auto&) { b.schema.release = nullptr; }},
  };
  for (const auto& [name, damage] : kBreaks) {
    Producer producer;
    auto& field = producer.field("u", 2, {"", bytes<std::int32_t>({0, 2, 4}), "abcd"});
    auto& batch = producer.batch(2, {&field});
    damage(batch, field);
    try {
      import_arrow(&batch.schema, &batch.array);
      ADD_FAILURE() << name << " was accepted";
    } catch (const FormatError& error) {
      EXPECT_TRUE(std::string_view(error.code()).starts_with("arrow.")) << name;
    }
    EXPECT_EQ(batch.array.release, nullptr) << name;
    EXPECT_EQ(batch.schema.release, nullptr) << name;
  }
  Producer producer;
  auto& batch = producer.batch(0, {});
  EXPECT_EQ(failure([&] { import_arrow(&batch.schema, nullptr); }).first, "arrow.released");
  EXPECT_EQ(producer.schema_releases, 1) << "the half that was given is released";
  EXPECT_EQ(failure([] { import_arrow(nullptr); }).first, "arrow.released");
}

TEST(ArrowImport, TheTopMustBeAStruct) {
  Producer producer;
  auto& field = producer.field("g", 1, {"", bytes<double>({1})});
  EXPECT_EQ(failure([&] { import_arrow(&field.schema, &field.array); }).first, "arrow.type");
  EXPECT_EQ(producer.array_releases, 1);
}

/// A stream over prepared batches; get_next fails with EIO once they are used up when `fails`.
struct TestStream {
  Producer producer;
  std::vector<Producer::Node*> batches;
  std::size_t next = 0;
  bool fails = false;
  int releases = 0;

  ArrowArrayStream stream() {
    return {[](ArrowArrayStream* s, ArrowSchema* out) {
              auto& self = *static_cast<TestStream*>(s->private_data);
              *out = self.batches.at(0)->schema;
              self.batches[0]->schema.release = nullptr;
              return 0;
            },
            [](ArrowArrayStream* s, ArrowArray* out) {
              auto& self = *static_cast<TestStream*>(s->private_data);
              if (self.next == self.batches.size()) {
                *out = ArrowArray{};
                return self.fails ? 5 : 0;
              }
              *out = self.batches[self.next]->array;
              self.batches[self.next++]->array.release = nullptr;
              return 0;
            },
            [](ArrowArrayStream*) { return "the wire was cut"; },
            [](ArrowArrayStream* s) {
              ++static_cast<TestStream*>(s->private_data)->releases;
              s->release = nullptr;
            },
            this};
  }
};

TEST(ArrowStream, ChunksAreJoined) {
  TestStream test;
  Producer& p = test.producer;
  const auto batch = [&](std::initializer_list<double> numbers, const std::string& a, const std::string& b) {
    const auto n = static_cast<std::int64_t>(numbers.size());
    auto& number = p.field("g", n, {"", bytes(numbers)});
    auto& levels = p.field("u", 2, {"", bytes<std::int32_t>({0, 1, 2}), a + b});
    auto& category =
        dictionary_field(p, "s", bytes<std::int16_t>({1, 0}).substr(0, numbers.size() * 2), n, levels);
    category.schema.name = "k";
    test.batches.push_back(&p.batch(n, {&number, &category}));
  };
  batch({1, 2}, "z", "a");
  batch({3}, "q", "z");
  ArrowArrayStream stream = test.stream();
  const Table table = import_arrow(&stream).table;
  EXPECT_THAT(cells_of(table.column("c")), ElementsAre("1", "2", "3"));
  EXPECT_THAT(cells_of(table.column("k")), ElementsAre("a", "z", "z"));
  EXPECT_THAT(table.column("k").levels(), ElementsAre("a", "q", "z"));
  EXPECT_EQ(test.releases, 1);
  EXPECT_EQ(p.array_releases, 8);
}

TEST(ArrowStream, ErrorsCarryTheReason) {
  TestStream test;
  test.fails = true;
  auto& number = test.producer.field("g", 1, {"", bytes<double>({1})});
  test.batches.push_back(&test.producer.batch(1, {&number}));
  ArrowArrayStream stream = test.stream();
  const auto [code, sentence] = failure([&] { import_arrow(&stream); });
  EXPECT_EQ(code, "arrow.stream");
  EXPECT_THAT(sentence, HasSubstr("the wire was cut"));
  EXPECT_EQ(test.releases, 1);
  EXPECT_EQ(test.producer.array_releases, 2);
  EXPECT_EQ(test.producer.schema_releases, 2);
}

Table every_kind() {
  auto floats = std::make_shared<std::vector<float>>(std::vector<float>{0.5F, std::nanf(""), 2.0F});
  auto flags = Buffer<std::int8_t>(3);
  flags[0] = 1, flags[1] = -1;
  auto days = Buffer<std::int64_t>(3), moments = Buffer<std::int64_t>(3);
  days[0] = -86'400'000'000, days[1] = kMissingDate;
  moments[0] = -1, moments[1] = kMissingDate, moments[2] = 951'782'400'000'001;
  auto numbers = Buffer<double>(3);
  numbers[0] = 1.25, numbers[1] = std::numeric_limits<double>::quiet_NaN();
  return Table({Column::numbers("number", std::move(numbers)),
                Column::numbers_view("float", std::span<const float>(*floats), floats),
                Column::booleans("flag", std::move(flags)), Column::categories("level", Cells{"b", {}, "a"}),
                Column::texts("text", TextStore::from(Cells{"one\ntwo", {}, "\xC3\xA9"})),
                Column::dates("day", std::move(days), false),
                Column::dates("moment", std::move(moments), true)});
}

void expect_same(const Table& a, const Table& b) {
  ASSERT_EQ(a.names(), b.names());
  ASSERT_EQ(a.rows(), b.rows());
  for (std::size_t i = 0; i < a.columns(); ++i) {
    EXPECT_EQ(a.column(i).kind(), b.column(i).kind()) << a.column(i).name();
    // A column without rows has no cell with a time of day.
    EXPECT_EQ(a.rows() > 0 && a.column(i).has_time(), b.column(i).has_time());
    EXPECT_EQ(a.column(i).floats().empty(), b.column(i).floats().empty());
    EXPECT_EQ(cells_of(a.column(i)), cells_of(b.column(i))) << a.column(i).name();
    EXPECT_TRUE(std::equal(a.column(i).levels().begin(), a.column(i).levels().end(),
                           b.column(i).levels().begin(), b.column(i).levels().end()));
  }
}

TEST(ArrowExport, EveryKindComesBack) {
  const Table table = every_kind();
  for (const auto& [begin, end] : {std::pair<std::size_t, std::size_t>{0, 3}, {1, 3}, {2, 3}}) {
    const Table part = table.slice(begin, end);
    ArrowSchema schema;
    ArrowArray array;
    export_arrow(part, &schema, &array);
    const ArrowRead read = import_arrow(&schema, &array);
    expect_same(part, read.table);
    EXPECT_TRUE(read.notes.empty());
    ArrowArrayStream stream;
    export_arrow(part, &stream);
    expect_same(part, import_arrow(&stream).table);
  }
  ArrowArrayStream empty;
  export_arrow(table.slice(0, 0).without("float"), &empty);
  expect_same(table.slice(0, 0).without("float"), import_arrow(&empty).table);
}

TEST(ArrowExport, ValuesAreBorrowedAndOutliveTheTable) {
  ArrowSchema schema;
  ArrowArray array;
  const double* values = nullptr;
  {
    auto numbers = Buffer<double>(2);
    numbers[1] = 7.0;
    const Table table({Column::numbers("n", std::move(numbers))});
    values = table.column(0).doubles().data();
    export_arrow(table, &schema, &array);
  }
  EXPECT_EQ(array.children[0]->buffers[1], values);
  EXPECT_EQ(static_cast<const double*>(array.children[0]->buffers[1])[1], 7.0);
  // A consumer may move a child out and release the parent.
  ArrowArray moved = *array.children[0];
  array.children[0]->release = nullptr;
  array.release(&array);
  EXPECT_EQ(array.release, nullptr);
  EXPECT_EQ(static_cast<const double*>(moved.buffers[1])[1], 7.0);
  moved.release(&moved);
  EXPECT_EQ(moved.release, nullptr);
  schema.release(&schema);
  EXPECT_EQ(schema.release, nullptr);
}

TEST(ArrowExport, StreamGivesItsBatchOnce) {
  ArrowArrayStream stream;
  export_arrow(every_kind(), &stream);
  ArrowSchema schema;
  ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
  EXPECT_STREQ(schema.format, "+s");
  EXPECT_STREQ(schema.children[3]->name, "level");
  EXPECT_STREQ(schema.children[3]->dictionary->format, "U");
  ArrowArray array;
  ASSERT_EQ(stream.get_next(&stream, &array), 0);
  EXPECT_EQ(array.length, 3);
  stream.release(&stream);
  EXPECT_EQ(array.children[0]->null_count, 1) << "a batch outlives its stream";
  array.release(&array);
  schema.release(&schema);
  export_arrow(Table(), &stream);
  ASSERT_EQ(stream.get_next(&stream, &array), 0);
  array.release(&array);
  ASSERT_EQ(stream.get_next(&stream, &array), 0);
  EXPECT_EQ(array.release, nullptr) << "the end";
  stream.release(&stream);
}

}  // namespace
}  // namespace everyml
