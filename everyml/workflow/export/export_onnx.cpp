#include "everyml/workflow/export/export_onnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/export/export_impl.h"

// Field numbers are those of onnx.proto3; the operators those of "ONNX operators, ai.onnx.ml".

namespace everyml {
namespace {

using detail::ExportColumn;
using detail::ExportLink;
using detail::ExportModel;

/// A message of protocol buffers: tagged fields one after the other.
class Message {
 public:
  Message& number(std::uint32_t field, std::uint64_t value) {
    varint(std::uint64_t{field} << 3);
    varint(value);
    return *this;
  }
  Message& text(std::uint32_t field, std::string_view value) {
    varint(std::uint64_t{field} << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& part(std::uint32_t field, const Message& value) { return text(field, value.bytes_); }
  Message& real(std::uint32_t field, float value) {
    varint(std::uint64_t{field} << 3 | 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i) bytes_ += static_cast<char>(bits >> 8 * i);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += static_cast<char>(value | 128);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

enum Type : std::uint64_t { kFloat = 1, kByte = 2, kString = 8, kDouble = 11 };

Message tensor(const std::string& name, std::span<const double> values) {
  std::string raw;
  for (const double value : values) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int i = 0; i < 8; ++i) raw += static_cast<char>(bits >> 8 * i);
  }
  return Message().number(1, values.size()).number(2, kDouble).text(8, name).text(9, raw);
}

Message tensor(const std::string& name, std::string_view bytes) {
  return Message().number(1, bytes.size()).number(2, kByte).text(8, name).text(9, bytes);
}

/// A node of the graph under construction.
class Node {
 public:
  Node(std::string_view type, const std::vector<std::string>& inputs, const std::string& output) {
    for (const std::string& input : inputs) node_.text(1, input);
    node_.text(2, output).text(3, output + "_node").text(4, type);
  }
  Node& domain(std::string_view name) {
    node_.text(7, name);
    return *this;
  }
  Node& whole(std::string_view name, std::int64_t value) {
    return add(Message().text(1, name).number(3, static_cast<std::uint64_t>(value)).number(20, 2));
  }
  Node& real(std::string_view name, float value) {
    return add(Message().text(1, name).real(2, value).number(20, 1));
  }
  Node& of(std::string_view name, const Message& value) {
    return add(Message().text(1, name).part(5, value).number(20, 4));
  }
  Node& wholes(std::string_view name, const std::vector<std::int64_t>& values) {
    Message attribute;
    attribute.text(1, name);
    for (const std::int64_t value : values) attribute.number(8, static_cast<std::uint64_t>(value));
    return add(attribute.number(20, 7));
  }
  Node& reals(std::string_view name, const std::vector<float>& values) {
    Message attribute;
    attribute.text(1, name);
    for (const float value : values) attribute.real(7, value);
    return add(attribute.number(20, 6));
  }
  Node& texts(std::string_view name, const std::vector<std::string>& values) {
    Message attribute;
    attribute.text(1, name);
    for (const std::string& value : values) attribute.text(9, value);
    return add(attribute.number(20, 8));
  }
  const Message& message() const { return node_; }

 private:
  Node& add(const Message& attribute) {
    node_.part(5, attribute);
    return *this;
  }
  Message node_;
};

Message value_info(std::string_view name, Type type, std::size_t columns) {
  const Message shape = Message().part(1, Message().text(2, "rows")).part(1, Message().number(1, columns));
  return Message().text(1, name).part(2, Message().part(1, Message().number(1, type).part(2, shape)));
}

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
    trees();
    link();
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

  void trees() {
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
        targets.push_back(p.tree_output[t]);
        weights.push_back(p.leaf_value[leaf]);
      }
    }
    if (p.width != 1 || p.trees() == 0) {
      throw UnsupportedError("export.model",
                             "the model cannot be exported to ONNX: it has no trees of single values");
    }
    Node node("TreeEnsemble", {"everyml_features"}, "everyml_sums");
    node.domain("ai.onnx.ml")
        .whole("n_targets", static_cast<std::int64_t>(p.outputs))
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
    constant("everyml_base", p.base);
    add(Node("Add", {"everyml_sums", "everyml_base"}, "everyml_scores"));
  }

  /// The codes of a set, then NaN.
  void add_members(std::size_t set, std::vector<double>& members) const {
    for (std::size_t w = parts_.set_start[set]; w < parts_.set_start[set + 1]; ++w) {
      for (std::size_t bit = 0; bit < 64; ++bit) {
        if (parts_.set_words[w] >> bit & 1) {
          members.push_back(static_cast<double>((w - parts_.set_start[set]) * 64 + bit));
        }
      }
    }
    members.push_back(std::numeric_limits<double>::quiet_NaN());
  }

  void link() {
    const std::string scores = "everyml_scores", out = model_.classes > 0 ? "probabilities" : "values";
    const bool pair = model_.classes == 2 && parts_.outputs == 1;
    const std::string last = pair ? "everyml_second" : out;
    switch (model_.link) {
      case ExportLink::identity:
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
        add(Node("Sigmoid", {scores}, "everyml_each"));
        graph_.part(5, Message()
                           .number(1, 1)
                           .number(2, 7)
                           .text(8, "everyml_axis")
                           .text(9, std::string_view("\1\0\0\0\0\0\0\0", 8)));
        add(Node("ReduceSum", {"everyml_each", "everyml_axis"}, "everyml_all"));
        add(Node("Div", {"everyml_each", "everyml_all"}, last));
        break;
    }
    if (pair) {
      constant("everyml_one", {1.0});
      add(Node("Sub", {"everyml_one", last}, "everyml_first"));
      add(Node("Concat", {"everyml_first", last}, out).whole("axis", 1));
    }
    graph_.part(12, value_info(out, kDouble, std::max<std::size_t>(model_.classes, 1)));
  }

  ExportModel model_;
  std::vector<ExportColumn> columns_;
  const TreeParts& parts_;
  Message graph_;
};

}  // namespace

std::string export_onnx(const Artifact& artifact) { return Graph(artifact).run(); }

}  // namespace everyml
