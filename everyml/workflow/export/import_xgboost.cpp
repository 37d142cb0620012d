#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/export/import_impl.h"

// The fields are those of XGBoost's "Introduction to Model IO" and its published JSON schema.

namespace everyml::detail {
namespace {

/// Access to a value by its name, with the way to it for sentences.
class Part {
 public:
  Part(const ImportSource& source, const Json& value, std::string where)
      : source_(source), value_(value), where_(std::move(where)) {}

  bool has(const char* key) const { return value_.is_object() && value_.contains(key); }
  Part at(const char* key) const {
    if (!has(key)) source_.refuse("import.missing", fmt::format("{} has no \"{}\"", where_, key));
    return {source_, value_[key], where_ + "." + key};
  }
  Part at(std::size_t index) const { return {source_, value_[index], fmt::format("{}[{}]", where_, index)}; }
  std::size_t size() const {
    if (!value_.is_array()) refuse("must be a list");
    return value_.size();
  }
  const Json& value() const { return value_; }

  std::string text() const {
    if (!value_.is_string()) refuse("must be a text");
    return value_.get<std::string>();
  }
  /// Whole numbers stand as numbers or, in parameters, as texts.
  std::int64_t whole(std::int64_t least, std::int64_t most) const {
    std::int64_t number = 0;
    bool good = false;
    if (value_.is_number_unsigned()) {
      good = value_.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
      number = good ? value_.get<std::int64_t>() : 0;
    } else if (value_.is_number_integer() || value_.is_boolean()) {
      number =
          value_.is_boolean() ? static_cast<std::int64_t>(value_.get<bool>()) : value_.get<std::int64_t>();
      good = true;
    } else if (value_.is_string()) {
      const auto& digits = value_.get_ref<const std::string&>();
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      good = error == std::errc() && end == digits.data() + digits.size();
    }
    if (!good || number < least || number > most) {
      refuse(fmt::format("must be a whole number from {} to {}", least, most));
    }
    return number;
  }
  double real() const {
    double number = std::numeric_limits<double>::quiet_NaN();
    if (value_.is_number()) {
      number = value_.get<double>();
    } else if (value_.is_string()) {
      const auto& digits = value_.get_ref<const std::string&>();
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (error != std::errc() || end != digits.data() + digits.size()) number = std::nan("");
    }
    if (!std::isfinite(number)) refuse("must be a finite number");
    return number;
  }
  std::vector<std::int64_t> wholes(std::size_t count, std::int64_t least, std::int64_t most) const {
    require(count);
    std::vector<std::int64_t> numbers(count);
    for (std::size_t i = 0; i < count; ++i) numbers[i] = at(i).whole(least, most);
    return numbers;
  }
  std::vector<double> reals(std::size_t count) const {
    require(count);
    std::vector<double> numbers(count);
    for (std::size_t i = 0; i < count; ++i) numbers[i] = at(i).real();
    return numbers;
  }
  [[noreturn]] void refuse(const std::string& why) const {
    source_.refuse("import.value", fmt::format("{} {}", where_, why));
  }

