#include "everyml/classical/bayes/naive_bayes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "everyml/classical/bayes/bayes_predict_impl.h"
#include "everyml/classical/bayes/bayes_state_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

// The moments find NaN and infinities in their own pass; a second pass over all values would cost as much as
// the fit.
constexpr Dataset::Needs kNeeds{
    .target = Target::Kind::classes, .missing_allowed = true, .scan_features = false};

void check_class_priors(const NaiveBayes& settings, const Dataset& data) {
  const auto& priors = settings.class_priors;
  if (priors.empty()) return;
  if (priors.size() != data.target.class_count()) {
    throw ParameterError(
        "parameter.class_priors",
        fmt::format("naive-bayes: class_priors needs one value for each of the {} classes, got {}",
                    data.target.class_count(), priors.size()));
  }
  const auto codes = data.target.codes();
  for (std::size_t row = 0; row < codes.size(); ++row) {
    if (data.weight(row) > 0 && priors[static_cast<std::size_t>(codes[row])] > 0) return;
  }
  throw ParameterError("parameter.class_priors",
                       "naive-bayes: class_priors is 0 for every class that has a row");
}

NaiveBayesModel finished(std::shared_ptr<BayesState> state) {
  if (!derive_tables(*state)) {
    throw DataError(
        "data.spread",
        "naive-bayes: the features spread so wide that their sums or variances leave the range of "
        "doubles; scale the columns down");
  }
  return NaiveBayesModel(std::move(state));
}

/// The rows' classes as codes of the model, matched by name. Rows of weight 0 may be of any class.
std::vector<std::int32_t> matched_codes(const BayesState& state, const Dataset& data) {
  std::map<std::string_view, std::int32_t> known;
  for (const std::string& name : state.classes) known.emplace(name, static_cast<std::int32_t>(known.size()));
  const auto names = data.target.names();
  std::vector<std::int32_t> code_of;
  for (const std::string& name : names) {
    const auto found = known.find(name);
    code_of.push_back(found == known.end() ? -1 : found->second);
  }
  std::vector<std::int32_t> codes;
  codes.reserve(data.rows());
  for (std::size_t row = 0; row < data.rows(); ++row) {
    const auto given = static_cast<std::size_t>(data.target.codes()[row]);
    if (code_of[given] < 0 && data.weight(row) > 0) {
      throw DataError(
          "data.new_class",
          fmt::format("naive-bayes: row {} is of class \"{}\", which the model has never seen; fit anew on "
                      "all rows to add a class",
                      row, printable(names[given])));
    }
    codes.push_back(std::max(code_of[given], 0));
  }
  return codes;
}

std::vector<std::size_t> level_counts(const BayesLayout& layout) {
  std::vector<std::size_t> levels(layout.columns());
  for (std::size_t k = 0; k < layout.categorical.size(); ++k) {
    levels[layout.categorical[k]] = layout.level_start[k + 1] - layout.level_start[k];
  }
  return levels;
}

/// Level weights of `from` laid out as `to`, which has at least as many levels in every column.
std::vector<double> widened_levels(const std::vector<double>& weights, const BayesLayout& from,
                                   const BayesLayout& to) {
  std::vector<double> out(to.classes * to.levels());
  for (std::size_t c = 0; c < to.classes; ++c) {
    for (std::size_t k = 0; k < to.categorical.size(); ++k) {
      const double* source = weights.data() + c * from.levels();
      std::copy(source + from.level_start[k], source + from.level_start[k + 1],
                out.data() + c * to.levels() + to.level_start[k]);
    }
  }
  return out;
}

}  // namespace

Card NaiveBayes::card() {
  return {
      .title = "Naive Bayes",
      .summary = "Multiplies what each column says of each class, with the right likelihood per column",
      .territory = "classical",
      .family = "bayes",
      .target = Target::Kind::classes,
      .needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none},
      .complexity = 1,
      .references = {
          "Hand and Yu, \"Idiot's Bayes: Not So Stupid after All?\", International Statistical Review 69, "
          "2001",
          "Rennie, Shih, Teevan and Karger, \"Tackling the Poor Assumptions of Naive Bayes Text "
          "Classifiers\", ICML 2003",
          "Chan, Golub and LeVeque, \"Updating Formulae and a Pairwise Algorithm for Computing Sample "
          "Variances\", Stanford STAN-CS-79-773, 1979"}};
}

std::vector<std::map<std::string, std::string>> NaiveBayes::search() {
  return {{{"var_smoothing", "1e-6"}}, {{"var_smoothing", "1e-3"}}, {{"alpha", "0.1"}}};
}

NaiveBayesModel NaiveBayes::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, kNeeds);
  check_class_priors(*this, data);
  auto state = std::make_shared<BayesState>();
  state->settings = *this;
  const auto names = data.target.names();
  state->classes.assign(names.begin(), names.end());
  state->info = data.info;
  state->layout = choose_layout(likelihood, data, names.size(), {}, context);
  state->counts = count_rows(data, data.target.codes(), state->layout, context);
  context.progress(name, 1.0);
  return finished(std::move(state));
}

std::size_t NaiveBayesModel::feature_count() const { return state_->layout.columns(); }
std::span<const std::string> NaiveBayesModel::class_names() const { return state_->classes; }

void NaiveBayesModel::probabilities(const Features& x, std::span<double> out, const Context& context) const {
  class_probabilities(*state_, x, out, context);
}

void NaiveBayesModel::log_joint(const Features& x, std::span<double> out, const Context& context) const {
  everyml::log_joint(*state_, x, out, context);
}

NaiveBayesModel NaiveBayesModel::update(const Dataset& data, const Context& context) const {
  data.validate(NaiveBayes::name, kNeeds);
  if (data.columns() != feature_count()) {
    throw DataError("data.feature_count",
                    fmt::format("naive-bayes: the model was fitted on {} features, got {}", feature_count(),
                                data.columns()));
  }
  const std::vector<std::int32_t> codes = matched_codes(*state_, data);
  auto state = std::make_shared<BayesState>(*state_);
  // Only levels that were found by reading may grow; those that came with the columns stay as they are.
  if (state->settings.likelihood == BayesLikelihood::categorical) {
    Dataset described = data;
    described.info = state->info;
    const BayesLayout wide = choose_layout(BayesLikelihood::categorical, described, state->classes.size(),
                                           level_counts(state->layout), context);
    state->counts.levels = widened_levels(state->counts.levels, state->layout, wide);
    state->layout = wide;
  }
  join_counts(state->counts, count_rows(data, codes, state->layout, context));
  return finished(std::move(state));
}

}  // namespace everyml
