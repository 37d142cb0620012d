#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <unordered_set>
#include <utility>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/io/archive_impl.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/foundation/io/bounded_reader.h"
#include "everyml/foundation/io/json_scan_impl.h"

namespace everyml {

using detail::Element;
using detail::JsonScanner;

// All views point into `bytes` or `description`; the state is made in place and never moved. Nothing here
// grows by more than a small factor of the text it stands for, so that a hostile file cannot ask for more
// memory than it brings.
struct ArchiveReader::State {
  struct Tensor {
    std::string_view key;
    std::string_view shape;  // "[2,3]"
    std::uint64_t begin;
    std::uint64_t end;
    Element element;
  };
  struct Field {
    std::string_view key;
    std::string_view value;  // JSON text
    const Tensor* tensor = nullptr;
  };

  std::string name;
  std::string bytes;
  std::string description;
  std::string_view data;
  std::deque<Tensor> tensors;         // in the order of the header
  std::deque<Field> fields;           // in the order written
  std::vector<std::uint32_t> by_key;  // positions in `fields`

  void open();
  const Field* find(std::string_view key) const;

 private:
  std::string_view open_container();
  void read_metadata(JsonScanner& header);
  void read_tensor(std::string_view key, JsonScanner& header);
  void check_layout() const;
  void read_description();
  [[noreturn]] void refuse_header(std::string_view why) const {
    throw FormatError("model.header", fmt::format("{}: {}", name, why));
  }
  [[noreturn]] void refuse_tensor(std::string_view key, std::string_view why) const {
    throw FormatError("model.tensor", fmt::format("{}: array \"{}\" {}", name, key, why));
  }
};

namespace {

template <class Items>
std::vector<std::uint32_t> order_by_key(const Items& items) {
  std::vector<std::uint32_t> order(items.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return items[a].key < items[b].key; });
  return order;
}

/// The position in `order` of `key`, or nothing.
template <class Items>
std::optional<std::size_t> find_key(const Items& items, const std::vector<std::uint32_t>& order,
                                    std::string_view key) {
  const auto at = std::lower_bound(order.begin(), order.end(), key, [&](auto item, std::string_view wanted) {
    return items[item].key < wanted;
  });
  if (at == order.end() || items[*at].key != key) return std::nullopt;
  return static_cast<std::size_t>(at - order.begin());
}

template <class Items>
std::optional<std::string_view> repeated_key(const Items& items, const std::vector<std::uint32_t>& order) {
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (items[order[i - 1]].key == items[order[i]].key) return items[order[i]].key;
  }
  return std::nullopt;
}

std::vector<std::uint64_t> parse_shape(std::string_view text, const std::string& name) {
  JsonScanner scanner(text, "model.tensor", name);
  std::vector<std::uint64_t> shape;
  scanner.expect('[');
  if (scanner.accept(']')) return shape;
  do {
    if (shape.size() == detail::max_dimensions) scanner.fail("an array has too many dimensions");
    shape.push_back(scanner.unsigned_number());
  } while (scanner.accept(','));
  scanner.expect(']');
  return shape;
}

/// The first eight bytes are letters, digits and marks, as in a table that was taken for a model.
bool looks_like_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 8, [](char byte) {
    const auto c = static_cast<unsigned char>(byte);
    return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
  });
}

}  // namespace

std::string_view ArchiveReader::State::open_container() {
  BoundedReader reader(bytes, name);
  const std::uint64_t header_bytes = reader.u64();
  if (header_bytes > detail::max_header_bytes) {
    refuse_header(looks_like_text(bytes) ? "not an everyml model but a text; `learn` and `fit` write models"
                                         : "not an everyml model file: its header is too long");
  }
  const std::string_view header = reader.take(header_bytes);
  if (header.size() < detail::header_start.size() + detail::checksum_digits ||
      !header.starts_with(detail::header_start)) {
    refuse_header("not an everyml model file: it does not begin as one");
  }
  data = reader.take(reader.left());
  if (detail::checksum_of(bytes) !=
      std::string_view(bytes).substr(detail::checksum_begin, detail::checksum_digits)) {
    throw FormatError("model.checksum",
                      fmt::format("{} is damaged or cut short: its checksum does not fit its content", name));
  }
  if ((sizeof(std::uint64_t) + header.size()) % detail::data_alignment != 0) {
    refuse_header(fmt::format("the header does not end on a multiple of {} bytes", detail::data_alignment));
  }
  if (!detail::is_utf8(header)) refuse_header("the header is not UTF-8");
  return header;
}

