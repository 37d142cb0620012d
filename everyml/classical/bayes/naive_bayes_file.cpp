#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/classical/bayes/bayes_state_impl.h"
#include "everyml/classical/bayes/naive_bayes.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

constexpr std::size_t kMostFeaturesTold = 500;

std::string_view likelihood_name(BayesColumn column) {
  switch (column) {
    case BayesColumn::gaussian:
      return "gaussian";
    case BayesColumn::bernoulli:
      return "bernoulli";
    case BayesColumn::categorical:
      return "categorical";
    case BayesColumn::counts:
      return "multinomial";
  }
  return "";
}

/// Parameters of one feature, one entry per class.
Json feature_summary(const BayesState& state, std::size_t column) {
  const BayesLayout& layout = state.layout;
  const BayesTables& tables = state.tables;
  const std::size_t place = layout.place[column], classes = layout.classes;
  Json json{{"name", state.feature_name(column)},
            {"likelihood", std::string(likelihood_name(layout.column[column]))}};
  for (std::size_t c = 0; c < classes; ++c) {
    switch (layout.column[column]) {
      case BayesColumn::gaussian:
        json["mean"].push_back(tables.mean[c * padded(layout.gaussian.size()) + place]);
        json["variance"].push_back(tables.variance[c * layout.gaussian.size() + place]);
        break;
      case BayesColumn::bernoulli:
        json["share_set"].push_back(
            std::exp(tables.log_zero[place * classes + c] + tables.log_step[place * classes + c]));
        break;
      case BayesColumn::categorical: {
        Json shares = Json::array();
        for (std::size_t l = layout.level_start[place]; l < layout.level_start[place + 1]; ++l) {
          shares.push_back(std::exp(tables.log_level[l * classes + c]));
        }
        json["level_shares"].push_back(std::move(shares));
        break;
      }
      case BayesColumn::counts:
        if (state.settings.likelihood == BayesLikelihood::complement) {
          json["complement_weight"].push_back(tables.log_word[place * classes + c]);
        } else {
          json["share"].push_back(std::exp(tables.log_word[place * classes + c]));
        }
        break;
    }
  }
  return json;
}

std::vector<double> weights_of(const ArchiveReader& archive, std::string_view key, std::size_t size) {
  std::vector<double> values = archive.finite_doubles(key, size);
  for (const double value : values) {
    if (value < 0) archive.refuse(key, "must not be negative");
  }
  return values;
}

BayesLayout layout_of(const ArchiveReader& archive, std::size_t classes) {
  std::vector<BayesColumn> column;
  std::size_t categorical = 0;
  for (const std::uint8_t code : archive.bytes8("columns")) {
    if (code > static_cast<std::uint8_t>(BayesColumn::counts))
      archive.refuse("columns", "no such likelihood");
    column.push_back(static_cast<BayesColumn>(code));
    categorical += column.back() == BayesColumn::categorical;
  }
  if (column.empty()) archive.refuse("columns", "there must be at least one");
  // Levels are bounded by the weights that are really in the file, so that no size is taken on trust.
  const std::size_t most = archive.doubles("level_weights").size() / classes;
  std::vector<std::size_t> levels(column.size());
  std::size_t next = 0, total = 0;
  const std::vector<std::int32_t> given = archive.integers32("levels", categorical);
  for (std::size_t j = 0; j < column.size(); ++j) {
    if (column[j] != BayesColumn::categorical) continue;
    const std::int32_t count = given[next++];
    if (count < 1 || static_cast<std::size_t>(count) > most)
      archive.refuse("levels", "does not fit the weights");
    total += levels[j] = static_cast<std::size_t>(count);
    if (total > most) archive.refuse("levels", "does not fit the weights");
  }
  return make_layout(classes, std::move(column), levels);
}

std::vector<FeatureInfo> info_of(const ArchiveReader& archive, std::size_t columns) {
  const std::vector<std::string> names = archive.strings("feature_names");
  if (names.empty()) return {};
  if (names.size() != columns) archive.refuse("feature_names", "must name every column");
  const std::vector<std::string> sources = archive.strings("feature_sources");
  const std::vector<std::uint8_t> kinds = archive.bytes8("feature_kinds");
  const std::vector<std::int32_t> levels = archive.integers32("feature_levels", columns);
  if (sources.size() != columns || kinds.size() != columns)
    archive.refuse("feature_kinds", "must be one per column");
  std::vector<FeatureInfo> info;
  for (std::size_t j = 0; j < columns; ++j) {
    if (kinds[j] > static_cast<std::uint8_t>(FeatureInfo::Kind::count))
      archive.refuse("feature_kinds", "no such kind");
    if (levels[j] < 0) archive.refuse("feature_levels", "must not be negative");
    info.push_back({names[j], sources[j], static_cast<FeatureInfo::Kind>(kinds[j]),
                    static_cast<std::size_t>(levels[j])});
  }
  return info;
}

}  // namespace

