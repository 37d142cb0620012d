// What holds for the artifact of every algorithm in the catalog, and what happens to spoiled ones.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/io/archive_impl.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/catalog/catalog.h"

namespace everyml {
namespace {

constexpr std::size_t kRows = 60;

Table sample() {
  Stream random(31, "families");
  Buffer<double> a(kRows), b(kRows);
  Buffer<std::int8_t> flag(kRows);
  Buffer<std::int64_t> when(kRows);
  std::vector<std::optional<std::string>> small, large;
  for (std::size_t i = 0; i < kRows; ++i) {
    a[i] = i % 9 == 0 ? std::nan("") : random.normal();
    b[i] = random.normal();
    flag[i] = static_cast<std::int8_t>(random.below(2));
    when[i] = static_cast<std::int64_t>(random.below(900)) * 86'400'000'000;
    small.emplace_back(std::string(1, static_cast<char>('a' + random.below(3))));
    large.emplace_back("level " + std::to_string(random.below(40)));
  }
  return Table({Column::numbers("a", a), Column::numbers("b", b), Column::booleans("flag", flag),
                Column::categories("small", small), Column::categories("large", large),
                Column::dates("when", when, false)});
}

Artifact fit(const Entry& entry, const Table& table) {
  const Context context({.threads = 1, .seed = 3});
  Artifact artifact;
  AnyEstimator estimator = entry.make();
  artifact.algorithm = entry.card().name;
  artifact.target_kind = entry.card().target;
  Dataset data;
  if (artifact.target_kind == Target::Kind::classes) {
    Buffer<std::int32_t> codes(kRows);
    for (std::size_t i = 0; i < kRows; ++i) codes[i] = static_cast<std::int32_t>(i % 3);
    artifact.class_names = {"one", "three", "two"};
    data.target = Target::classes(codes, artifact.class_names);
  } else if (artifact.target_kind == Target::Kind::numbers) {
    Buffer<double> values(kRows);
    for (std::size_t i = 0; i < kRows; ++i) values[i] = std::sin(static_cast<double>(i));
    data.target = Target::numbers(values);
  }
  if (artifact.target_kind != Target::Kind::none) artifact.target_name = "y";
  const std::vector<std::string> names = table.names();
  artifact.encoder =
      Encoder::fit(table, names, data.target, {}, entry.card().needs, {.one_hot_levels = 10}, context);
  data.features = artifact.encoder.transform_training(table, data.target, {}, context);
  data.info.assign(artifact.encoder.info().begin(), artifact.encoder.info().end());
  if (orders_lists(entry.card().name)) {
    // An order is learned within lists, here of five rows each, from grades.
    Buffer<double> grades(kRows);
    for (std::size_t row = 0; row < kRows; ++row) {
      data.groups.push_back(static_cast<std::int32_t>(row / 5));
      grades[row] = static_cast<double>(row * 7 % 3);
    }
    data.target = Target::numbers(grades);
  }
  artifact.model = estimator.fit(data, context);
  return artifact;
}

TEST(ArtifactOfEveryAlgorithm, ComesBackAndAnswersTheSame) {
  const Table table = sample();
  for (const Entry& entry : catalog().entries()) {
    const Artifact artifact = fit(entry, table);
    const std::string bytes = artifact.bytes();
    const Artifact again = Artifact::from_bytes(bytes, "test", catalog());
    EXPECT_EQ(again.bytes(), bytes) << artifact.algorithm;
    const PredictOptions options{.probabilities = true};
    const Table a = predict(artifact, table, options, Context()),
                b = predict(again, table, options, Context());
    ASSERT_EQ(a.names(), b.names());
    for (std::size_t c = 0; c < a.columns(); ++c) {
      for (std::size_t r = 0; r < kRows; ++r)
        ASSERT_EQ(a.column(c).cell(r), b.column(c).cell(r)) << artifact.algorithm;
    }
  }
}

TEST(ArtifactOfEveryAlgorithm, ARowAloneIsAnsweredAsInItsTable) {
  const Table table = sample();
  for (const Entry& entry : catalog().entries()) {
    const Artifact artifact = fit(entry, table);
    if (artifact.target_kind == Target::Kind::none) continue;
    RowPredictor row(artifact);
    const bool classes = artifact.target_kind == Target::Kind::classes;
    const std::vector<double> all = classes ? predict_probabilities(artifact, table, Context())
                                            : predict_values(artifact, table, Context());
    for (std::size_t r = 0; r < kRows; ++r) {
      row.clear();
      for (const Column& column : table.all()) {
        if (!column.missing(r)) row.set(row.column(column.name()), column.cell(r));
      }
      if (classes) {
        const std::span<const double> p = row.probabilities();
        for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(p[k], all[r * 3 + k], 1e-12) << artifact.algorithm;
      } else {
        EXPECT_NEAR(row.value(), all[r], 1e-12) << artifact.algorithm;
      }
    }
  }
}

/// Changes a few bytes as an attacker would who can mend the checksum.
void spoil(std::string& bytes, Stream& random) {
  const std::size_t header = 8 + detail::header_start.size() + detail::checksum_digits;
  const std::uint64_t changes = 1 + random.below(3);
  for (std::uint64_t i = 0; i < changes; ++i) {
    const std::size_t at = header + random.below(bytes.size() - header);
    switch (random.below(5)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 2: {
        // A figure of the header, so that counts and positions change while the JSON stays whole.
        const std::size_t digit = bytes.find_first_of("0123456789", at);
        if (digit != std::string::npos) bytes[digit] = static_cast<char>('0' + random.below(10));
        break;
      }
      case 3: {
        constexpr double kValues[] = {0, -1, 1e308, -1e308, 1e-308, HUGE_VAL, -HUGE_VAL};
        const std::size_t aligned = at / 8 * 8;
        const auto value = std::bit_cast<std::array<char, 8>>(
            random.below(8) == 0 ? std::nan("") : kValues[random.below(std::size(kValues))]);
        if (aligned >= header && aligned + 8 <= bytes.size()) bytes.replace(aligned, 8, value.data(), 8);
        break;
      }
      default: {
        constexpr std::int32_t kValues[] = {-1, 0, 1, 1000, 0x7fffffff, -0x7fffffff};
        const std::size_t aligned = at / 4 * 4;
        const auto value = std::bit_cast<std::array<char, 4>>(kValues[random.below(std::size(kValues))]);
        if (aligned >= header && aligned + 4 <= bytes.size()) bytes.replace(aligned, 4, value.data(), 4);
      }
    }
  }
  bytes.replace(detail::checksum_begin, detail::checksum_digits, detail::checksum_of(bytes));
}

TEST(ArtifactOfEveryAlgorithm, ASpoiledFileIsRefusedOrAnswersWithoutHarm) {
  const Table table = sample();
  const Context context({.threads = 1});
  for (const Entry& entry : catalog().entries()) {
    const std::string whole = fit(entry, table).bytes();
    Stream random(77, entry.card().name);
    std::size_t refused = 0, answered = 0;
    for (int i = 0; i < 1500; ++i) {
      std::string bytes = whole;
      spoil(bytes, random);
      try {
        const Artifact artifact = Artifact::from_bytes(bytes, "spoiled", catalog());
        predict(artifact, table, {.probabilities = true}, context);
        ++answered;
      } catch (const FormatError&) {
        ++refused;
      } catch (const Error& error) {
        // A whole model of other columns may find none of them here; a model may refuse what it is shown.
        EXPECT_NE(error.kind(), ErrorKind::resource) << entry.card().name << ": " << error.what();
      }
    }
    EXPECT_GT(refused, 100U) << entry.card().name;
    EXPECT_GT(answered, 10U) << entry.card().name;
  }
}

}  // namespace
}  // namespace everyml
