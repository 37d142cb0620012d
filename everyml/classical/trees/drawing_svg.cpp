#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "everyml/classical/trees/drawing.h"
#include "everyml/classical/trees/drawing_impl.h"
#include "everyml/foundation/base/text.h"

// The tree from left to right: a column for each depth, a row for each leaf, and every node in the middle of
// what hangs on it. Colours are those of the report where there is one, else the ones given here.

namespace everyml {
namespace {

constexpr double kBox = 220, kHeight = 58, kAcross = 36, kDown = 12, kMargin = 10, kBar = 6;
constexpr std::size_t kLetters = 36;
constexpr std::array<std::string_view, 7> kColors{"#0072b2", "#d55e00", "#00855f", "#a9538c",
                                                  "#a67c00", "#3d97cc", "#4d4d4d"};

std::string escaped(std::string_view words, std::size_t limit) {
  std::string out;
  for (const char c : printable(words, limit)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string color(std::size_t index) {
  return fmt::format("var(--c{0},{1})", index % kColors.size(), kColors[index % kColors.size()]);
}

struct Place {
  double x = 0, y = 0;
};

class Drawing {
 public:
  Drawing(const DrawnTree& tree, std::size_t most_leaves)
      : tree_(tree), shown_(drawing::visible(tree, most_leaves)), places_(tree.nodes.size()) {
    place();
    for (std::size_t at = 0; at < tree.nodes.size(); ++at) {
      if (shown_[at] == 0 || !tree.words.classes.empty()) continue;
      low_ = std::min(low_, tree.nodes[at].value);
      high_ = std::max(high_, tree.nodes[at].value);
    }
  }

  std::string svg() {
    std::string edges, boxes;
    for (std::size_t at = 0; at < tree_.nodes.size(); ++at) {
      if (shown_[at] == 0) continue;
      if (tree_.nodes[at].parent >= 0) edges += edge(at);
      boxes += box(at);
    }
    const std::string target = tree_.words.target.empty() ? "answers" : tree_.words.target;
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tree\" role=\"img\" viewBox=\"0 0 {0:.0f} "
        "{1:.0f}\" "
        "width=\"{0:.0f}\" height=\"{1:.0f}\" font-family=\"system-ui,sans-serif\" font-size=\"13\" "
        "fill=\"var(--ink,#1b1e23)\"><title>Decision tree for {2}</title><desc>{3}</desc>",
        width_, height_, escaped(target, 60), escaped(description(), 4000));
    out += "<g fill=\"none\" stroke=\"var(--mark,#8a8f98)\" stroke-opacity=\".55\">" + edges + "</g>" + boxes;
    if (!tree_.words.classes.empty()) out += legend();
    return out + "</svg>";
  }

 private:
  void place() {
    // Pre-order backwards: children before their parent.
    std::vector<std::size_t> depth(tree_.nodes.size());
    std::size_t deepest = 0;
    double next = kMargin + (tree_.words.classes.empty() ? 0 : kLegend);
    for (std::size_t at = 0; at < tree_.nodes.size(); ++at) {
      if (shown_[at] == 0) continue;
      if (at > 0) depth[at] = depth[static_cast<std::size_t>(tree_.nodes[at].parent)] + 1;
      deepest = std::max(deepest, depth[at]);
      places_[at].x = kMargin + static_cast<double>(depth[at]) * (kBox + kAcross);
      if (shown_[at] == 2) continue;
      places_[at].y = next;
      next += kHeight + kDown;
    }
    for (std::size_t at = tree_.nodes.size(); at-- > 0;) {
      if (shown_[at] != 2) continue;
      const auto& children = tree_.nodes[at].children;
      places_[at].y = (places_[children.front()].y + places_[children.back()].y) / 2;
    }
    width_ = 2 * kMargin + static_cast<double>(deepest + 1) * kBox + static_cast<double>(deepest) * kAcross;
    height_ = next - kDown + kMargin;
  }

  std::string edge(std::size_t at) const {
    const auto parent = static_cast<std::size_t>(tree_.nodes[at].parent);
    const double x0 = places_[parent].x + kBox, y0 = places_[parent].y + kHeight / 2, x1 = places_[at].x,
                 y1 = places_[at].y + kHeight / 2, middle = (x0 + x1) / 2;
    const double share = tree_.nodes[0].rows > 0 ? tree_.nodes[at].rows / tree_.nodes[0].rows : 0;
    return fmt::format(
        "<path stroke-width=\"{:.1f}\" d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}\"/>",
        1 + 9 * share, x0, y0, middle, y0, middle, y1, x1, y1);
  }

  std::size_t best(const DrawnTree::Node& node) const {
    return static_cast<std::size_t>(std::max_element(node.shares.begin(), node.shares.end()) -
                                    node.shares.begin());
  }

  std::string bar(const DrawnTree::Node& node, double x, double y, double width) const {
    std::string out = fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"var(--line,#e3e1da)\"/>", x, y,
        width, kBar);
    if (node.shares.empty()) {
      const double share = high_ > low_ ? (node.value / 2 - low_ / 2) / (high_ / 2 - low_ / 2) : 0.5;
      return out + fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>",
                               x, y, std::clamp(share, 0.0, 1.0) * width, kBar, color(0));
    }
    double at = x;
    for (std::size_t c = 0; c < node.shares.size(); ++c) {
      const double part = node.shares[c] * width;
      if (part < 0.05) continue;
      out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>", at,
                         y, part, kBar, color(c));
      at += part;
    }
    return out;
  }

