#include "everyml/foundation/base/error.h"

#include <gtest/gtest.h>

namespace everyml {
namespace {

template <class E>
void expect_kind(ErrorKind kind, std::string_view name) {
  try {
    throw E("room.reason", "What was wrong.");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_EQ(error.code(), "room.reason");
    EXPECT_STREQ(error.what(), "What was wrong.");
    EXPECT_EQ(to_string(error.kind()), name);
  }
}

TEST(Error, EachKindIsCaughtAsErrorWithItsNameAndCode) {
  expect_kind<ParameterError>(ErrorKind::parameter, "parameter");
  expect_kind<DataError>(ErrorKind::data, "data");
  expect_kind<UnsupportedError>(ErrorKind::unsupported, "unsupported");
  expect_kind<FormatError>(ErrorKind::format, "format");
  expect_kind<ResourceError>(ErrorKind::resource, "resource");
}

}  // namespace
}  // namespace everyml
