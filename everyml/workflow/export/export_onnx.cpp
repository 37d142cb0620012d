#include "everyml/workflow/export/export_onnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/export/export_impl.h"
#include "everyml/workflow/export/export_onnx_impl.h"
#include "everyml/workflow/export/onnx_message_impl.h"

// Operators are those of "ONNX operators, ai.onnx.ml" and of ONNX itself.

namespace everyml {
namespace {

using detail::ExportColumn;
using detail::ExportLink;
using detail::ExportModel;
using namespace detail::onnx;

class Graph {
 public:
  explicit Graph(const Artifact& artifact)
      : model_(detail::export_model(artifact)),
        columns_(detail::export_columns(artifact)),
        parts_(model_.trees.parts()) {
    if (!parts_.linear_start.empty()) {
      throw UnsupportedError("export.linear", "ONNX has no trees with linear leaves; the export to C has");
    }
    if (artifact.calibration.method != Calibration::Method::none) {
      throw UnsupportedError(
          "export.calibration",
          "a calibrated model is not written as ONNX; the export to C keeps the calibration");
    }
  }

  std::string run() {
    encode();
    if (model_.branches) {
      detail::add_branches(graph_, *model_.branches, model_.classes);
    } else {
      trees();
      link();
    }
    graph_.text(2, "everyml");
    const Message core = Message().text(1, "").number(2, 17),
                  ml = Message().text(1, "ai.onnx.ml").number(2, 5);
    return Message().number(1, 9).text(2, "everyml").part(7, graph_).part(8, core).part(8, ml).bytes();
  }

 private:
  void add(const Node& node) { graph_.part(1, node.message()); }
  void constant(const std::string& name, std::vector<double> values) { graph_.part(5, tensor(name, values)); }

  /// Columns become the matrix "everyml_features".
  void encode() {
    std::vector<std::string> features;
    for (std::size_t j = 0; j < columns_.size(); ++j) {
      const ExportColumn& column = columns_[j];
      const std::string own = fmt::format("everyml_{}_", j);
      std::string now = column.name;
      if (column.kind == ExportColumn::Kind::category) {
        graph_.part(11, value_info(column.name, kString, 1));
        std::vector<float> codes(column.levels.size());
        for (std::size_t k = 0; k < codes.size(); ++k) codes[k] = static_cast<float>(k);
        add(Node("LabelEncoder", {now}, own + "code")
                .domain("ai.onnx.ml")
                .texts("keys_strings", column.levels)
                .reals("values_floats", codes)
                .real("default_float", std::numeric_limits<float>::quiet_NaN()));
        add(Node("Cast", {own + "code"}, own + "cast").whole("to", kDouble));
        now = own + "cast";
      } else {
        graph_.part(11, value_info(column.name, kDouble, 1));
      }
      if (column.indicator || !std::isnan(column.missing)) add(Node("IsNaN", {now}, own + "missing"));
      std::string value = now;
      if (!std::isnan(column.missing)) {
        constant(own + "fill", {column.missing});
        add(Node("Where", {own + "missing", own + "fill", now}, own + "filled"));
        value = own + "filled";
      }
      features.push_back(value);
      if (column.indicator) {
        add(Node("Cast", {own + "missing"}, own + "flag").whole("to", kDouble));
        features.push_back(own + "flag");
      }
    }
    add(Node("Concat", features, "everyml_features").whole("axis", 1));
  }

  /// Trees of single values are added up by the operator. Of others it gives the leaf of each tree, or for a
  /// median each tree's answer, one target for each tree.
  bool each_tree() const { return parts_.width > 1 || model_.link == ExportLink::median; }