void ArchiveReader::State::read_metadata(JsonScanner& header) {
  enum { checksum_at, format_at, version_at, description_at, count };
  constexpr std::array<std::string_view, count> names = {"checksum", "format", "version", "description"};
  std::array<std::optional<std::string_view>, count> values;
  std::optional<std::string_view> unknown;
  header.expect('{');
  do {
    const std::string_view key = header.key();
    const std::string_view value = header.string();
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), key) - names.begin());
    if (at == count) {
      unknown = key;
    } else if (std::exchange(values[at], value)) {
      header.fail(fmt::format("\"{}\" occurs twice in the metadata", key));
    }
  } while (header.accept(','));
  header.expect('}');

  if (values[format_at] != "everyml")
    header.fail("the metadata does not say that this is an everyml model file");
  const std::string_view written = values[version_at].value_or("");
  if (written.empty() || written.size() > 9 || written.front() == '0' ||
      written.find_first_not_of("0123456789") != std::string_view::npos) {
    throw FormatError("model.version",
                      fmt::format("{}: the metadata names no readable format version", name));
  }
  if (std::stoi(std::string(written)) > detail::format_version) {
    throw FormatError("model.version",
                      fmt::format("{} needs version {} of the model format; this program reads up to "
                                  "version {}: use a newer everyml",
                                  name, written, detail::format_version));
  }
  if (unknown) header.fail("the metadata has an unknown entry");
  if (!values[description_at]) header.fail("the metadata has no description");
  description = detail::unescape_json(*values[description_at]);
}

void ArchiveReader::State::read_tensor(std::string_view key, JsonScanner& header) {
  if (!detail::valid_key(key)) header.fail("an array has a name that is not allowed");
  if (tensors.size() == detail::max_fields) header.fail("too many arrays");
  std::optional<std::string_view> type, shape;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> offsets;
  header.expect('{');
  do {
    const std::string_view part = header.key();
    bool repeated = false;
    if (part == "dtype") {
      repeated = std::exchange(type, header.string()).has_value();
    } else if (part == "shape") {
      if (header.peek() != '[') refuse_tensor(key, "has a shape that is not a list");
      repeated = std::exchange(shape, header.value()).has_value();
    } else if (part == "data_offsets") {
      header.expect('[');
      const std::uint64_t begin = header.unsigned_number();
      header.expect(',');
      const std::uint64_t end = header.unsigned_number();
      header.expect(']');
      repeated = std::exchange(offsets, std::pair(begin, end)).has_value();
    } else {
      refuse_tensor(key, "has an unknown part; dtype, shape and data_offsets are allowed");
    }
    if (repeated) refuse_tensor(key, fmt::format("has \"{}\" twice", part));
  } while (header.accept(','));
  header.expect('}');
  if (!type || !shape || !offsets) refuse_tensor(key, "needs dtype, shape and data_offsets");

  const auto known = std::find_if(detail::element_types.begin(), detail::element_types.end(),
                                  [&](const auto& candidate) { return candidate.name == *type; });
  if (known == detail::element_types.end()) {
    refuse_tensor(key, "has an unknown dtype; F64, F32, I64, I32 and U8 are allowed");
  }
  std::uint64_t size = known->bytes;
  for (const std::uint64_t extent : parse_shape(*shape, name)) size = checked_product(size, extent, name);
  const auto [begin, end] = *offsets;
  if (begin > end || end > data.size()) refuse_tensor(key, "lies outside the file");
  if (end - begin != size) {
    refuse_tensor(key, fmt::format("needs {} bytes for its shape and has {}", size, end - begin));
  }
  if (begin % known->bytes != 0) refuse_tensor(key, "is not aligned to its element size");
  tensors.push_back({key, *shape, begin, end, static_cast<Element>(known - detail::element_types.begin())});
}