Json NaiveBayesModel::summary() const {
  const BayesState& state = *state_;
  Json json;
  Json& classes = json["classes"] = Json::array();
  for (std::size_t c = 0; c < state.classes.size(); ++c) {
    classes.push_back({{"name", state.classes[c]},
                       {"weight", state.counts.classes[c]},
                       {"prior", std::exp(state.tables.log_prior[c])}});
  }
  json["feature_count"] = feature_count();
  Json& features = json["features"] = Json::array();
  for (std::size_t j = 0; j < std::min(feature_count(), kMostFeaturesTold); ++j) {
    features.push_back(feature_summary(state, j));
  }
  return json;
}

void NaiveBayesModel::save(ArchiveWriter& archive) const {
  const BayesState& state = *state_;
  const BayesLayout& layout = state.layout;
  archive.json("settings", describe<NaiveBayes>().to_json(&state.settings));
  archive.strings("classes", state.classes);
  std::vector<std::uint8_t> columns, kinds;
  std::vector<std::int32_t> levels, feature_levels;
  std::vector<std::string> names, sources;
  for (const BayesColumn column : layout.column) columns.push_back(static_cast<std::uint8_t>(column));
  for (std::size_t k = 0; k < layout.categorical.size(); ++k) {
    levels.push_back(static_cast<std::int32_t>(layout.level_start[k + 1] - layout.level_start[k]));
  }
  for (const FeatureInfo& info : state.info) {
    names.push_back(info.name);
    sources.push_back(info.source);
    kinds.push_back(static_cast<std::uint8_t>(info.kind));
    feature_levels.push_back(static_cast<std::int32_t>(info.levels));
  }
  archive.strings("feature_names", names);
  archive.strings("feature_sources", sources);
  archive.array("feature_kinds", std::span<const std::uint8_t>(kinds));
  archive.array("feature_levels", std::span<const std::int32_t>(feature_levels));
  archive.array("columns", std::span<const std::uint8_t>(columns));
  archive.array("levels", std::span<const std::int32_t>(levels));
  const auto put = [&](std::string_view key, const std::vector<double>& values) {
    archive.array(key, std::span<const double>(values));
  };
  put("class_weights", state.counts.classes);
  put("seen", state.counts.seen);
  put("mean", state.counts.mean);
  put("squares", state.counts.squares);
  put("observed", state.counts.observed);
  put("ones", state.counts.ones);
  put("level_weights", state.counts.levels);
  put("sums", state.counts.sums);
}

NaiveBayesModel NaiveBayesModel::load(const ArchiveReader& archive) {
  auto state = std::make_shared<BayesState>();
  try {
    describe<NaiveBayes>().set_all(&state->settings, archive.json("settings"));
    everyml::validate(state->settings);
  } catch (const ParameterError& error) {
    archive.refuse("settings", error.what());
  }
  state->classes = archive.strings("classes");
  if (state->classes.empty()) archive.refuse("classes", "there must be at least one");
  const std::size_t classes = state->classes.size();
  const std::size_t priors = state->settings.class_priors.size();
  if (priors != 0 && priors != classes) archive.refuse("settings", "class_priors must be one per class");
  BayesLayout layout = layout_of(archive, classes);
  state->info = info_of(archive, layout.columns());
  BayesCounts& counts = state->counts;
  counts.classes = weights_of(archive, "class_weights", classes);
  counts.seen = weights_of(archive, "seen", classes * layout.gaussian.size());
  counts.mean = archive.finite_doubles("mean", counts.seen.size());
  counts.squares = weights_of(archive, "squares", counts.seen.size());
  counts.observed = weights_of(archive, "observed", classes * layout.bernoulli.size());
  counts.ones = weights_of(archive, "ones", counts.observed.size());
  counts.levels = weights_of(archive, "level_weights", classes * layout.levels());
  counts.sums = weights_of(archive, "sums", classes * layout.counts.size());
  state->layout = std::move(layout);
  if (!derive_tables(*state)) archive.refuse("class_weights", "the statistics contradict each other");
  return NaiveBayesModel(std::move(state));
}

}  // namespace everyml