  void trees() {
    if (parts_.trees() == 0)
      throw UnsupportedError("export.model", "a model without trees is not written as ONNX");
    const TreeParts& p = parts_;
    constexpr double kMost = std::numeric_limits<double>::max();
    std::vector<std::int64_t> feature, yes, no, yes_leaf, no_leaf, missing, roots, targets;
    std::vector<double> split, members, weights;
    std::string modes;
    for (std::size_t t = 0; t < p.trees(); ++t) {
      const std::size_t node0 = p.first_node[t], leaf0 = p.first_leaf[t];
      const auto root = static_cast<std::int64_t>(feature.size());
      roots.push_back(root);
      const auto child = [&](std::int32_t number, std::vector<std::int64_t>& ids,
                             std::vector<std::int64_t>& leaf) {
        leaf.push_back(number < 0 ? 1 : 0);
        ids.push_back(number < 0 ? static_cast<std::int64_t>(leaf0) + ~number : root + number);
      };
      for (std::size_t i = node0; i < p.first_node[t + 1]; ++i) {
        feature.push_back(p.feature[i]);
        missing.push_back(p.flags[i] & TreeParts::kMissingLeft ? 1 : 0);
        child(p.left[i], yes, yes_leaf);
        child(p.right[i], no, no_leaf);
        if (p.flags[i] & TreeParts::kCategories) {
          modes += static_cast<char>(6);
          split.push_back(0);
          add_members(static_cast<std::size_t>(p.threshold[i]), members);
        } else {
          modes += static_cast<char>(0);
          split.push_back(std::clamp(p.threshold[i], -kMost, kMost));
        }
      }
      if (p.first_node[t + 1] == node0) {  // a tree needs a question there
        feature.push_back(0);
        missing.push_back(0);
        child(~0, yes, yes_leaf);
        child(~0, no, no_leaf);
        modes += static_cast<char>(0);
        split.push_back(0);
      }
      for (std::size_t leaf = leaf0; leaf < p.first_leaf[t + 1]; ++leaf) {
        targets.push_back(each_tree() ? static_cast<std::int64_t>(t) : p.tree_output[t]);
        weights.push_back(p.width > 1 ? static_cast<double>(leaf) : p.leaf_value[leaf]);
      }
    }
    Node node("TreeEnsemble", {"everyml_features"}, each_tree() ? "everyml_each" : "everyml_sums");
    node.domain("ai.onnx.ml")
        .whole("n_targets", static_cast<std::int64_t>(each_tree() ? p.trees() : p.outputs))
        .whole("aggregate_function", 1)
        .whole("post_transform", 0)
        .wholes("tree_roots", roots)
        .wholes("nodes_featureids", feature)
        .of("nodes_splits", tensor("splits", split))
        .of("nodes_modes", tensor("modes", modes))
        .wholes("nodes_truenodeids", yes)
        .wholes("nodes_falsenodeids", no)
        .wholes("nodes_trueleafs", yes_leaf)
        .wholes("nodes_falseleafs", no_leaf)
        .wholes("nodes_missing_value_tracks_true", missing)
        .wholes("leaf_targetids", targets)
        .of("leaf_weights", tensor("weights", weights));
    if (!members.empty()) node.of("membership_values", tensor("members", members));
    add(node);
    if (model_.link == ExportLink::median) return median();
    if (each_tree()) leaf_values();
    constant("everyml_base", p.base);
    add(Node("Add", {"everyml_sums", "everyml_base"}, "everyml_scores"));
  }

  void whole_constant(const std::string& name, std::int64_t value, bool shaped) {
    graph_.part(5, tensor(name, value, shaped));
  }

  /// From the leaf of each tree, [rows, trees], the sums of their values, [rows, outputs].
  void leaf_values() {
    graph_.part(5, tensor("everyml_values", parts_.leaf_value, {parts_.leaves(), parts_.width}));
    add(Node("Cast", {"everyml_each"}, "everyml_leaves").whole("to", kWhole));
    add(Node("Gather", {"everyml_values", "everyml_leaves"}, "everyml_found").whole("axis", 0));
    whole_constant("everyml_trees_axis", 1, true);
    add(Node("ReduceSum", {"everyml_found", "everyml_trees_axis"}, "everyml_sums").whole("keepdims", 0));
  }

  /// The least answer of a tree at which the votes up to it reach half of all.
  void median() {
    whole_constant("everyml_count", static_cast<std::int64_t>(parts_.trees()), true);
    whole_constant("everyml_along", 1, false);
    constant("everyml_votes", model_.votes);
    double all = 0;
    for (const double vote : model_.votes) all += vote;
    constant("everyml_half", {0.5 * all});
    add(Node("TopK", {"everyml_each", "everyml_count"}, "everyml_sorted")
            .also("everyml_order")
            .whole("axis", 1)
            .whole("largest", 0)
            .whole("sorted", 1));
    add(Node("Gather", {"everyml_votes", "everyml_order"}, "everyml_own").whole("axis", 0));
    add(Node("CumSum", {"everyml_own", "everyml_along"}, "everyml_so_far"));
    add(Node("GreaterOrEqual", {"everyml_so_far", "everyml_half"}, "everyml_reached"));
    add(Node("Cast", {"everyml_reached"}, "everyml_reached_number").whole("to", kShort));
    add(Node("ArgMax", {"everyml_reached_number"}, "everyml_place").whole("axis", 1).whole("keepdims", 1));
    add(Node("GatherElements", {"everyml_sorted", "everyml_place"}, "everyml_scores").whole("axis", 1));
  }

