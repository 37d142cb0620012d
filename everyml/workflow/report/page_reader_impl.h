#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everyml::report_impl {

/// A piece of a page: an opening tag, a closing tag ("/name"), or a text with its entities resolved (no
/// name).
struct Token {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;
  std::string attribute(std::string_view wanted) const;
};

/// For the tests: reads a page far more strictly than a browser would. Throws std::runtime_error with the
/// place for whatever is not plainly well-formed: a loose "<", ">" or "&", an attribute without double
/// quotes, a control character, an element that is not closed in order.
std::vector<Token> read_page(std::string_view page);

/// The words outside of scripts and styles.
std::string visible_text(const std::vector<Token>& tokens);
std::size_t count_tags(const std::vector<Token>& tokens, std::string_view name);
std::size_t count_classes(const std::vector<Token>& tokens, std::string_view wanted);

}  // namespace everyml::report_impl
