#include "everyml/foundation/io/bounded_reader.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

TEST(BoundedReader, ReadsInOrderAndStopsAtTheEnd) {
  const std::string bytes("\x01\x02\0\0\0\0\0\0abc", 11);
  BoundedReader reader(bytes, "test");
  EXPECT_EQ(reader.u64(), 0x0201u);
  EXPECT_EQ(reader.position(), 8u);
  EXPECT_EQ(reader.left(), 3u);
  EXPECT_THROW(reader.u64(), FormatError);
  EXPECT_EQ(reader.require_items(3, 1), 3u);
  EXPECT_THROW(reader.require_items(2, 2), FormatError);
  EXPECT_THROW(reader.take(4), FormatError);
  EXPECT_THROW(reader.take(UINT64_MAX), FormatError);
  EXPECT_EQ(reader.take(3), "abc");
  EXPECT_EQ(reader.take(0), "");
  EXPECT_EQ(reader.left(), 0u);
}

TEST(BoundedReader, SizesThatOverflowAreRefused) {
  const BoundedReader reader("abc", "test");
  EXPECT_EQ(checked_product(1u << 31, 1u << 31, "x"), std::uint64_t{1} << 62);
  try {
    reader.require_items(UINT64_MAX / 2 + 1, 2);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(error.code(), "model.overflow");
  }
}

}  // namespace
}  // namespace everyml
