#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/export/import_impl.h"

// The text format is described by the files themselves and, for the bits of decision_type and the meaning of
// missing values, by the documentation of LightGBM ("Missing Value Handle", "Categorical Feature Support").

namespace everyml::detail {
namespace {

using Rows = std::map<std::string_view, std::string_view>;

/// LightGBM takes numbers this near to 0 for 0.
constexpr double kZero = static_cast<double>(1e-35F);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
std::optional<T> number(std::string_view word) {
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

/// Goes through the lines of a text.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// A block of "key=value" lines with its name for sentences.
class Block {
 public:
  Block(const ImportSource& source, std::string where) : source_(source), where_(std::move(where)) {}

  void add(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      rows_.emplace(line, std::string_view());
    } else {
      rows_.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  bool has(std::string_view key) const { return rows_.contains(key); }
  std::string_view text(std::string_view key) const {
    const auto at = rows_.find(key);
    if (at == rows_.end())
      source_.refuse("import.missing", fmt::format("{} has no line \"{}=\"", where_, key));
    return at->second;
  }

  template <class T>
  T one(std::string_view key, T least, T most) const {
    const std::optional<T> value = number<T>(text(key));
    if (!value || *value < least || *value > most)
      refuse(key, fmt::format("must be from {} to {}", least, most));
    return *value;
  }
  template <class T>
  std::vector<T> list(std::string_view key) const {
    std::vector<T> values;
    std::string_view rest = text(key);
    for (;;) {
      const std::size_t begin = rest.find_first_not_of(' ');
      if (begin == std::string_view::npos) return values;
      rest.remove_prefix(begin);
      const std::string_view word = rest.substr(0, rest.find(' '));
      const std::optional<T> value = number<T>(word);
      if (!value) refuse(key, fmt::format("has the entry \"{}\", a number would be right", printable(word)));
      values.push_back(*value);
      rest.remove_prefix(word.size());
    }
  }
  template <class T>
  std::vector<T> list(std::string_view key, std::size_t size) const {
    std::vector<T> values = list<T>(key);
    if (values.size() != size) {
      refuse(key, fmt::format("has {} entries, {} would be right", values.size(), size));
    }
    return values;
  }
  [[noreturn]] void refuse(std::string_view key, const std::string& why) const {
    source_.refuse("import.value", fmt::format("{}: \"{}\" {}", where_, key, why));
  }

 private:
  const ImportSource& source_;
  std::string where_;
  Rows rows_;
};

/// One tree of the file, its arrays of one length each.
struct Source {
  std::size_t leaves = 0;
  std::vector<std::int32_t> feature, left, right;
  std::vector<double> threshold, gain, leaf_value, leaf_constant;
  std::vector<int> decision;
  std::vector<double> cover, leaf_cover;
  std::vector<std::uint32_t> category_start, category_words;
  std::vector<TreeCollector::Terms> terms;

  static constexpr int kCategory = 1, kDefaultLeft = 2;
  bool category(std::size_t node) const { return decision[node] & kCategory; }
  bool default_left(std::size_t node) const { return decision[node] & kDefaultLeft; }
  enum class Missing { none, zero, nan };
  Missing missing(std::size_t node) const {
    return static_cast<Missing>(std::min(decision[node] >> 2 & 3, 2));
  }
};

void read_linear(const Block& block, Source& tree) {
  tree.leaf_constant = block.list<double>("leaf_const", tree.leaves);
  const auto counts = block.list<std::uint32_t>("num_features", tree.leaves);
  const auto features = block.list<std::int32_t>("leaf_features");
  const auto coefficients = block.list<double>("leaf_coeff", features.size());
  std::size_t at = 0;
  for (const std::uint32_t count : counts) {
    if (count > features.size() - at) block.refuse("num_features", "names more terms than there are");
    TreeCollector::Terms terms;
    for (std::size_t end = at + count; at < end; ++at) terms.emplace_back(features[at], coefficients[at]);
    tree.terms.push_back(std::move(terms));
  }
}

/// Each node but the first, and each leaf, is the child of exactly one node that comes before it.
void check_children(const Block& block, const Source& tree) {
  std::vector<bool> node_met(tree.feature.size()), leaf_met(tree.leaves);
  for (std::size_t i = 0; i < tree.feature.size(); ++i) {
    for (const std::int32_t child : {tree.left[i], tree.right[i]}) {
      const auto number = static_cast<std::size_t>(child < 0 ? ~child : child);
      std::vector<bool>& met = child < 0 ? leaf_met : node_met;
      if (number >= met.size() || met[number] || (child >= 0 && number <= i)) {
        block.refuse("left_child", fmt::format("and \"right_child\" are no tree at node {}", i));
      }
      met[number] = true;
    }
  }
}

Source read_tree(const Block& block) {
  Source tree;
  tree.leaves = block.one<std::uint32_t>("num_leaves", 1, 1U << 30);
  const std::size_t nodes = tree.leaves - 1;
  tree.leaf_value = block.list<double>("leaf_value", tree.leaves);
  tree.leaf_constant = tree.leaf_value;
  tree.leaf_cover.assign(tree.leaves, 0.0);
  if (nodes > 0) {
    tree.feature = block.list<std::int32_t>("split_feature", nodes);
    tree.threshold = block.list<double>("threshold", nodes);
    tree.decision = block.list<int>("decision_type", nodes);
    tree.left = block.list<std::int32_t>("left_child", nodes);
    tree.right = block.list<std::int32_t>("right_child", nodes);
    check_children(block, tree);
    tree.gain =
        block.has("split_gain") ? block.list<double>("split_gain", nodes) : std::vector<double>(nodes);
    tree.cover = block.has("internal_count") ? block.list<double>("internal_count", nodes)
                                             : std::vector<double>(nodes);
    if (block.has("leaf_count")) tree.leaf_cover = block.list<double>("leaf_count", tree.leaves);
    const auto sets = block.has("num_cat") ? block.one<std::uint32_t>("num_cat", 0, 1U << 30) : 0U;
    if (sets > 0) {
      tree.category_start = block.list<std::uint32_t>("cat_boundaries", std::size_t{sets} + 1);
      tree.category_words = block.list<std::uint32_t>("cat_threshold");
      if (tree.category_start.front() != 0 ||
          !std::is_sorted(tree.category_start.begin(), tree.category_start.end()) ||
          tree.category_start.back() > tree.category_words.size()) {
        block.refuse("cat_boundaries", "must ascend from 0 to the length of cat_threshold");
      }
    }
  }
  if (block.has("is_linear") && block.one<int>("is_linear", 0, 1) == 1) read_linear(block, tree);
  return tree;
}

/// Turns a tree of the file into one of ours. Where LightGBM asks what takes several of our questions, parts
/// of the tree are copied.
class Translator {
 public:
  Translator(const Source& tree, const Block& block)
      : tree_(tree), block_(block), most_(16 * tree.leaves + 1000) {
    for (const auto& leaf : tree.terms) most_ += 2 * leaf.size();
  }

  void run(double scale) {
    scale_ = scale;
    grow({tree_.leaves == 1 ? ~0 : 0, -1, false});
    while (!pending_.empty()) {
      const Place place = pending_.back();
      pending_.pop_back();
      grow(place);
    }
  }
  GrownTree grown;
  std::vector<TreeCollector::Terms> terms;

 private:
  struct Place {
    std::int32_t child;
    std::int32_t parent;
    bool right;
  };
  using Node = GrownTree::Node;

  std::int32_t put(Node node, std::int32_t parent, bool right, double value) {
    if (grown.nodes.size() >= most_) {
      throw UnsupportedError(
          "import.zero_missing",
          "a tree that takes zeros for missing values grows too large when it is written as plain "
          "questions; a model trained with zero_as_missing=false can be imported");
    }
    const auto number = static_cast<std::int32_t>(grown.nodes.size());
    if (parent >= 0) {
      Node& above = grown.nodes[static_cast<std::size_t>(parent)];
      (right ? above.right : above.left) = number;
    }
    grown.nodes.push_back(node);
    grown.values.push_back(value * scale_);
    terms.emplace_back();
    return number;
  }

  void grow(const Place& place) {
    if (place.child < 0) {
      leaf(static_cast<std::size_t>(~place.child), place);
      return;
    }
    const auto i = static_cast<std::size_t>(place.child);
    if (tree_.feature[i] < 0) block_.refuse("split_feature", "must not be negative");
    Node node{.feature = tree_.feature[i],
              .gain = static_cast<float>(std::clamp(tree_.gain[i], -1e38, 1e38)),
              .cover = tree_.cover[i]};
    if (tree_.category(i)) {
      node.categories = add_set(i);
      both(put(node, place.parent, place.right, 0), tree_.left[i], tree_.right[i]);
    } else if (tree_.missing(i) == Source::Missing::zero) {
      zero_is_missing(node, i, place);
    } else {
      node.threshold = tree_.threshold[i];
      node.missing_left =
          tree_.missing(i) == Source::Missing::nan ? tree_.default_left(i) : 0 <= node.threshold;
      both(put(node, place.parent, place.right, 0), tree_.left[i], tree_.right[i]);
    }
  }

  void both(std::int32_t parent, std::int32_t left, std::int32_t right) {
    pending_.push_back({right, parent, true});
    pending_.push_back({left, parent, false});
  }

  /// Numbers near 0 go where missing ones go: one question where the threshold has them on that side by
  /// itself or lies among them, else three.
  void zero_is_missing(Node node, std::size_t i, const Place& place) {
    const double at = tree_.threshold[i], below = std::nextafter(-kZero, -kInfinity);
    const bool to_left = tree_.default_left(i);
    const std::int32_t left = tree_.left[i], right = tree_.right[i];
    node.missing_left = to_left;
    if (at <= kZero && at >= -kZero) {
      node.threshold = to_left ? kZero : below;
    } else {
      node.threshold = at;
    }
    const bool alone = (at <= kZero && at >= -kZero) || (at > kZero) == to_left;
    if (alone) {
      both(put(node, place.parent, place.right, 0), left, right);
      return;
    }
    if (to_left) {  // the threshold is negative: left of it, then the numbers below 0, then 0 itself
      node.missing_left = false;
      const std::int32_t first = put(node, place.parent, place.right, 0);
      pending_.push_back({left, first, false});
      node.threshold = below;
      const std::int32_t second = put(node, first, true, 0);
      pending_.push_back({right, second, false});
      node.threshold = kZero;
      node.missing_left = true;
      both(put(node, second, true, 0), left, right);
    } else {
      node.threshold = below;
      const std::int32_t first = put(node, place.parent, place.right, 0);
      pending_.push_back({left, first, false});
      node.threshold = kZero;
      node.missing_left = true;
      const std::int32_t second = put(node, first, true, 0);
      pending_.push_back({right, second, false});
      node.threshold = at;
      both(put(node, second, true, 0), left, right);
    }
  }

  std::int32_t add_set(std::size_t i) {
    const double number = tree_.threshold[i];
    if (!(number >= 0 && number == std::floor(number) &&
          number + 1 < static_cast<double>(tree_.category_start.size()))) {
      block_.refuse("threshold", "of a node of categories must be the number of a set");
    }
    const auto set = static_cast<std::size_t>(number);
    const std::uint32_t begin = tree_.category_start[set], end = tree_.category_start[set + 1];
    words_ += end - begin;
    if (words_ > 4 * tree_.category_words.size() + 1000)
      block_.refuse("threshold", "names the same set too often");
    std::vector<std::uint64_t> words((end - begin + 1) / 2);
    for (std::uint32_t w = begin; w < end; ++w) {
      words[(w - begin) / 2] |= std::uint64_t{tree_.category_words[w]} << (w - begin) % 2 * 32;
    }
    grown.sets.push_back(std::move(words));
    return static_cast<std::int32_t>(grown.sets.size()) - 1;
  }

  /// LightGBM's linear leaf answers its plain value when a term is missing; ours would answer its constant,
  /// so the two must be the same or the missing are led elsewhere.
  void leaf(std::size_t number, Place place) {
    const bool linear = !tree_.terms.empty() && !tree_.terms[number].empty();
    const double plain = tree_.leaf_value[number], constant = tree_.leaf_constant[number];
    const Node node{.cover = tree_.leaf_cover[number]};
    if (linear && plain != constant) {
      std::vector<std::int32_t> asked;
      for (const auto& term : tree_.terms[number]) asked.push_back(term.first);
      std::sort(asked.begin(), asked.end());
      asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
      for (const std::int32_t feature : asked) {
        if (feature < 0) block_.refuse("leaf_features", "must not be negative");
        const Node ask{.feature = feature, .threshold = kInfinity, .cover = node.cover};
        const std::int32_t here = put(ask, place.parent, place.right, 0);
        put({}, here, true, plain);
        place = {place.child, here, false};
      }
    }
    put(node, place.parent, place.right, linear ? constant : plain);
    if (linear) {
      terms.back() = tree_.terms[number];
      for (auto& [feature, coefficient] : terms.back()) coefficient *= scale_;
    }
  }

  const Source& tree_;
  const Block& block_;
  std::size_t most_, words_ = 0;
  double scale_ = 1;
  std::vector<Place> pending_;
};

/// "binary sigmoid:1": the name and its constants.
struct Objective {
  std::string name;
  double sigmoid = 1;
  bool square_root = false;
};

Objective read_objective(const Block& header) {
  Objective objective;
  if (!header.has("objective")) return objective;
  std::string_view rest = header.text("objective");
  objective.name = std::string(rest.substr(0, rest.find(' ')));
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (word == "sqrt") objective.square_root = true;
    if (word.starts_with("sigmoid:")) {
      const auto value = number<double>(word.substr(8));
      if (!value || *value <= 0) header.refuse("objective", "has a sigmoid that is not a positive number");
      objective.sigmoid = *value;
    }
  }
  return objective;
}

void set_link(const Objective& objective, std::size_t outputs, ImportedTrees& model) {
  const std::string& name = objective.name;
  model.objective = name;
  if (name == "binary" || name == "multiclassova") {
    model.link = ImportLink::sigmoid;
    model.classes = std::max<std::size_t>(outputs, 2);
  } else if (name == "cross_entropy" || name == "xentropy") {
    model.link = ImportLink::sigmoid;
  } else if (name == "multiclass") {
    model.link = ImportLink::softmax;
    model.classes = outputs;
  } else if (name == "poisson" || name == "gamma" || name == "tweedie") {
    model.link = ImportLink::exponential;
  } else if (name == "cross_entropy_lambda" || name == "xentlambda") {
    model.link = ImportLink::log1p_exp;
  } else if (objective.square_root) {
    model.link = ImportLink::signed_square;
  }
}

std::vector<std::string> read_names(const Block& header, std::size_t features) {
  std::vector<std::string> names;
  std::string_view rest = header.text("feature_names");
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (!word.empty()) names.emplace_back(printable(word));
  }
  if (names.size() != features) {
    header.refuse("feature_names",
                  fmt::format("has {} names, max_feature_idx says {} columns", names.size(), features));
  }
  return names;
}

/// The words of categories that a data frame had: one list per column of categories, in the order of columns.
void read_levels(std::string_view line, const Block& header, ImportedTrees& model) {
  const Json lists = parse_json(line, "pandas_categorical");
  if (!lists.is_array() || lists.empty()) return;
  std::vector<std::size_t> columns;
  std::string_view rest = header.has("feature_infos") ? header.text("feature_infos") : std::string_view();
  for (std::size_t j = 0; !rest.empty(); ++j) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (!word.empty() && word != "none" && word.front() != '[') columns.push_back(j);
  }
  // A column of one category alone has no information and cannot be told from a number here.
  if (columns.size() != lists.size()) return;
  model.levels.resize(model.feature_names.size());
  for (std::size_t k = 0; k < columns.size(); ++k) {
    if (columns[k] >= model.levels.size() || !lists[k].is_array()) continue;
    for (const Json& level : lists[k]) {
      model.levels[columns[k]].push_back(level.is_string() ? level.get<std::string>() : write_json(level));
    }
  }
}

}  // namespace

