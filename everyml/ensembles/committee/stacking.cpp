#include "everyml/ensembles/committee/stacking.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "everyml/ensembles/committee/stack_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

constexpr std::int64_t kMostFeatures = std::int64_t{1} << 40;

Json stack_summary(const Stack& stack) {
  Json members = Json::array();
  for (std::size_t m = 0; m < stack.texts.size(); ++m) {
    Json row{{"member", stack.texts[m]},
             {"loss", stack.diversity.losses[m]},
             {"contribution", stack.diversity.contributions[m]}};
    if (!stack.weights.empty()) row["weight"] = stack.weights[m];
    members.push_back(row);
  }
  Json notes = Json::array();
  for (const std::string& note : alike_notes(stack)) notes.push_back(note);
  Json summary{{"kind", "stacking"}, {"blend", std::string(name_of(stack.blend))}, {"members", members}};
  if (!stack.final_member.empty()) summary["final_learner"] = stack.final_member[0].algorithm();
  summary["passthrough"] = stack.passthrough;
  summary["notes"] = notes;
  return summary;
}

void save_stack(const Stack& stack, ArchiveWriter& archive) {
  const std::uint64_t members = stack.texts.size();
  archive.integer("features", static_cast<std::int64_t>(stack.features));
  archive.strings("classes", stack.classes);
  archive.text("blend", name_of(stack.blend));
  archive.boolean("passthrough", stack.passthrough);
  archive.number("centre", stack.centre);
  archive.strings("texts", stack.texts);
  archive.array("weights", stack.weights);
  archive.array("losses", stack.diversity.losses);
  archive.array("contributions", stack.diversity.contributions);
  archive.array("correlations", stack.diversity.correlations, {members, members});
  archive.array("disagreement", stack.diversity.disagreement, {members, members});
  save_members(archive, stack.members);
  if (stack.final_member.empty()) return;
  ArchiveWriter last = archive.scope("final");
  save_members(last, stack.final_member);
}

void load_diversity(const ArchiveReader& archive, Stack& stack) {
  const std::size_t members = stack.texts.size();
  Diversity& found = stack.diversity;
  found.losses = archive.finite_doubles("losses", members);
  found.contributions = archive.finite_doubles("contributions", members);
  found.correlations = archive.doubles("correlations", members * members);
  for (const double figure : found.correlations)
    if (!std::isnan(figure) && !(std::abs(figure) <= 1))
      archive.refuse("correlations", "a correlation lies between -1 and 1");
  found.disagreement = archive.finite_doubles("disagreement", members * members);
}

std::shared_ptr<const Stack> load_stack(const ArchiveReader& archive, Target::Kind target) {
  auto stack = std::make_shared<Stack>();
  stack->features = static_cast<std::size_t>(archive.integer("features", 1, kMostFeatures));
  stack->classes = archive.strings("classes");
  if (stack->classes.empty() == (target == Target::Kind::classes))
    archive.refuse("classes", "a committee for classes has some, one for numbers has none");
  const std::string blend = archive.text("blend");
  bool known = false;
  for (const auto& choice : choices_of(Blend{})) {
    if (choice.name != blend) continue;
    stack->blend = choice.value;
    known = true;
  }
  if (!known) archive.refuse("blend", "there is no such blend");
  stack->passthrough = archive.boolean("passthrough");
  const double most = std::numeric_limits<double>::max();
  stack->centre = archive.number("centre", -most, most);
  stack->texts = archive.strings("texts");
  for (const std::string& text : stack->texts)
    if (text.find_first_not_of(' ') == std::string::npos) archive.refuse("texts", "a member has no name");
  load_diversity(archive, *stack);
  stack->members = load_members(archive, stack->features, target, stack->classes);
  std::size_t used = stack->texts.size();
  if (stack->blend == Blend::learner) {
    const std::size_t each = stack->width() > 1 ? stack->width() - 1 : 1;
    const std::size_t columns = used * each + (stack->passthrough ? stack->features : 0);
    stack->final_member = load_members(archive.scope("final"), columns, target, stack->classes);
    if (stack->final_member.size() != 1) archive.refuse("final", "there must be one final learner");
  } else {
    if (stack->passthrough) archive.refuse("passthrough", "only a final learner takes the columns");
    stack->weights = archive.finite_doubles("weights", used);
    for (const double weight : stack->weights)
      if (!(weight >= 0 && weight <= 1e9)) archive.refuse("weights", "a weight lies between 0 and 1e9");
    used = static_cast<std::size_t>(
        std::count_if(stack->weights.begin(), stack->weights.end(), [](double w) { return w > 0; }));
  }
  if (stack->members.size() != used) archive.refuse("members", "there must be one for each that has a say");
  return stack;
}

