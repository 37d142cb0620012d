#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/io/archive_impl.h"
#include "everyml/foundation/io/json_scan_impl.h"

namespace everyml {

namespace detail {

bool valid_key(std::string_view key) {
  if (key.empty() || key.size() > max_key_bytes || key.front() == '.' || key.back() == '.') return false;
  if (key.find("..") != std::string_view::npos || key == "__metadata__") return false;
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

std::string checksum_of(std::string_view file) {
  const std::string zeros(checksum_digits, '0');
  const std::string_view rest = file.substr(checksum_begin + checksum_digits);
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  XXH3_64bits_update(state.get(), file.data(), checksum_begin);
  XXH3_64bits_update(state.get(), zeros.data(), zeros.size());
  XXH3_64bits_update(state.get(), rest.data(), rest.size());
  return fmt::format("{:016x}", XXH3_64bits_digest(state.get()));
}

}  // namespace detail

using detail::Element;

struct ArchiveWriter::State {
  struct Tensor {
    std::string key;
    Element element;
    std::vector<std::uint64_t> shape;
    std::string bytes;
  };
  std::string description;  // the members written so far, without the braces
  std::vector<Tensor> tensors;
  std::unordered_set<std::string> keys;

  std::string& begin_field(const std::string& key);
  void add_tensor(const std::string& key, Element element, std::string_view bytes, std::uint64_t size,
                  std::vector<std::uint64_t> shape);
};

std::string& ArchiveWriter::State::begin_field(const std::string& key) {
  if (!detail::valid_key(key)) {
    throw ParameterError("archive.key",
                         fmt::format("\"{}\" cannot be a key of a model file: use a-z, 0-9, _, - and "
                                     "single dots, at most {} bytes",
                                     key, detail::max_key_bytes));
  }
  if (keys.size() == detail::max_fields) {
    throw UnsupportedError("model.too_large",
                           fmt::format("a model file holds at most {} fields", detail::max_fields));
  }
  if (!keys.insert(key).second) {
    throw ParameterError("archive.key_duplicate", fmt::format("the key \"{}\" is written twice", key));
  }
  if (!description.empty()) description += ',';
  detail::append_json_string(description, key);
  description += ':';
  return description;
}

void ArchiveWriter::State::add_tensor(const std::string& key, Element element, std::string_view bytes,
                                      std::uint64_t size, std::vector<std::uint64_t> shape) {
  if (shape.empty()) shape = {size};
  std::uint64_t product = 1;
  bool overflow = shape.size() > detail::max_dimensions;
  for (const std::uint64_t extent : shape) overflow |= __builtin_mul_overflow(product, extent, &product);
  if (overflow || product != size) {
    throw ParameterError("archive.shape", fmt::format("array \"{}\": {} values do not fill the shape [{}]",
                                                      key, size, fmt::join(shape, ", ")));
  }
  begin_field(key) += detail::tensor_tag;
  tensors.push_back({key, element, std::move(shape), std::string(bytes)});
}

ArchiveWriter::ArchiveWriter() : state_(std::make_shared<State>()) {}
ArchiveWriter::ArchiveWriter(std::shared_ptr<State> state, std::string prefix)
    : state_(std::move(state)), prefix_(std::move(prefix)) {}

ArchiveWriter ArchiveWriter::scope(std::string_view key) {
  return {state_, prefix_ + std::string(key) + "."};
}

void ArchiveWriter::number(std::string_view key, double value) {
  detail::append_number(state_->begin_field(prefix_ + std::string(key)), value);
}

void ArchiveWriter::integer(std::string_view key, std::int64_t value) {
  state_->begin_field(prefix_ + std::string(key)) += fmt::format("{}", value);
}

void ArchiveWriter::boolean(std::string_view key, bool value) {
  state_->begin_field(prefix_ + std::string(key)) += value ? "true" : "false";
}

void ArchiveWriter::text(std::string_view key, std::string_view value) {
  detail::append_text(state_->begin_field(prefix_ + std::string(key)), value);
}

void ArchiveWriter::json(std::string_view key, const Json& value) {
  std::string text;
  detail::append_value(text, value);  // before the key is taken: this may throw
  state_->begin_field(prefix_ + std::string(key)) += text;
}

void ArchiveWriter::strings(std::string_view key, std::span<const std::string> values) {
  if (values.size() > detail::max_strings) {
    throw UnsupportedError("model.too_large",
                           fmt::format("a list in a model file holds at most {} texts, \"{}\" has {}",
                                       detail::max_strings, key, values.size()));
  }
  std::string& out = state_->begin_field(prefix_ + std::string(key));
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    detail::append_text(out, values[i]);
  }
  out += ']';
}

namespace {
template <class T>
std::string_view raw(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}
}  // namespace

void ArchiveWriter::array(std::string_view key, std::span<const double> values,
                          std::vector<std::uint64_t> shape) {
  state_->add_tensor(prefix_ + std::string(key), Element::f64, raw(values), values.size(), std::move(shape));
}
void ArchiveWriter::array(std::string_view key, std::span<const float> values,
                          std::vector<std::uint64_t> shape) {
  state_->add_tensor(prefix_ + std::string(key), Element::f32, raw(values), values.size(), std::move(shape));
}
void ArchiveWriter::array(std::string_view key, std::span<const std::int64_t> values,
                          std::vector<std::uint64_t> shape) {
  state_->add_tensor(prefix_ + std::string(key), Element::i64, raw(values), values.size(), std::move(shape));
}
void ArchiveWriter::array(std::string_view key, std::span<const std::int32_t> values,
                          std::vector<std::uint64_t> shape) {
  state_->add_tensor(prefix_ + std::string(key), Element::i32, raw(values), values.size(), std::move(shape));
}
void ArchiveWriter::array(std::string_view key, std::span<const std::uint8_t> values,
                          std::vector<std::uint64_t> shape) {
  state_->add_tensor(prefix_ + std::string(key), Element::u8, raw(values), values.size(), std::move(shape));
}

std::string ArchiveWriter::bytes() const {
  std::vector<const State::Tensor*> order;
  for (const auto& tensor : state_->tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    const auto bytes_a = detail::element_types[static_cast<std::size_t>(a->element)].bytes;
    const auto bytes_b = detail::element_types[static_cast<std::size_t>(b->element)].bytes;
    return bytes_a != bytes_b ? bytes_a > bytes_b : a->key < b->key;
  });