 private:
  void require(std::size_t count) const {
    if (size() != count) refuse(fmt::format("has {} entries, {} would be right", size(), count));
  }
  const ImportSource& source_;
  const Json& value_;
  std::string where_;
};

/// XGBoost asks float(x) < t: the largest double for which that holds.
double threshold_of(float t) {
  const float before = std::nextafter(t, -std::numeric_limits<float>::infinity());
  const double middle = (static_cast<double>(before) + static_cast<double>(t)) / 2;
  return static_cast<float>(middle) < t ? middle
                                        : std::nextafter(middle, -std::numeric_limits<double>::infinity());
}

constexpr std::int64_t kMostInt = std::numeric_limits<std::int32_t>::max();
/// Codes of categories are floats there, whole up to this.
constexpr std::int64_t kMostCategory = (1 << 24) - 1;

/// The sets of categories of one tree: node -> index into `sets`, or -1.
struct Categories {
  std::vector<std::int32_t> set_of_node;
  std::vector<std::vector<std::uint64_t>> sets;
};

Categories read_categories(const Part& tree, std::size_t nodes) {
  Categories found;
  found.set_of_node.assign(nodes, -1);
  if (!tree.has("categories_nodes")) return found;
  const Part listed = tree.at("categories_nodes");
  const std::size_t count = listed.size();
  if (count == 0) return found;
  const Part codes = tree.at("categories");
  const auto all = static_cast<std::int64_t>(codes.size());
  const auto which = listed.wholes(count, 0, static_cast<std::int64_t>(nodes) - 1);
  const auto begins = tree.at("categories_segments").wholes(count, 0, all);
  const auto sizes = tree.at("categories_sizes").wholes(count, 0, all);
  std::size_t words = 0, taken = 0;
  for (std::size_t k = 0; k < count; ++k) {
    if (begins[k] > all - sizes[k]) tree.at("categories_segments").refuse("leads beyond the categories");
    taken += static_cast<std::size_t>(sizes[k]);
    if (taken > static_cast<std::size_t>(all)) tree.at("categories_sizes").refuse("overlap");
    std::vector<std::uint64_t> set;
    for (std::int64_t i = begins[k]; i < begins[k] + sizes[k]; ++i) {
      const auto code =
          static_cast<std::size_t>(codes.at(static_cast<std::size_t>(i)).whole(0, kMostCategory));
      if (set.size() <= code / 64) set.resize(code / 64 + 1);
      set[code / 64] |= std::uint64_t{1} << code % 64;
    }
    words += set.size();
    if (words > kMostSetWords) {
      throw ResourceError("import.size",
                          "the sets of categories of one tree need more memory than is allowed");
    }
    found.set_of_node[static_cast<std::size_t>(which[k])] = static_cast<std::int32_t>(found.sets.size());
    found.sets.push_back(std::move(set));
  }
  return found;
}

GrownTree read_tree(const Part& tree, double scale) {
  const Part parameters = tree.at("tree_param");
  if (parameters.has("size_leaf_vector") && parameters.at("size_leaf_vector").whole(0, kMostInt) > 1) {
    throw UnsupportedError("import.vector_leaves",
                           "the model has trees whose leaves are vectors (multi_strategy=multi_output_tree); "
                           "models with one tree per output can be imported");
  }
  const std::size_t nodes = tree.at("left_children").size();
  if (nodes == 0 || nodes > static_cast<std::size_t>(kMostInt))
    tree.at("left_children").refuse("has no nodes");
  const auto left = tree.at("left_children").wholes(nodes, -1, static_cast<std::int64_t>(nodes) - 1);
  const auto right = tree.at("right_children").wholes(nodes, -1, static_cast<std::int64_t>(nodes) - 1);
  const auto feature = tree.at("split_indices").wholes(nodes, 0, kMostInt);
  const auto condition = tree.at("split_conditions").reals(nodes);
  const auto default_left = tree.at("default_left").wholes(nodes, 0, 1);
  const auto gain = tree.at("loss_changes").reals(nodes);
  const auto cover = tree.at("sum_hessian").reals(nodes);
  // Before categories there was no split_type.
  const auto kind =
      tree.has("split_type") ? tree.at("split_type").wholes(nodes, 0, 1) : std::vector<std::int64_t>(nodes);
  Categories categories = read_categories(tree, nodes);

  GrownTree grown;
  grown.sets = std::move(categories.sets);
  grown.values.assign(nodes, 0.0);
  grown.nodes.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    GrownTree::Node& node = grown.nodes[i];
    node.cover = std::max(0.0, cover[i]);
    if (left[i] < 0) {
      grown.values[i] = static_cast<double>(static_cast<float>(condition[i])) * scale;
      continue;
    }
    node.feature = static_cast<std::int32_t>(feature[i]);
    node.gain = static_cast<float>(std::clamp(gain[i], -1e38, 1e38));
    node.left = static_cast<std::int32_t>(left[i]);
    node.right = static_cast<std::int32_t>(right[i]);
    node.missing_left = default_left[i] == 1;
    if (kind[i] == 1) {
      // There the codes of the set go right and all others left; here it is the other way round.
      node.categories = categories.set_of_node[i];
      if (node.categories < 0) tree.at("categories_nodes").refuse(fmt::format("lacks the node {}", i));
      std::swap(node.left, node.right);
      node.missing_left = !node.missing_left;
    } else {
      node.threshold = threshold_of(static_cast<float>(condition[i]));
    }
  }
  return grown;
}

struct Link {
  ImportLink link = ImportLink::identity;
  std::size_t classes = 0;
  ImportLink base = ImportLink::identity;  ///< what base_score passed through
};

/// `major`: the version that wrote the file.
Link link_of(const std::string& name, std::size_t outputs, std::int64_t major) {
  if (name == "binary:logistic") return {ImportLink::sigmoid, 2, ImportLink::sigmoid};
  if (name == "reg:logistic") return {ImportLink::sigmoid, 0, ImportLink::sigmoid};
  if (name == "binary:logitraw") {
    // At first its base_score was a probability like that of its kin, later a margin.
    return {ImportLink::identity, 0, major < 2 ? ImportLink::sigmoid : ImportLink::identity};
  }
  if (name == "binary:hinge") return {ImportLink::step, 2, ImportLink::identity};
  if (name == "multi:softprob" || name == "multi:softmax")
    return {ImportLink::softmax, outputs, ImportLink::identity};
  if (name == "count:poisson" || name == "reg:gamma" || name == "reg:tweedie" || name == "survival:cox" ||
      name == "survival:aft") {
    return {ImportLink::exponential, 0, ImportLink::exponential};
  }
  static constexpr std::string_view plain[] = {"reg:squarederror",
                                               "reg:squaredlogerror",
                                               "reg:pseudohubererror",
                                               "reg:absoluteerror",
                                               "reg:quantileerror",
                                               "reg:linear",
                                               "reg:expectileerror",
                                               "rank:pairwise",
                                               "rank:ndcg",
                                               "rank:map"};
  if (std::find(std::begin(plain), std::end(plain), name) != std::end(plain)) return {};
  throw UnsupportedError(
      "import.objective",
      fmt::format("the objective \"{}\" is not known here; its answers would be wrong", printable(name)));
}

/// One number, or since 3.1 a list of them as a text: "[5E-1]".
std::vector<double> base_scores(const Part& parameters, std::size_t outputs, ImportLink through) {
  const Part written = parameters.at("base_score");
  std::vector<double> base;
  if (written.value().is_string() && written.value().get_ref<const std::string&>().starts_with("[")) {
    const Json list = parse_json(written.value().get_ref<const std::string&>(), "base_score");
    for (const Json& value : list) {
      if (!value.is_number()) written.refuse("must be a list of numbers");
      base.push_back(value.get<double>());
    }
  } else {
    base.push_back(written.real());
  }
  if (base.size() == 1) base.resize(outputs, base[0]);
  if (base.size() != outputs)
    written.refuse(fmt::format("has {} numbers, {} would be right", base.size(), outputs));
  for (double& b : base) {
    // The tool keeps floats.
    b = static_cast<double>(static_cast<float>(b));
    if (through == ImportLink::sigmoid) b = -std::log(1 / b - 1);
    if (through == ImportLink::exponential) b = std::log(b);
    if (!std::isfinite(b)) written.refuse("is outside the range of the objective");
  }
  return base;
}

/// Words of categories by column, written since 3.1 for models made from data frames.
std::vector<std::vector<std::string>> read_levels(const Part& model, std::size_t features) {
  std::vector<std::vector<std::string>> levels;
  if (!model.has("cats")) return levels;
  const Part cats = model.at("cats");
  if (!cats.has("enc") || cats.at("enc").size() != features) return levels;
  levels.resize(features);
  for (std::size_t j = 0; j < features; ++j) {
    const Part column = cats.at("enc").at(j);
    if (!column.has("values")) continue;
    const Part values = column.at("values");
    if (!column.has("offsets")) {
      for (std::size_t i = 0; i < values.size(); ++i) levels[j].push_back(write_json(values.at(i).value()));
      continue;
    }
    // Words as the bytes of all of them, cut at the offsets.
    const std::size_t cuts = column.at("offsets").size(), bytes = values.size();
    const auto offsets = column.at("offsets").wholes(cuts, 0, static_cast<std::int64_t>(bytes));
    std::string all;
    for (const std::int64_t byte : values.wholes(bytes, -128, 255)) all += static_cast<char>(byte);
    for (std::size_t i = 0; i + 1 < cuts; ++i) {
      if (offsets[i + 1] < offsets[i]) column.at("offsets").refuse("must ascend");
      levels[j].push_back(printable(all.substr(static_cast<std::size_t>(offsets[i]),
                                               static_cast<std::size_t>(offsets[i + 1] - offsets[i]))));
    }
  }
  return levels;
}

}  // namespace