ImportedTrees import_lightgbm(std::string_view text, const ImportSource& source) {
  Lines lines(text);
  Block header(source, "the head of the file");
  std::vector<Block> blocks;
  bool ended = false;
  while (const auto line = lines.next()) {
    if (*line == "end of trees") {
      ended = true;
      break;
    }
    if (line->starts_with("Tree=")) {
      blocks.emplace_back(source, fmt::format("tree {}", blocks.size()));
    } else if (!line->empty()) {
      (blocks.empty() ? header : blocks.back()).add(*line);
    }
  }
  if (!ended) source.refuse("import.missing", "the file ends before the line \"end of trees\"");
  std::string_view pandas;
  while (const auto line = lines.next()) {
    if (line->starts_with("pandas_categorical:")) pandas = line->substr(19);
  }

  const std::size_t features = std::size_t{header.one<std::uint32_t>("max_feature_idx", 0, 1U << 30)} + 1;
  const std::size_t outputs = header.has("num_tree_per_iteration")
                                  ? header.one<std::uint32_t>("num_tree_per_iteration", 1, 1U << 20)
                                  : header.one<std::uint32_t>("num_class", 1, 1U << 20);
  if (outputs > std::max<std::size_t>(blocks.size(), 1) || blocks.size() % outputs != 0) {
    header.refuse("num_tree_per_iteration", fmt::format("does not divide the {} trees", blocks.size()));
  }
  const Objective objective = read_objective(header);
  std::vector<std::string> names = read_names(header, features);
  // A forest answers the mean of its rounds; the scale of the sigmoid belongs to the scores here.
  double scale = objective.sigmoid;
  if (header.has("average_output"))
    scale /= static_cast<double>(std::max<std::size_t>(blocks.size() / outputs, 1));

  TreeCollector trees(source, features, outputs);
  for (std::size_t t = 0; t < blocks.size(); ++t) {
    const Source tree = read_tree(blocks[t]);
    Translator translator(tree, blocks[t]);
    translator.run(scale);
    trees.add(translator.grown, static_cast<std::uint32_t>(t % outputs), translator.terms);
  }
  ImportedTrees model{.trees = trees.finish(std::vector<double>(outputs, 0.0))};
  model.tool = "LightGBM";
  model.feature_names = std::move(names);
  set_link(objective, outputs, model);
  if (!pandas.empty() && pandas != "null") read_levels(pandas, header, model);
  return model;
}

}  // namespace everyml::detail