  std::string header(detail::header_start);
  header += std::string(detail::checksum_digits, '0');
  header += fmt::format(R"(","format":"everyml","version":"{}","description":)", detail::format_version);
  detail::append_json_string(header, "{" + state_->description + "}");
  header += '}';
  std::uint64_t offset = 0;
  for (const auto* tensor : order) {
    header += fmt::format(R"(,"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", tensor->key,
                          detail::element_types[static_cast<std::size_t>(tensor->element)].name,
                          fmt::join(tensor->shape, ","), offset, offset + tensor->bytes.size());
    offset += tensor->bytes.size();
  }
  header += '}';
  const std::uint64_t used = sizeof(std::uint64_t) + header.size();
  header.append((detail::data_alignment - used % detail::data_alignment) % detail::data_alignment, ' ');
  if (header.size() > detail::max_header_bytes) {
    throw UnsupportedError(
        "model.too_large",
        fmt::format("the header of the model file would have {} bytes, at most {} are allowed", header.size(),
                    detail::max_header_bytes));
  }

  std::string file;
  file.reserve(sizeof(std::uint64_t) + header.size() + offset);
  const std::uint64_t header_bytes = header.size();
  file.append(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
  file += header;
  for (const auto* tensor : order) file += tensor->bytes;
  file.replace(detail::checksum_begin, detail::checksum_digits, detail::checksum_of(file));
  return file;
}

}  // namespace everyml
