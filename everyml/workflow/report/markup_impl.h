#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace everyml::report_impl {

/// Text that may stand between tags and inside quoted attributes: markup characters escaped, control
/// characters, broken UTF-8 and marks that reverse the reading order made visible, cut to `limit` characters.
/// The one way by which words that are not ours reach the page.
struct Escaped {
  std::string bytes;
};
Escaped text(std::string_view words, std::size_t limit = 400);

/// Markup of our own: built from literals of the source and from Escaped, so that a string of unknown origin
/// does not compile here.
class Markup {
 public:
  /// A literal of the source, as written.
  struct Literal {
    template <std::size_t N>
    consteval Literal(const char (&characters)[N]) : bytes(characters, N - 1) {}
    std::string_view bytes;
  };

  Markup& operator<<(Literal literal);
  Markup& operator<<(const Escaped& escaped);
  Markup& operator<<(const Markup& other);
  /// A coordinate: at most one decimal, no exponent. Not finite becomes 0.
  Markup& operator<<(double coordinate);
  Markup& operator<<(std::size_t count);
  /// Style sheets, scripts and data blocks of our own making. REQUIRES: no closing tag of its element inside.
  Markup& embed(std::string_view own);

  bool empty() const { return bytes_.empty(); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace everyml::report_impl
