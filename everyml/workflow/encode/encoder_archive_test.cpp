#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/encode/encoder.h"

namespace everyml {
namespace {

/// An encoder file with a column of each way, written by hand so that one entry can be spoiled at a time.
class Handmade {
 public:
  using Write = std::function<void(ArchiveWriter&, std::string_view)>;

  /// Writes `key` by `write` instead; an empty `write` leaves it out.
  Handmade& with(const std::string& key, Write write) {
    spoiled_[key] = std::move(write);
    return *this;
  }

  std::string code() const {
    try {
      Encoder::load(ArchiveReader::from_bytes(bytes(), "test"));
    } catch (const FormatError& error) {
      return std::string(error.code());
    }
    return "";
  }

  std::string bytes() const {
    ArchiveWriter root;
    put(root, "settings", [](ArchiveWriter& a, std::string_view k) {
      a.json(k, {{"one_hot_levels", 3},
                 {"target_smoothing", 10.0},
                 {"target_folds", 5},
                 {"text_features", 4},
                 {"missing_indicators", true},
                 {"date_parts", false}});
    });
    put(root, "missing", integer(0));
    put(root, "categories", integer(0));
    put(root, "scale", integer(1));
    put(root, "outputs", integer(1));
    put(root, "dropped", strings({}));
    put(root, "columns", integer(6));
    column(root, 0, "n", 0,
           {{"low", number(0)}, {"high", number(1)}, {"infinite", integer(0)}, {"fill", number(0.5)}});
    column(root, 1, "b", 1, {{"fill", number(1)}});
    column(root, 2, "c", 2, {{"levels", strings({"x", "y"})}});
    column(root, 3, "t", 3, {{"levels", strings({"x", "y"})}, {"codes", doubles({1, 2, 1.5})}});
    column(
        root, 4, "w", 6,
        {{"idf", [](ArchiveWriter& a, std::string_view k) { a.array(k, std::vector<float>{1, 1, 1, 1}); }}});
    column(root, 5, "d", 7, {{"time", boolean(false)}, {"fill", integer(0)}, {"earliest", integer(0)}});
    put(root, "mean", doubles(std::vector<double>(10, 0)));
    put(root, "deviation", doubles(std::vector<double>(10, 1)));
    return root.bytes();
  }

  static Write integer(std::int64_t v) {
    return [v](ArchiveWriter& a, std::string_view k) { a.integer(k, v); };
  }
  static Write number(double v) {
    return [v](ArchiveWriter& a, std::string_view k) { a.number(k, v); };
  }
  static Write boolean(bool v) {
    return [v](ArchiveWriter& a, std::string_view k) { a.boolean(k, v); };
  }
  static Write text(std::string v) {
    return [v](ArchiveWriter& a, std::string_view k) { a.text(k, v); };
  }
  static Write strings(std::vector<std::string> v) {
    return [v](ArchiveWriter& a, std::string_view k) { a.strings(k, v); };
  }
  static Write doubles(std::vector<double> v) {
    return [v](ArchiveWriter& a, std::string_view k) { a.array(k, v); };
  }
  static Write json(std::string v) {
    return [v](ArchiveWriter& a, std::string_view k) { a.json(k, Json::parse(v)); };
  }