ImportedTrees import_xgboost(const Json& json, const ImportSource& source) {
  const Part whole(source, json, "the model");
  const Part learner = whole.at("learner");
  const bool dated = whole.has("version") && whole.at("version").size() > 0;
  const std::int64_t major = dated ? whole.at("version").at(std::size_t{0}).whole(0, 1000) : 1;
  const Part parameters = learner.at("learner_model_param");
  Part booster = learner.at("gradient_booster");
  std::vector<double> weights;
  const std::string kind = booster.at("name").text();
  if (kind == "gblinear") {
    throw UnsupportedError("import.linear",
                           "a model of gblinear has no trees; models of gbtree and dart can be imported");
  }
  const bool dart = kind == "dart";
  if (dart) {
    weights = booster.at("weight_drop").reals(booster.at("weight_drop").size());
    for (double& weight : weights) weight = static_cast<double>(static_cast<float>(weight));
  } else if (kind != "gbtree") {
    booster.at("name").refuse("must be gbtree or dart");
  }
  const Part model = dart ? booster.at("gbtree").at("model") : booster.at("model");
  const Part trees = model.at("trees");
  const std::size_t count = trees.size();

  const Part names = learner.has("feature_names") ? learner.at("feature_names") : learner;
  const bool named = learner.has("feature_names") && names.size() > 0;
  const auto features = static_cast<std::size_t>(parameters.at("num_feature").whole(1, kMostInt));
  if (!named && features > kMostUnnamed) {
    parameters.at("num_feature")
        .refuse(fmt::format("is above {} in a model that names no columns", kMostUnnamed));
  }
  const std::int64_t classes = parameters.at("num_class").whole(0, kMostInt);
  const std::int64_t targets =
      parameters.has("num_target") ? parameters.at("num_target").whole(0, kMostInt) : 1;
  const auto outputs = static_cast<std::size_t>(std::max({classes, targets, std::int64_t{1}}));
  if (outputs > std::max<std::size_t>(count, 1)) parameters.refuse("names more outputs than there are trees");
  const auto groups = model.at("tree_info").wholes(count, 0, static_cast<std::int64_t>(outputs) - 1);
  if (dart && weights.size() != count) booster.at("weight_drop").refuse("must have one entry per tree");

  const std::string objective = learner.at("objective").at("name").text();
  const Link link = link_of(objective, outputs, major);
  TreeCollector collected(source, features, outputs);
  for (std::size_t t = 0; t < count; ++t) {
    collected.add(read_tree(trees.at(t), dart ? weights[t] : 1.0), static_cast<std::uint32_t>(groups[t]), {});
  }
  ImportedTrees imported{.trees = collected.finish(base_scores(parameters, outputs, link.base))};
  imported.tool = "XGBoost";
  imported.objective = objective;
  imported.link = link.link;
  imported.classes = link.classes;
  if (named) {
    if (names.size() != features)
      names.refuse(fmt::format("has {} entries, num_feature says {}", names.size(), features));
    for (std::size_t j = 0; j < features; ++j)
      imported.feature_names.push_back(printable(names.at(j).text()));
  }
  imported.levels = read_levels(model, features);
  return imported;
}

}  // namespace everyml::detail
