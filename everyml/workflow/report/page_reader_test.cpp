#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <set>
#include <stdexcept>

#include "everyml/workflow/report/page_reader_impl.h"

namespace everyml::report_impl {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view page) : page_(page) {}

  std::vector<Token> read() {
    expect("<!doctype html>\n");
    while (at_ < page_.size()) {
      if (page_[at_] == '<')
        tag();
      else
        words();
    }
    if (!open_.empty()) fail("not closed: " + open_.back());
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(what + " at byte " + std::to_string(at_) + ": " +
                             std::string(page_.substr(at_ > 40 ? at_ - 40 : 0, 100)));
  }
  void expect(std::string_view wanted) {
    if (page_.substr(at_, wanted.size()) != wanted) fail("expected " + std::string(wanted));
    at_ += wanted.size();
  }
  char peek() const { return at_ < page_.size() ? page_[at_] : '\0'; }
  static bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-'; }

  std::string name() {
    const std::size_t begin = at_;
    while (is_name(peek())) ++at_;
    if (at_ == begin) fail("a name was expected");
    return std::string(page_.substr(begin, at_ - begin));
  }

  /// Characters up to `end`, entities resolved.
  std::string characters(char end) {
    static constexpr std::array<std::pair<std::string_view, char>, 6> kEntities = {
        {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&#96;", '`'}}};
    std::string out;
    while (at_ < page_.size() && page_[at_] != end) {
      const char c = page_[at_];
      if (c == '&') {
        bool known = false;
        for (const auto& [entity, meaning] : kEntities) {
          if (page_.substr(at_, entity.size()) != entity) continue;
          out += meaning;
          at_ += entity.size();
          known = true;
          break;
        }
        if (!known) fail("an ampersand that is no entity");
        continue;
      }
      if (c == '<' || c == '>') fail("a loose angle bracket");
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n') fail("a control character");
      out += c;
      ++at_;
    }
    return out;
  }

  void words() {
    Token token;
    token.text = characters('<');
    tokens_.push_back(std::move(token));
  }

  void tag() {
    expect("<");
    Token token;
    if (peek() == '/') {
      ++at_;
      const std::string closed = name();
      expect(">");
      if (open_.empty() || open_.back() != closed) fail("closed out of order: " + closed);
      open_.pop_back();
      token.name = "/" + closed;
      tokens_.push_back(std::move(token));
      return;
    }
    token.name = name();
    while (peek() == ' ') {
      ++at_;
      std::string key = name();
      expect("=\"");
      std::string value = characters('"');
      expect("\"");
      token.attributes.emplace_back(std::move(key), std::move(value));
    }
    static const std::set<std::string> kEmpty = {"meta", "br"};
    const bool itself = peek() == '/';
    if (itself) ++at_;
    expect(">");
    const std::string opened = token.name;
    tokens_.push_back(std::move(token));
    if (itself || kEmpty.count(opened)) return;
    open_.push_back(opened);
    if (opened == "script" || opened == "style") raw(opened);
  }

  /// What a browser reads as one text up to the closing tag, whatever stands in it.
  void raw(const std::string& element) {
    const std::size_t end = page_.find("</" + element, at_);
    if (end == std::string_view::npos) fail("no end of " + element);
    Token token;
    token.text = page_.substr(at_, end - at_);
    if (token.text.find("<!--") != std::string::npos) fail("a comment that would change how a script ends");
    at_ = end;
    tokens_.push_back(std::move(token));
  }

  std::string_view page_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  std::vector<Token> tokens_;
};

TEST(PageReader, RefusesWhatABrowserWouldForgive) {
  const auto page = [](const std::string& body) { return "<!doctype html>\n<p>" + body + "</p>"; };
  EXPECT_EQ(read_page(page("1 &lt; 2"))[1].text, "1 < 2");
  EXPECT_THROW(read_page(page("1 < 2")), std::runtime_error);
  EXPECT_THROW(read_page(page("a > b")), std::runtime_error);
  EXPECT_THROW(read_page(page("&copy;")), std::runtime_error);
  EXPECT_THROW(read_page(page("<b>")), std::runtime_error);
  EXPECT_THROW(read_page(page("<b class=x></b>")), std::runtime_error);
  EXPECT_THROW(read_page(page("<b class='x'></b>")), std::runtime_error);
  EXPECT_THROW(read_page(page("\x1b[31m")), std::runtime_error);
}

}  // namespace

std::string Token::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes) {
    if (key == wanted) return value;
  }
  return "";
}

std::vector<Token> read_page(std::string_view page) {
  while (page.ends_with('\n')) page.remove_suffix(1);
  return Reader(page).read();
}

std::string visible_text(const std::vector<Token>& tokens) {
  std::string words;
  bool hidden = false;
  for (const Token& token : tokens) {
    if (token.name == "script" || token.name == "style") hidden = true;
    if (token.name == "/script" || token.name == "/style") hidden = false;
    if (token.name.empty() && !hidden) words += token.text;
  }
  return words;
}

std::size_t count_tags(const std::vector<Token>& tokens, std::string_view name) {
  std::size_t count = 0;
  for (const Token& token : tokens) count += token.name == name;
  return count;
}

std::size_t count_classes(const std::vector<Token>& tokens, std::string_view wanted) {
  std::size_t count = 0;
  for (const Token& token : tokens) count += token.attribute("class") == wanted;
  return count;
}

}  // namespace everyml::report_impl
