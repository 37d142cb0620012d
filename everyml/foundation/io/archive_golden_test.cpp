#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/io/atomic_file.h"

// tests/golden/model_v1.everyml was written by bench/peers/model_golden.py from the words of docs/format.md,
// without this library. It must stay readable for ever.

namespace everyml {
namespace {

using testing::ElementsAre;

const std::string path = std::string(EVERYML_SOURCE_DIR) + "/tests/golden/model_v1.everyml";

TEST(ArchiveGolden, VersionOneIsRead) {
  const ArchiveReader reader = ArchiveReader::from_file(path);
  EXPECT_EQ(reader.text("kind"), "ridge");
  EXPECT_EQ(reader.number("alpha"), 0.1);
  EXPECT_EQ(reader.number("whole"), 2.0);
  EXPECT_EQ(reader.number("tiny"), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::isnan(reader.number("nothing")));
  EXPECT_EQ(reader.number("most"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(reader.number("least"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(reader.integer("rows"), INT64_MIN);
  EXPECT_TRUE(reader.boolean("intercept"));
  EXPECT_EQ(reader.text("raw"), std::string("\xff\0", 2));
  EXPECT_EQ(reader.text("colon"), ":x");
  EXPECT_THAT(reader.strings("names"), ElementsAre("a\"b", "größe", "line\nend"));
  EXPECT_EQ(reader.json("tree"), Json::parse(R"({"z":[1,2.5,null],"a":{}})"));
  EXPECT_THAT(reader.shape("model.coefficients"), ElementsAre(2, 3));
  EXPECT_THAT(reader.doubles("model.coefficients", 6), ElementsAre(1.5, -2.5, 3.25, 4, 5, 0));
  EXPECT_TRUE(std::signbit(reader.doubles("model.coefficients")[5]));
  EXPECT_THAT(reader.scope("model").bytes8("mask"), ElementsAre(1, 0, 255));
  EXPECT_THAT(reader.integers32("codes"), ElementsAre(1, -2, 3));
  EXPECT_THAT(reader.floats("small"), ElementsAre(0.5F));
  EXPECT_THAT(reader.integers64("ids"), ElementsAre(INT64_MIN, INT64_MAX));
  EXPECT_TRUE(reader.doubles("empty").empty());
}

TEST(ArchiveGolden, TheWriterAgreesWithAnotherWriterByteForByte) {
  ArchiveWriter writer;
  writer.text("kind", "ridge");
  writer.number("alpha", 0.1);
  writer.number("whole", 2);
  writer.number("tiny", std::numeric_limits<double>::denorm_min());
  writer.number("nothing", std::numeric_limits<double>::quiet_NaN());
  writer.number("most", std::numeric_limits<double>::infinity());
  writer.number("least", -std::numeric_limits<double>::infinity());
  writer.integer("rows", INT64_MIN);
  writer.boolean("intercept", true);
  writer.text("raw", std::string_view("\xff\0", 2));
  writer.text("colon", ":x");
  writer.strings("names", std::vector<std::string>{"a\"b", "größe", "line\nend"});
  writer.json("tree", Json::parse(R"({"z":[1,2.5,null],"a":{}})"));
  ArchiveWriter model = writer.scope("model");
  model.array("coefficients", std::vector<double>{1.5, -2.5, 3.25, 4, 5, -0.0}, {2, 3});
  model.array("mask", std::vector<std::uint8_t>{1, 0, 255});
  writer.array("codes", std::vector<std::int32_t>{1, -2, 3});
  writer.array("small", std::vector<float>{0.5F});
  writer.array("ids", std::vector<std::int64_t>{INT64_MIN, INT64_MAX});
  writer.array("empty", std::vector<double>{});
  EXPECT_EQ(writer.bytes(), read_file(path));
}

}  // namespace
}  // namespace everyml
