#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "everyml/ensembles/committee/member_text.h"
#include "everyml/ensembles/committee/nnls.h"
#include "everyml/ensembles/committee/stack_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr int kGreedyRounds = 50;

/// Rows of weight 0 do not exist: they are in no fold and teach no member.
Dataset rows_of_weight(const Dataset& data) {
  if (std::none_of(data.weights.begin(), data.weights.end(), [](double weight) { return weight <= 0; }))
    return data;
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < data.rows(); ++row)
    if (data.weight(row) > 0) rows.push_back(row);
  return data.select_rows(rows);
}

/// The weights of the members; those of classes sum to 1.
std::vector<double> blend_weights(const BlendSums& sums, const Stack& stack) {
  std::vector<double> weights = stack.blend == Blend::greedy
                                    ? greedy_selection(sums.gram, sums.moment, kGreedyRounds)
                                    : nonnegative_least_squares(sums.gram, sums.moment);
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(all > 0)) {
    // None of them follows the target, as when it is noise or constant: the one that errs least.
    const auto& losses = stack.diversity.losses;
    const auto least = std::min_element(losses.begin(), losses.end()) - losses.begin();
    weights[static_cast<std::size_t>(least)] = 1;
    return weights;
  }
  if (!stack.classes.empty())
    for (double& weight : weights) weight /= all;
  return weights;
}

std::vector<std::vector<double>> answers_of(const Stack& stack, const Features& x, const Context& context) {
  std::vector<std::vector<double>> answers;
  for (const Member& member : stack.members) {
    answers.emplace_back(x.rows() * stack.width());
    member.answer(x, answers.back(), context);
  }
  return answers;
}

Member fit_final(const AnyEstimator& learner, const Dataset& data, const OutOfFold& told, const Stack& stack,
                 const Context& context) {
  const Dataset meta = meta_data(data.select_rows(told.rows), told.answers, stack);
  return Member::fit(learner, meta, {}, member_context(context, "stacking.final", 0));
}

}  // namespace

Features meta_features(const Features& x, const std::vector<std::vector<double>>& answers,
                       const Stack& stack) {
  const std::size_t width = stack.width(), first = width > 1 ? 1 : 0, each = width - first;
  const std::size_t own = answers.size() * each, columns = own + (stack.passthrough ? x.columns() : 0);
  auto out = Buffer<double>::uninitialized(x.rows() * columns);
  std::vector<double> scratch;
  constexpr std::size_t kTile = 1024;
  for (std::size_t begin = 0; begin < x.rows(); begin += kTile) {
    const std::size_t end = std::min(begin + kTile, x.rows());
    const double* rows = stack.passthrough ? x.tile64(begin, end, scratch) : nullptr;
    for (std::size_t row = begin; row < end; ++row) {
      double* to = out.data() + row * columns;
      for (const auto& answer : answers) to = std::copy_n(answer.data() + row * width + first, each, to);
      if (rows != nullptr) std::copy_n(rows + (row - begin) * x.columns(), x.columns(), to);
    }
  }
  return Features::dense(std::move(out), x.rows(), columns);
}

Dataset meta_data(const Dataset& data, const std::vector<std::vector<double>>& answers, const Stack& stack) {
  Dataset meta = data;
  meta.features = meta_features(data.features, answers, stack);
  meta.info.clear();
  const std::size_t width = stack.width();
  for (std::size_t m = 0; m < answers.size(); ++m) {
    for (std::size_t k = width > 1 ? 1 : 0; k < width; ++k) {
      const std::string of = width > 1 ? "=" + stack.classes[k] : "";
      meta.info.push_back(
          {fmt::format("{}: {}{}", m + 1, stack.texts[m], of), "", FeatureInfo::Kind::number, 0});
    }
  }
  for (std::size_t j = 0; stack.passthrough && j < data.columns(); ++j) {
    FeatureInfo own = j < data.info.size() ? data.info[j] : FeatureInfo{};
    own.name = data.feature_name(j);
    meta.info.push_back(std::move(own));
  }
  return meta;
}

std::shared_ptr<const Stack> fit_stack(std::string_view committee, const std::vector<std::string>& texts,
                                       const std::string& final_learner, const StackingSettings& settings,
                                       const Dataset& all, const Context& context) {
  const std::vector<AnyEstimator> learners = parse_members(committee, texts, all.target.kind());
  const AnyEstimator last = parse_member(committee, final_learner, all.target.kind());
  if (settings.passthrough && settings.blend != Blend::learner) {
    throw ParameterError(
        "parameter.rule",
        fmt::format("{}: passthrough gives the columns to a final learner; set blend=learner, "
                    "or passthrough=false",
                    committee));
  }
  const Dataset data = rows_of_weight(all);
  auto stack = std::make_shared<Stack>();
  stack->features = data.columns();
  stack->classes.assign(data.target.names().begin(), data.target.names().end());
  stack->blend = settings.blend;
  stack->passthrough = settings.passthrough;
  stack->texts = texts;
  const OutOfFold told = out_of_fold(committee, learners, data, settings, context);
  context.progress("stacking", 0.7);
  const BlendSums sums = blend_sums(data, told, stack->width());
  stack->centre = sums.centre;
  stack->diversity = diversity_of(data, told, sums, stack->width());
  if (settings.blend == Blend::learner)
    stack->final_member.push_back(fit_final(last, data, told, *stack, context));
  else
    stack->weights = blend_weights(sums, *stack);

  std::vector<std::optional<Member>> members(learners.size());
  parallel_for(context, learners.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t m = begin; m < end; ++m) {
      if (stack->weights.empty() || stack->weights[m] > 0)
        members[m] = Member::fit(learners[m], data, {}, member_context(context, "stacking.member", m));
    }
  });
  for (auto& member : members)
    if (member) stack->members.push_back(std::move(*member));
  context.progress("stacking", 1);
  return stack;
}

namespace {

/// Of the members that are kept.
std::vector<double> kept_weights(const Stack& stack) {
  std::vector<double> kept;
  for (const double weight : stack.weights)
    if (weight > 0) kept.push_back(weight);
  return kept;
}

}  // namespace

std::size_t stack_contribution_count(const Stack& stack) {
  const bool sums = stack.blend != Blend::learner && all_explain(stack.members, kept_weights(stack));
  return sums ? stack.width() : 0;
}

void stack_contributions(const Stack& stack, const Features& x, std::span<double> out,
                         const Context& context) {
  const std::vector<double> weights = kept_weights(stack);
  double offset = 0;
  if (stack.classes.empty())
    offset = stack.centre * (1 - std::accumulate(weights.begin(), weights.end(), 0.0));
  weighted_contributions(stack.members, weights, offset, x, out, context);
}

void answer_stack(const Stack& stack, const Features& x, std::span<double> out, const Context& context) {
  const std::vector<std::vector<double>> answers = answers_of(stack, x, context);
  if (stack.blend == Blend::learner)
    return stack.final_member[0].answer(meta_features(x, answers, stack), out, context);
  std::fill(out.begin(), out.end(), stack.classes.empty() ? stack.centre : 0.0);
  std::size_t used = 0;
  for (const double weight : stack.weights) {
    if (weight <= 0) continue;
    const std::vector<double>& own = answers[used++];
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] += stack.classes.empty() ? weight * (own[i] - stack.centre) : weight * own[i];
  }
}

}  // namespace everyml