void ArchiveReader::State::check_layout() const {
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    return std::pair(tensors[a].begin, tensors[a].end) < std::pair(tensors[b].begin, tensors[b].end);
  });
  std::uint64_t expected = 0;
  for (const auto i : order) {
    if (tensors[i].begin != expected) refuse_tensor(tensors[i].key, "leaves a hole or overlaps another");
    expected = tensors[i].end;
  }
  if (expected != data.size()) {
    throw FormatError("model.tensor", fmt::format("{}: {} bytes at the end belong to no array", name,
                                                  data.size() - expected));
  }
}

void ArchiveReader::State::read_description() {
  const std::vector<std::uint32_t> tensor_order = order_by_key(tensors);
  if (const auto key = repeated_key(tensors, tensor_order)) refuse_tensor(*key, "occurs twice");
  std::size_t arrays = 0;
  const std::string source = name + ": the description";
  JsonScanner scanner(description, "model.header", source);
  scanner.expect('{');
  if (!scanner.accept('}')) {
    do {
      const std::string_view key = scanner.key();
      if (!detail::valid_key(key)) scanner.fail("a field has a name that is not allowed");
      if (fields.size() == detail::max_fields) scanner.fail("too many fields");
      Field field{key, scanner.value(), nullptr};
      if (field.value == detail::tensor_tag) {
        const auto at = find_key(tensors, tensor_order, key);
        if (!at) refuse_tensor(key, "is described but missing");
        field.tensor = &tensors[tensor_order[*at]];
        ++arrays;
      }
      fields.push_back(field);
    } while (scanner.accept(','));
    scanner.expect('}');
  }
  scanner.end();
  by_key = order_by_key(fields);
  if (const auto key = repeated_key(fields, by_key)) {
    refuse_header(fmt::format("the field \"{}\" occurs twice", *key));
  }
  if (arrays != tensors.size()) refuse_header("the description does not name every array");
}

void ArchiveReader::State::open() {
  const std::string_view text = open_container();
  JsonScanner header(text, "model.header", name);
  header.expect('{');
  header.key();  // the fixed beginning has shown that it is "__metadata__"
  read_metadata(header);
  while (header.accept(',')) {
    const std::string_view key = header.key();
    read_tensor(key, header);
  }
  header.expect('}');
  header.end();
  check_layout();
  read_description();
}

const ArchiveReader::State::Field* ArchiveReader::State::find(std::string_view key) const {
  const auto at = find_key(fields, by_key, key);
  return at ? &fields[by_key[*at]] : nullptr;
}

ArchiveReader::ArchiveReader(std::shared_ptr<const State> state, std::string prefix)
    : state_(std::move(state)), prefix_(std::move(prefix)) {}

ArchiveReader ArchiveReader::from_bytes(std::string bytes, std::string name) {
  const auto state = std::make_shared<State>();
  state->name = std::move(name);
  state->bytes = std::move(bytes);
  state->open();
  return {state, ""};
}

ArchiveReader ArchiveReader::from_file(const std::string& path) { return from_bytes(read_file(path), path); }

const std::string& ArchiveReader::name() const { return state_->name; }

ArchiveReader ArchiveReader::scope(std::string_view key) const {
  return {state_, prefix_ + std::string(key) + "."};
}

bool ArchiveReader::has(std::string_view key) const {
  const std::string path = prefix_ + std::string(key);
  if (state_->find(path) != nullptr) return true;
  const auto& [fields, order] = std::tie(state_->fields, state_->by_key);
  const std::string inside = path + ".";
  const auto at = std::lower_bound(
      order.begin(), order.end(), inside,
      [&](auto item, const std::string& wanted) { return state_->fields[item].key < wanted; });
  return at != order.end() && fields[*at].key.starts_with(inside);
}

