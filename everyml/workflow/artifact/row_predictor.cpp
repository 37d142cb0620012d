#include <algorithm>
#include <utility>

#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

struct RowPredictor::State {
  explicit State(const Artifact& artifact)
      : row(artifact.encoder),
        width(artifact.encoder.feature_count()),
        model(artifact.model),
        calibration(artifact.calibration),
        threshold(artifact.threshold),
        threshold_set(artifact.threshold_set && artifact.class_names.size() == 2),
        probabilities(artifact.class_names.size()) {}

  Features features() { return Features::view(row.encode().data(), 1, width); }

  RowEncoder row;
  std::size_t width;
  AnyModel model;
  Calibration calibration;
  double threshold;
  bool threshold_set;
  std::vector<double> probabilities;
  Context context{ContextOptions{.threads = 1}};
};

RowPredictor::RowPredictor(const Artifact& artifact) : state_(std::make_unique<State>(artifact)) {}
RowPredictor::~RowPredictor() = default;
RowPredictor::RowPredictor(RowPredictor&&) noexcept = default;

std::size_t RowPredictor::column(std::string_view name) const { return state_->row.column(name); }
void RowPredictor::clear() { state_->row.clear(); }
void RowPredictor::set(std::size_t column, double number) { state_->row.set(column, number); }
void RowPredictor::set(std::size_t column, std::string_view text) { state_->row.set(column, text); }

double RowPredictor::value() {
  double out = 0;
  state_->model.values(state_->features(), {&out, 1}, state_->context);
  return out;
}

std::span<const double> RowPredictor::probabilities() {
  state_->model.probabilities(state_->features(), state_->probabilities, state_->context);
  state_->calibration.apply(state_->probabilities);
  return state_->probabilities;
}

std::size_t RowPredictor::decide() {
  const std::span<const double> p = probabilities();
  if (state_->threshold_set) return p[1] >= state_->threshold ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
}

}  // namespace everyml