 private:
  void put(ArchiveWriter& to, const std::string& key, const Write& write,
           const std::string& prefix = "") const {
    const auto at = spoiled_.find(prefix + key);
    if (at == spoiled_.end())
      write(to, key);
    else if (at->second)
      at->second(to, key);
  }
  void column(ArchiveWriter& root, int index, const std::string& name, int way,
              const std::vector<std::pair<std::string, Write>>& rest) const {
    const std::string scope = "column." + std::to_string(index), prefix = scope + ".";
    ArchiveWriter to = root.scope(scope);
    put(to, "name", text(name), prefix);
    put(to, "way", integer(way), prefix);
    put(to, "indicator", boolean(false), prefix);
    for (const auto& [key, write] : rest) put(to, key, write, prefix);
  }
  std::map<std::string, Write> spoiled_;
};

TEST(EncoderFile, TheHandmadeFileIsGood) {
  EXPECT_EQ(Handmade().code(), "");
  const Encoder encoder = Encoder::load(ArchiveReader::from_bytes(Handmade().bytes(), "test"));
  EXPECT_EQ(encoder.feature_count(), 10U);
  EXPECT_EQ(
      encoder
          .transform(
              Table({Column::texts("w", TextStore::from(std::vector<std::optional<std::string>>{"a b"}))}),
              Context())
          .rows(),
      1U);
}

TEST(EncoderFile, EachEntryMustBeThereAndOfItsType) {
  for (const std::string key :
       {"settings",      "missing",         "categories",        "scale",
        "outputs",       "dropped",         "columns",           "mean",
        "deviation",     "column.0.name",   "column.0.way",      "column.0.indicator",
        "column.0.low",  "column.0.high",   "column.0.infinite", "column.0.fill",
        "column.1.fill", "column.2.levels", "column.3.levels",   "column.3.codes",
        "column.4.idf",  "column.5.time",   "column.5.fill",     "column.5.earliest"}) {
    EXPECT_EQ(Handmade().with(key, {}).code(), "model.field_missing") << key;
    EXPECT_TRUE(Handmade().with(key, Handmade::json("[[]]")).code().starts_with("model.")) << key;
  }
}

TEST(EncoderFile, ValuesThatNoEncoderHasAreRefused) {
  using H = Handmade;
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::pair<std::string, H::Write>> bad = {
      {"settings", H::json(R"({"one_hot_levels":0})")},
      {"settings", H::json(R"({"text_features":1e9})")},
      {"settings", H::json(R"({"no_such":1})")},
      {"settings", H::json(R"({"text_features":5})")},
      {"missing", H::integer(2)},
      {"categories", H::integer(-1)},
      {"scale", H::integer(2)},
      {"outputs", H::integer(0)},
      {"outputs", H::integer(2)},
      {"outputs", H::integer(kMost)},
      {"columns", H::integer(7)},
      {"columns", H::integer(5)},
      {"columns", H::integer(-1)},
      {"columns", H::integer(kMost)},
      {"column.0.name", H::text("b")},
      {"column.0.way", H::integer(8)},
      {"column.0.way", H::integer(-1)},
      {"column.0.indicator", H::boolean(true)},
      {"column.4.indicator", H::boolean(true)},
      {"column.0.low", H::number(kNaN)},
      {"column.0.low", H::number(2)},
      {"column.0.high", H::number(kInf)},
      {"column.0.fill", H::number(kNaN)},
      {"column.0.infinite", H::integer(-1)},
      {"column.1.fill", H::number(2)},
      {"column.2.levels", H::strings({"y", "x"})},
      {"column.2.levels", H::strings({"x", "x"})},
      {"column.2.levels", H::strings({"x", "y", "z"})},
      {"column.2.way", H::integer(5)},
      {"column.3.codes", H::doubles({1, 2})},
      {"column.3.codes", H::doubles({1, 2, kNaN})},
      {"column.3.codes", H::doubles({})},
      {"column.4.idf",
       [](ArchiveWriter& a, std::string_view k) { a.array(k, std::vector<float>{1, 1, 1, -1}); }},
      {"column.4.idf", [](ArchiveWriter& a, std::string_view k) { a.array(k, std::vector<float>{1, 1, 1}); }},
      {"column.5.fill", H::integer(kMost)},
      {"column.5.earliest", H::integer(std::numeric_limits<std::int64_t>::min())},
      {"mean", H::doubles(std::vector<double>(9, 0))},
      {"mean", H::doubles(std::vector<double>(10, kInf))},
      {"deviation", H::doubles(std::vector<double>(10, 0))},
      {"deviation", H::doubles(std::vector<double>(10, -1))},
      {"deviation", H::doubles(std::vector<double>(11, 1))},
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const std::string code = Handmade().with(bad[i].first, bad[i].second).code();
    EXPECT_TRUE(code.starts_with("model.")) << i << ": " << bad[i].first << " ended in \"" << code << "\"";
  }
}

}  // namespace
}  // namespace everyml