std::vector<std::string> ArchiveReader::keys() const {
  std::vector<std::string> result;
  std::unordered_set<std::string_view> seen;
  for (const auto& field : state_->fields) {
    if (!field.key.starts_with(prefix_)) continue;
    std::string_view child = field.key.substr(prefix_.size());
    child = child.substr(0, child.find('.'));
    if (seen.insert(child).second) result.emplace_back(child);
  }
  return result;
}

void ArchiveReader::refuse(std::string_view key, std::string_view why) const {
  throw FormatError("model.value", fmt::format("{}: field \"{}{}\" {}", name(), prefix_, key, why));
}

namespace {

[[noreturn]] void refuse_type(const std::string& name, const std::string& path, std::string_view wanted) {
  throw FormatError("model.field_type", fmt::format("{}: field \"{}\" is not {}", name, path, wanted));
}

/// Where a value stands, for the sentence of an error.
std::string place(const std::string& name, const std::string& path) {
  return fmt::format("{}: field \"{}\"", name, path);
}

bool is_number_token(std::string_view value) {
  return value.front() == '-' || (value.front() >= '0' && value.front() <= '9');
}
bool is_integer_token(std::string_view value) {
  return is_number_token(value) && value.find_first_of(".eE") == std::string_view::npos;
}
bool is_number_tag(std::string_view value) {
  return value == "\":nan\"" || value == "\":inf\"" || value == "\":-inf\"";
}

// The one door to a field: present, or "model.field_missing".
const auto& require(const auto& state, const std::string& path) {
  const auto* field = state.find(path);
  if (field == nullptr) {
    throw FormatError("model.field_missing", fmt::format("{}: field \"{}\" is missing", state.name, path));
  }
  return *field;
}

}  // namespace

double ArchiveReader::number(std::string_view key) const {
  const std::string path = prefix_ + std::string(key);
  const auto& field = require(*state_, path);
  if (!is_number_token(field.value) && !is_number_tag(field.value)) refuse_type(name(), path, "a number");
  const std::string where = place(name(), path);
  return detail::decode_number(field.value, JsonScanner(field.value, "model.value", where));
}

double ArchiveReader::number(std::string_view key, double low, double high) const {
  const double value = number(key);
  if (!(value >= low && value <= high)) refuse(key, fmt::format("is {}, outside [{}, {}]", value, low, high));
  return value;
}

std::int64_t ArchiveReader::integer(std::string_view key) const {
  const std::string path = prefix_ + std::string(key);
  const auto& field = require(*state_, path);
  if (!is_integer_token(field.value)) refuse_type(name(), path, "a whole number");
  const std::string where = place(name(), path);
  return detail::decode_integer(field.value, JsonScanner(field.value, "model.value", where));
}

std::int64_t ArchiveReader::integer(std::string_view key, std::int64_t low, std::int64_t high) const {
  const std::int64_t value = integer(key);
  if (value < low || value > high) refuse(key, fmt::format("is {}, outside [{}, {}]", value, low, high));
  return value;
}

bool ArchiveReader::boolean(std::string_view key) const {
  const std::string path = prefix_ + std::string(key);
  const auto& field = require(*state_, path);
  if (field.value != "true" && field.value != "false") refuse_type(name(), path, "true or false");
  return field.value == "true";
}

std::string ArchiveReader::text(std::string_view key) const {
  const std::string path = prefix_ + std::string(key);
  const auto& field = require(*state_, path);
  if (field.value.front() != '"' || field.tensor != nullptr || is_number_tag(field.value)) {
    refuse_type(name(), path, "text");
  }
  const std::string where = place(name(), path);
  return detail::decode_text(field.value.substr(1, field.value.size() - 2),
                             JsonScanner(field.value, "model.value", where));
}

Json ArchiveReader::json(std::string_view key) const {
  const std::string path = prefix_ + std::string(key);
  const auto& field = require(*state_, path);
  if (field.tensor != nullptr) refuse_type(name(), path, "a JSON value");
  return detail::decode_value(field.value, "model.value", place(name(), path));
}

