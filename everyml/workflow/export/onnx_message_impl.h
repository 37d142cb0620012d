#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Pieces of an ONNX file. Field numbers are those of onnx.proto3.

namespace everyml::detail::onnx {

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

enum OnnxType : std::uint64_t { kFloat = 1, kByte = 2, kShort = 6, kWhole = 7, kString = 8, kDouble = 11 };

/// Values of that shape; none: one number without a shape.
inline Message tensor(const std::string& name, std::span<const double> values,
                      const std::vector<std::size_t>& shape) {
  std::string raw;
  for (const double value : values) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int i = 0; i < 8; ++i) raw += static_cast<char>(bits >> 8 * i);
  }
  Message out;
  for (const std::size_t size : shape) out.number(1, size);
  return out.number(2, kDouble).text(8, name).text(9, raw);
}
inline Message tensor(const std::string& name, std::span<const double> values) {
  return tensor(name, values, {values.size()});
}

/// One whole number, with or without a shape.
inline Message tensor(const std::string& name, std::int64_t value, bool shaped) {
  std::string raw;
  for (int i = 0; i < 8; ++i) raw += static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * i);
  Message out;
  if (shaped) out.number(1, 1);
  return out.number(2, kWhole).text(8, name).text(9, raw);
}

/// Whole numbers, one after the other.
inline Message tensor(const std::string& name, std::span<const std::int64_t> values) {
  std::string raw;
  for (const std::int64_t value : values)
    for (int i = 0; i < 8; ++i) raw += static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * i);
  return Message().number(1, values.size()).number(2, kWhole).text(8, name).text(9, raw);
}

inline Message tensor(const std::string& name, std::string_view bytes) {
  return Message().number(1, bytes.size()).number(2, kByte).text(8, name).text(9, bytes);
}

/// A node of the graph under construction.
class Node {
 public:
  Node(std::string_view type, const std::vector<std::string>& inputs, const std::string& output) {
    for (const std::string& input : inputs) node_.text(1, input);
    node_.text(2, output).text(3, output + "_node").text(4, type);
  }
  /// A further output.
  Node& also(std::string_view output) {
    node_.text(2, output);
    return *this;
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

inline Message value_info(std::string_view name, OnnxType type, std::size_t columns) {
  const Message shape = Message().part(1, Message().text(2, "rows")).part(1, Message().number(1, columns));
  return Message().text(1, name).part(2, Message().part(1, Message().number(1, type).part(2, shape)));
}

}  // namespace everyml::detail::onnx