  /// The codes of a set, then NaN.
  void add_members(std::size_t set, std::vector<double>& members) const {
    const std::size_t before = members.size();
    for (std::size_t w = parts_.set_start[set]; w < parts_.set_start[set + 1]; ++w) {
      for (std::size_t bit = 0; bit < 64; ++bit) {
        if (parts_.set_words[w] >> bit & 1) {
          members.push_back(static_cast<double>((w - parts_.set_start[set]) * 64 + bit));
        }
      }
    }
    // Only what is missing goes there; runtimes want a member, and no code is below 0.
    if (members.size() == before) members.push_back(-1);
    members.push_back(std::numeric_limits<double>::quiet_NaN());
  }

  void link() {
    const std::string scores = "everyml_scores", out = model_.classes > 0 ? "probabilities" : "values";
    const std::string last = model_.pair() ? "everyml_second" : out;
    switch (model_.link) {
      case ExportLink::identity:
      case ExportLink::median:
      case ExportLink::finite:
        add(Node("Identity", {scores}, last));
        break;
      case ExportLink::sigmoid:
        add(Node("Sigmoid", {scores}, last));
        break;
      case ExportLink::exponential:
        add(Node("Exp", {scores}, last));
        break;
      case ExportLink::softmax:
        add(Node("Softmax", {scores}, last).whole("axis", 1));
        break;
      case ExportLink::one_versus_all:
        add(Node("Sigmoid", {scores}, "everyml_sigmoids"));
        whole_constant("everyml_axis", 1, true);
        add(Node("ReduceSum", {"everyml_sigmoids", "everyml_axis"}, "everyml_all"));
        add(Node("Div", {"everyml_sigmoids", "everyml_all"}, last));
        break;
      case ExportLink::share:
        constant("everyml_least", {0.0});
        constant("everyml_most", {1.0});
        add(Node("Max", {scores, "everyml_least"}, "everyml_from_0"));
        add(Node("Min", {"everyml_from_0", "everyml_most"}, last));
        break;
      case ExportLink::crowdedness:
        constant("everyml_least", {0.0});
        constant("everyml_scale", {model_.scale});
        add(Node("Max", {scores, "everyml_least"}, "everyml_depth"));
        add(Node("Mul", {"everyml_depth", "everyml_scale"}, "everyml_scaled"));
        add(Node("Exp", {"everyml_scaled"}, last));
        break;
      case ExportLink::mapped:
        mapped(scores, last);
        break;
    }
    if (model_.pair()) {
      constant("everyml_one", {1.0});
      add(Node("Sub", {"everyml_one", last}, "everyml_first"));
      add(Node("Concat", {"everyml_first", last}, out).whole("axis", 1));
    }
    graph_.part(12, value_info(out, kDouble, std::max<std::size_t>(model_.classes, 1)));
  }

  /// The softmax of sums, each of one output; its common part (ScoreMap::centred) makes no difference.
  void mapped(const std::string& scores, const std::string& out) {
    constexpr double kNever = -1e300;
    const ScoreMap& map = model_.map;
    std::vector<double> matrix(parts_.outputs * map.size(), 0.0), offset = map.offset;
    for (std::size_t k = 0; k < map.size(); ++k) {
      if (map.output[k] < 0)
        offset[k] = kNever;
      else
        matrix[static_cast<std::size_t>(map.output[k]) * map.size() + k] = map.factor[k];
    }
    graph_.part(5, tensor("everyml_matrix", matrix, {parts_.outputs, map.size()}));
    constant("everyml_offset", offset);
    add(Node("MatMul", {scores, "everyml_matrix"}, "everyml_mapped"));
    add(Node("Add", {"everyml_mapped", "everyml_offset"}, "everyml_logits"));
    add(Node("Softmax", {"everyml_logits"}, out).whole("axis", 1));
  }

  ExportModel model_;
  std::vector<ExportColumn> columns_;
  const TreeParts& parts_;
  Message graph_;
};

}  // namespace

std::string export_onnx(const Artifact& artifact) { return Graph(artifact).run(); }

}  // namespace everyml