  /// Room is short in a box.
  static std::string with_signs(std::string words) {
    for (const auto& [from, to] : {std::pair<std::string_view, std::string_view>{" at most ", " ≤ "},
                                   std::pair<std::string_view, std::string_view>{" above ", " > "}}) {
      const auto at = words.rfind(from);
      if (at != std::string::npos) words.replace(at, from.size(), to);
    }
    return words;
  }

  /// One line of text, pressed together when its letters of usual width would not fit into the box.
  static std::string line(double x, double y, const std::string& words, double letter,
                          std::string_view style) {
    const std::string cut = printable(words, kLetters);
    std::size_t letters = 0;
    for (const char c : cut) letters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    const std::string press =
        static_cast<double>(letters) * letter > kBox - 24
            ? fmt::format(" textLength=\"{:.0f}\" lengthAdjust=\"spacingAndGlyphs\"", kBox - 24)
            : std::string();
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}{}>{}</text>", x, y, style, press,
                       escaped(cut, kLetters));
  }

  std::string box(std::size_t at) const {
    const DrawnTree::Node& node = tree_.nodes[at];
    const double x = places_[at].x, y = places_[at].y;
    const bool leaf = node.children.empty(), root = node.parent < 0;
    const std::string edge_color = leaf && !node.shares.empty() && node.rows > 0 ? color(best(node))
                                   : leaf                                        ? color(0)
                                                                                 : "var(--line,#c9c6bd)";
    std::string out = "<g><title>" +
                      escaped(fmt::format("{}: {}, {}", root ? "all rows" : node.branch, tree_.answer(at),
                                          drawing::rows_words(node.rows)),
                              600) +
                      "</title>";
    out += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" rx=\"9\" fill=\"var(--card,#fff)\" "
        "stroke=\"{}\" stroke-width=\"{}\"/>",
        x, y, kBox, kHeight, edge_color, leaf ? 2 : 1);
    out += line(x + 12, y + 19, root ? "all rows" : with_signs(node.branch), 7.6,
                "font-size=\"12.5\" font-weight=\"600\"");
    out += bar(node, x + 12, y + 26, kBox - 24);
    std::string below = tree_.answer(at) + " · " + drawing::rows_words(node.rows);
    if (shown_[at] == 1 && !leaf) below += " …";
    out += line(x + 12, y + 48, below, 6.7, "font-size=\"12\" fill=\"var(--ink-2,#5a616b)\"") + "</g>";
    return out;
  }

  std::string legend() const {
    constexpr std::size_t kNamed = 7;
    std::string out;
    double x = kMargin;
    const auto& classes = tree_.words.classes;
    for (std::size_t c = 0; c < std::min(classes.size(), kNamed); ++c) {
      const std::string name = escaped(classes[c], 14);
      out += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{}\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{}\"/><text x=\"{:.1f}\" "
          "y=\"{}\" font-size=\"12\">{}</text>",
          x, kMargin, color(c), x + 17, kMargin + 11, name);
      x += 34 + 7.4 * static_cast<double>(std::min<std::size_t>(classes[c].size(), 14));
      if (x > width_ - 60) break;
    }
    return out;
  }

  std::string description() const {
    std::string words =
        fmt::format("{} questions, {} leaves. ", tree_.nodes.size() - tree_.leaves(), tree_.leaves());
    std::size_t told = 0;
    for (const TreeRule& rule : tree_rules(tree_)) {
      if (shown_[rule.leaf] == 0) continue;
      if (++told > 12) break;
      words += rule.sentence + ". ";
    }
    return words;
  }

  static constexpr double kLegend = 26;
  const DrawnTree& tree_;
  std::vector<char> shown_;
  std::vector<Place> places_;
  double width_ = 0, height_ = 0;
  double low_ = std::numeric_limits<double>::infinity(), high_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

std::string tree_svg(const DrawnTree& tree, std::size_t most_leaves) {
  return Drawing(tree, most_leaves).svg();
}

}  // namespace everyml