std::vector<std::string> ArchiveReader::strings(std::string_view key) const {
  const std::string path = prefix_ + std::string(key);
  const auto& field = require(*state_, path);
  if (field.value.front() != '[') refuse_type(name(), path, "a list of texts");
  const std::string where = place(name(), path);
  const auto each = [&](auto&& take) {
    JsonScanner scanner(field.value, "model.value", where);
    scanner.expect('[');
    if (scanner.accept(']')) return;
    do {
      if (scanner.peek() != '"') refuse_type(name(), path, "a list of texts");
      take(scanner.string(), scanner);
    } while (scanner.accept(','));
  };
  std::size_t count = 0;
  each([&](std::string_view, const JsonScanner& scanner) {
    if (++count > detail::max_strings) scanner.fail("a list has too many texts");
  });
  std::vector<std::string> result;
  result.reserve(count);
  each([&](std::string_view raw, const JsonScanner& scanner) {
    result.push_back(detail::decode_text(raw, scanner));
  });
  return result;
}

namespace {

template <class T, class State>
std::vector<T> read_array(const State& state, const std::string& path, Element element) {
  const auto& field = require(state, path);
  if (field.tensor == nullptr || field.tensor->element != element) {
    refuse_type(state.name, path,
                fmt::format("an array of {}", detail::element_types[static_cast<std::size_t>(element)].name));
  }
  const std::string_view raw =
      state.data.substr(field.tensor->begin, field.tensor->end - field.tensor->begin);
  std::vector<T> values(raw.size() / sizeof(T));
  if (!raw.empty()) std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

}  // namespace

std::vector<std::uint64_t> ArchiveReader::shape(std::string_view key) const {
  const std::string path = prefix_ + std::string(key);
  const auto& field = require(*state_, path);
  if (field.tensor == nullptr) refuse_type(name(), path, "an array");
  return parse_shape(field.tensor->shape, name());
}

std::vector<double> ArchiveReader::doubles(std::string_view key) const {
  return read_array<double>(*state_, prefix_ + std::string(key), Element::f64);
}
std::vector<float> ArchiveReader::floats(std::string_view key) const {
  return read_array<float>(*state_, prefix_ + std::string(key), Element::f32);
}
std::vector<std::int64_t> ArchiveReader::integers64(std::string_view key) const {
  return read_array<std::int64_t>(*state_, prefix_ + std::string(key), Element::i64);
}
std::vector<std::int32_t> ArchiveReader::integers32(std::string_view key) const {
  return read_array<std::int32_t>(*state_, prefix_ + std::string(key), Element::i32);
}
std::vector<std::uint8_t> ArchiveReader::bytes8(std::string_view key) const {
  return read_array<std::uint8_t>(*state_, prefix_ + std::string(key), Element::u8);
}

namespace {
template <class T>
std::vector<T> sized(std::vector<T> values, std::uint64_t size, const std::string& name,
                     const std::string& path) {
  if (values.size() != size) {
    throw FormatError("model.field_size", fmt::format("{}: array \"{}\" has {} values, {} are needed", name,
                                                      path, values.size(), size));
  }
  return values;
}
}  // namespace

std::vector<double> ArchiveReader::doubles(std::string_view key, std::uint64_t size) const {
  return sized(doubles(key), size, name(), prefix_ + std::string(key));
}
std::vector<float> ArchiveReader::floats(std::string_view key, std::uint64_t size) const {
  return sized(floats(key), size, name(), prefix_ + std::string(key));
}
std::vector<std::int32_t> ArchiveReader::integers32(std::string_view key, std::uint64_t size) const {
  return sized(integers32(key), size, name(), prefix_ + std::string(key));
}
std::vector<double> ArchiveReader::finite_doubles(std::string_view key, std::uint64_t size) const {
  std::vector<double> values = doubles(key, size);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      refuse(key, fmt::format("has a value at position {} that is not finite", i));
  }
  return values;
}

}  // namespace everyml
