#include <fmt/format.h>

#include "checks.h"

namespace everyml::checks {
namespace {

/// Says aloud what the suite does not ask of whom.
class ExceptionList : public testing::Environment {
 public:
  void TearDown() override {
    for (const Exception& row : exceptions())
      fmt::print("exception: {} / {}: {}\n", row.algorithm, row.check, row.reason);
    fmt::print("{} documented exceptions\n", exceptions().size());
  }
};

}  // namespace
}  // namespace everyml::checks

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::AddGlobalTestEnvironment(new everyml::checks::ExceptionList);
  return RUN_ALL_TESTS();
}
