#include <fmt/format.h>
#include <xxhash.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "checks.h"

// Model files, honest and hostile.

namespace everyml::checks {
namespace {

TEST_P(EveryAlgorithm, SavedAndLoadedItAnswersTheSame) {
  for (const Dataset& data : {sample(entry(), 90), mixed_sample(entry(), 90)}) {
    const AnyModel model = entry().make().fit(data, Context{});
    const std::string bytes = bytes_of(model);
    const AnyModel loaded = model_of(entry(), bytes);
    const Features asked = data.info.empty() ? questions(50) : mixed_sample(entry(), 50, 2).features;
    EXPECT_EQ(answers(loaded, asked).all(), answers(model, asked).all());
    EXPECT_EQ(bytes_of(loaded), bytes);
    EXPECT_EQ(loaded.summary(), model.summary());
    EXPECT_EQ(loaded.feature_count(), model.feature_count());
  }
}

TEST_P(EveryAlgorithm, EachPrefixOfAFileIsRefused) {
  const std::string bytes = bytes_of(estimator_for(entry(), "files").fit(sample(entry(), 12), Context{}));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::string code = code_of([&] { model_of(entry(), bytes.substr(0, length)); });
    EXPECT_EQ(code.rfind("model.", 0), 0U) << length << " bytes: " << code;
  }
}

/// The 16 digits of the checksum stand at bytes 37 to 52 of a model file, see docs/format.md.
void seal(std::string& bytes) {
  constexpr std::size_t kBegin = 37, kDigits = 16;
  if (bytes.size() < kBegin + kDigits) return;
  bytes.replace(kBegin, kDigits, std::string(kDigits, '0'));
  bytes.replace(kBegin, kDigits, fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size())));
}

/// What one altered file does; true when it still loads.
bool survives(const Entry& entry, const std::string& altered) {
  AnyModel model;
  const std::string code = code_of([&] { model = model_of(entry, altered); });
  if (!model) {
    EXPECT_TRUE(code.rfind("model.", 0) == 0 || code.rfind("json.", 0) == 0) << code;
    return false;
  }
  // Whatever it now says, it must say it without harm; a file may well claim another number of columns.
  code_of([&] {
    const Context context({.threads = 1, .seconds = 5.0});
    answers(model, questions(3, std::min<std::size_t>(model.feature_count(), 64)), context);
  });
  code_of([&] { model.summary(); });
  code_of([&] { figures(model); });
  code_of([&] { bytes_of(model); });
  return true;
}

void flip_every_bit(const Entry& entry, const std::string& bytes) {
  std::string sealed = bytes;
  seal(sealed);
  ASSERT_EQ(sealed, bytes) << "the seal must be the writer's own";
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    seal(flipped);
    const auto start = std::chrono::steady_clock::now();
    refused += !survives(entry, flipped);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_LT(seconds, 5.0);
    ASSERT_FALSE(testing::Test::HasFailure()) << "bit " << bit;
  }
  EXPECT_GT(refused, 0U);
}

TEST_P(EveryAlgorithm, EachBitFlipOfAFileIsRefusedOrHarmless) {
  flip_every_bit(entry(), bytes_of(estimator_for(entry(), "files").fit(sample(entry(), 12, 3), Context{})));
}

TEST_P(EveryAlgorithm, EachBitFlipOfAFileWithMixedColumnsIsRefusedOrHarmless) {
  flip_every_bit(entry(),
                 bytes_of(estimator_for(entry(), "files").fit(mixed_sample(entry(), 12), Context{})));
}

TEST_P(EveryAlgorithm, AnEmptyFileIsRefused) {
  ArchiveWriter empty;
  EXPECT_EQ(code_of([&] { model_of(entry(), empty.bytes()); }).rfind("model.", 0), 0U);
}

}  // namespace
}  // namespace everyml::checks