std::optional<Figure> stack_figure(const Stack& stack, int which) {
  const std::size_t members = stack.texts.size();
  switch (which) {
    case 0:
      if (stack.weights.empty()) return std::nullopt;
      return Figure::list(stack.weights);
    case 1:
      return Figure::list(stack.diversity.losses);
    case 2:
      return Figure::list(stack.diversity.contributions);
    case 3:
      return Figure::table(members, members, stack.diversity.correlations);
    default:
      return Figure::table(members, members, stack.diversity.disagreement);
  }
}

Card stacking_card() {
  Card card;
  card.summary = "Different learners and a blend of their answers learned on rows they had not seen";
  card.territory = "ensembles";
  card.family = "committee";
  card.needs = general_needs();
  card.complexity = 7;
  card.by_request = true;
  card.weights = Card::Weights::votes;
  card.references = {
      "Wolpert, \"Stacked Generalization\", Neural Networks 5, 1992",
      "Breiman, \"Stacked Regressions\", Machine Learning 24, 1996",
      "Ting and Witten, \"Issues in Stacked Generalization\", J. Artificial Intelligence Research 10, 1999",
      "Caruana, Niculescu-Mizil, Crew and Ksikes, \"Ensemble Selection from Libraries of Models\", ICML 2004",
      "Lawson and Hanson, \"Solving Least Squares Problems\", Prentice-Hall, 1974"};
  return card;
}

}  // namespace

std::size_t StackingClassifierModel::feature_count() const { return stack_->features; }
std::size_t StackingRegressorModel::feature_count() const { return stack_->features; }
std::span<const std::string> StackingClassifierModel::class_names() const { return stack_->classes; }
void StackingClassifierModel::probabilities(const Features& x, std::span<double> out,
                                            const Context& context) const {
  answer_stack(*stack_, x, out, context);
}
void StackingRegressorModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  answer_stack(*stack_, x, out, context);
}
void StackingClassifierModel::contributions(const Features& x, std::span<double> out,
                                            const Context& context) const {
  stack_contributions(*stack_, x, out, context);
}
void StackingRegressorModel::contributions(const Features& x, std::span<double> out,
                                           const Context& context) const {
  stack_contributions(*stack_, x, out, context);
}
std::size_t StackingClassifierModel::contribution_count() const { return stack_contribution_count(*stack_); }
std::size_t StackingRegressorModel::contribution_count() const { return stack_contribution_count(*stack_); }
Json StackingClassifierModel::summary() const { return stack_summary(*stack_); }
Json StackingRegressorModel::summary() const { return stack_summary(*stack_); }
void StackingClassifierModel::save(ArchiveWriter& archive) const { save_stack(*stack_, archive); }
void StackingRegressorModel::save(ArchiveWriter& archive) const { save_stack(*stack_, archive); }
StackingClassifierModel StackingClassifierModel::load(const ArchiveReader& archive) {
  return StackingClassifierModel(load_stack(archive, Target::Kind::classes));
}
StackingRegressorModel StackingRegressorModel::load(const ArchiveReader& archive) {
  return StackingRegressorModel(load_stack(archive, Target::Kind::numbers));
}
std::optional<Figure> StackingClassifierModel::figure(int which) const {
  return stack_figure(*stack_, which);
}
std::optional<Figure> StackingRegressorModel::figure(int which) const { return stack_figure(*stack_, which); }

Card StackingClassifier::card() {
  Card card = stacking_card();
  card.title = "Stacking";
  card.target = Target::Kind::classes;
  return card;
}

Card StackingRegressor::card() {
  Card card = stacking_card();
  card.title = "Stacking for numbers";
  card.target = Target::Kind::numbers;
  return card;
}

StackingClassifierModel StackingClassifier::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true, .minimum_classes = 2});
  return StackingClassifierModel(fit_stack(name, members, final_learner, stacking, data, context));
}

StackingRegressorModel StackingRegressor::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  return StackingRegressorModel(fit_stack(name, members, final_learner, stacking, data, context));
}

}  // namespace everyml
