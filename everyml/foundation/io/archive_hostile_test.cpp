#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/io/archive_impl.h"

// Bytes that claim to be a model file and are not. The checksum of each is made right again where a test is
// about the structure, so that the structure itself must refuse it.

namespace everyml {
namespace {

/// A file around the header: padded, length and checksum filled in.
std::string seal(std::string header, std::string_view data) {
  header.append((64 - (8 + header.size()) % 64) % 64, ' ');
  const std::uint64_t length = header.size();
  std::string file(reinterpret_cast<const char*>(&length), sizeof length);
  file += header;
  file += data;
  if (file.size() >= detail::checksum_begin + 16) {
    file.replace(detail::checksum_begin, 16, detail::checksum_of(file));
  }
  return file;
}

/// The code of the FormatError that opening ends in; "" when it opens. Any other exception fails the test.
std::string refusal(const std::string& file) {
  try {
    ArchiveReader::from_bytes(file, "hostile");
  } catch (const FormatError& error) {
    EXPECT_NE(std::string_view(error.what()).find("hostile"), std::string_view::npos) << error.what();
    return std::string(error.code());
  }
  return "";
}

std::string escaped(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// One member of a JSON object as text; tests change, drop and repeat them.
struct Member {
  std::string key, value;
};
using Members = std::vector<Member>;

std::string object(const Members& members) {
  std::string out = "{";
  for (const auto& [key, value] : members) {
    if (out.size() > 1) out += ',';
    out += '"' + key + "\":" + value;
  }
  return out + "}";
}

/// The pieces of a small good file with two arrays: "a", two doubles, and "b", three bytes.
struct Parts {
  Members metadata = {{"checksum", "\"0000000000000000\""},
                      {"format", "\"everyml\""},
                      {"version", "\"1\""},
                      {"description", escaped(R"({"x":1.5,"a":":tensor","b":":tensor"})")}};
  Members a = {{"dtype", "\"F64\""}, {"shape", "[2]"}, {"data_offsets", "[0,16]"}};
  Members b = {{"dtype", "\"U8\""}, {"shape", "[3]"}, {"data_offsets", "[16,19]"}};
  std::string data = std::string(19, '\x01');

  std::string header() const {
    return object({{"__metadata__", object(metadata)}, {"a", object(a)}, {"b", object(b)}});
  }
  std::string file() const { return seal(header(), data); }
};

/// Values put in the place of each member: edges of whole numbers, wrong types, broken text.
const std::vector<std::string>& strange_values() {
  static const std::vector<std::string> values = {"0",
                                                  "1",
                                                  "-1",
                                                  "2147483648",
                                                  "9223372036854775807",
                                                  "9223372036854775808",
                                                  "18446744073709551615",
                                                  "18446744073709551616",
                                                  "1e3",
                                                  "1.5",
                                                  "1e400",
                                                  "01",
                                                  "\"\"",
                                                  "\"1\"",
                                                  "\"F16\"",
                                                  "\"f64\"",
                                                  "null",
                                                  "true",
                                                  "[]",
                                                  "{}",
                                                  "[[]]",
                                                  "[-1]",
                                                  "[0]",
                                                  "[0,0]",
                                                  "[1.0]",
                                                  "[\"2\"]",
                                                  "[18446744073709551616]",
                                                  "[4294967296,4294967296]",
                                                  "[9223372036854775808,2]",
                                                  "[0,18446744073709551615]",
                                                  "[16,0]",
                                                  "[0,16,0]",
                                                  "[8,24]",
                                                  "[1,17]",
                                                  "[null,null]",
                                                  "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]",
                                                  "",
                                                  "nul",
                                                  "\"open",
                                                  "\"\\x\"",
                                                  "\"\\ud800\""};
  return values;
}

TEST(ArchiveHostile, TheFileTheseTestsBendIsGood) {
  const ArchiveReader reader = ArchiveReader::from_bytes(Parts().file(), "good");
  EXPECT_EQ(reader.number("x"), 1.5);
  EXPECT_EQ(reader.doubles("a").size(), 2u);
  EXPECT_EQ(reader.bytes8("b"), std::vector<std::uint8_t>({1, 1, 1}));
}

TEST(ArchiveHostile, EveryMemberWithEveryStrangeValueMissingOrTwice) {
  int bad = 0;
  const auto refused = [&](const Parts& parts, const std::string& what) {
    ++bad;
    EXPECT_NE(refusal(parts.file()), "") << what << "\n" << parts.header();
  };
  Members Parts::* const groups[] = {&Parts::metadata, &Parts::a, &Parts::b};
  for (const auto group : groups) {
    const Members good = Parts().*group;
    for (std::size_t i = 0; i < good.size(); ++i) {
      // The digits of the checksum are filled in afterwards; that member has tests of its own below.
      const bool checksum = good[i].key == "checksum";
      for (const std::string& value : strange_values()) {
        if (checksum || value == good[i].value || (good[i].key == "version" && value == "\"1\"")) continue;
        Parts parts;
        (parts.*group)[i].value = value;
        refused(parts, good[i].key + " = " + value);
      }
      Parts missing, twice, renamed;
      (missing.*group).erase((missing.*group).begin() + static_cast<std::ptrdiff_t>(i));
      refused(missing, good[i].key + " missing");
      (twice.*group).push_back(good[i]);
      refused(twice, good[i].key + " twice");
      (renamed.*group)[i].key += "x";
      refused(renamed, good[i].key + " renamed");
    }
    Parts more;
    (more.*group).push_back({"extra", "\"x\""});
    refused(more, "an unknown member");
  }
  EXPECT_GE(bad, 200);
  RecordProperty("bad_files", bad);
}

TEST(ArchiveHostile, ArraysMustFillTheDataExactly) {
  const auto with = [](const std::string& a, const std::string& b, std::size_t bytes) {
    Parts parts;
    parts.a[2].value = a;
    parts.b[2].value = b;
    parts.data = std::string(bytes, '\x01');
    return refusal(parts.file());
  };
  EXPECT_EQ(with("[0,16]", "[16,19]", 19), "");
  EXPECT_EQ(with("[0,16]", "[16,19]", 20), "model.tensor");  // a byte that belongs to none
  EXPECT_EQ(with("[0,16]", "[16,19]", 18), "model.tensor");
  EXPECT_EQ(with("[0,16]", "[17,20]", 20), "model.tensor");  // a hole
  EXPECT_EQ(with("[0,16]", "[13,16]", 16), "model.tensor");  // overlap
  EXPECT_EQ(with("[8,24]", "[0,3]", 24), "model.tensor");    // a hole between
  EXPECT_EQ(with("[3,19]", "[0,3]", 19), "model.tensor");    // not aligned
  EXPECT_EQ(with("[0,16]", "[0,3]", 16), "model.tensor");
  EXPECT_EQ(with("[0,16]", "[16,18446744073709551615]", 19), "model.tensor");
}

TEST(ArchiveHostile, AnEmptyArrayTwiceIsRefusedThoughNothingOverlaps) {
  Parts parts;
  const std::string empty = R"({"dtype":"U8","shape":[0],"data_offsets":[19,19]})";
  const std::string metadata = object(parts.metadata), a = object(parts.a), b = object(parts.b);
  EXPECT_EQ(refusal(seal(object({{"__metadata__", metadata}, {"a", a}, {"b", b}, {"c", empty}, {"c", empty}}),
                         parts.data)),
            "model.tensor");
}

TEST(ArchiveHostile, SizesAndVersionsAtTheEdges) {
  for (const std::string shape :
       {"[18446744073709551615]", "[184467440737095516150]", "[99999999999999999999]",
        "[4294967296,4294967296,4294967296]", "[0,18446744073709551615]"}) {
    Parts parts;
    parts.b[1].value = shape;
    EXPECT_NE(refusal(parts.file()), "") << shape;
  }
  for (const std::string version :
       {"01", "1x", "x", "-1", " 1", "1.0", "1234567890", "99999999999999999999"}) {
    Parts parts;
    parts.metadata[2].value = '"' + version + '"';
    EXPECT_EQ(refusal(parts.file()), "model.version") << version;
  }
}

TEST(ArchiveHostile, HeadersThatAreNotTheirs) {
  const std::string good = Parts().header();
  const std::string inner = good.substr(1, good.size() - 2);
  const std::string metadata = object(Parts().metadata), a = object(Parts().a), b = object(Parts().b);
  const std::vector<std::string> headers = {
      "",
      "{}",
      "[]",
      "null",
      "{\"__metadata__\":{}}",
      " " + good,
      good + "x",
      good + good,
      good + "{}",
      "{" + good + "}",
      "[" + good + "]",
      good.substr(0, good.size() - 1),
      "{" + inner + ",}",
      "{" + inner + ",\"c\"}",
      "{" + inner + ",\"c\":1}",
      "{" + inner + ",\"c\":{}}",
      "{" + inner + ",\"C\":" + a + "}",
      "{" + inner + ",\"\":" + a + "}",
      "{" + inner + ",\"a\":" + a + "}",
      "{" + inner + ",\"__metadata__\":" + metadata + "}",
      "{\"__metadata__\":" + metadata + ",\"a\":" + a + "}",
      "{\"__metadata__\":" + metadata + ",\"a\":" + a + ",\"c\":" + b + "}",
      "{\"__metadata__\":" + metadata + " \"a\":" + a + ",\"b\":" + b + "}",
      "{\"__metadata__\":" + metadata + ",,\"a\":" + a + ",\"b\":" + b + "}",
      "{\"__metadata__\":" + metadata + ",\"a\":" + a + ",\"b\":" + b,
      std::string("\0", 1) + good,
      good.substr(0, good.size() - 1) + std::string(1, '\0') + "}",
      "{\"__metadata__\":" + metadata + ",\"\xff\":" + a + "}",
      "{\"__metadata__\":" + metadata + ",\"a\":" + a + ",\"b\":[" + b + "]}"};
  for (const std::string& header : headers) EXPECT_NE(refusal(seal(header, Parts().data)), "") << header;
}

TEST(ArchiveHostile, DescriptionsThatAreNotOurs) {
  const std::string tensors = R"("a":":tensor","b":":tensor")";
  const std::vector<std::string> descriptions = {
      "",
      "null",
      "[]",
      "1",
      "\"\"",
      "{",
      "{}",
      R"({"a":":tensor"})",
      "{" + tensors + "}{}",
      "{" + tensors + ",}",
      "{," + tensors + "}",
      "{" + tensors + R"(,"a":":tensor"})",
      "{" + tensors + R"(,"x":1,"x":1})",
      "{" + tensors + R"(,"c":":tensor"})",
      "{" + tensors + R"(,"X":1})",
      "{" + tensors + R"(,"":1})",
      "{" + tensors + R"(,"x..y":1})",
      "{" + tensors + R"(,"x":})",
      "{" + tensors + R"(,"x":tru})",
      "{" + tensors + R"(,"x":+1})",
      "{" + tensors + R"(,"x":1.})",
      "{" + tensors + R"(,"x":.5})",
      "{" + tensors + R"(,"x":1e})",
      "{" + tensors + R"(,"x":1e+})",
      "{" + tensors + R"(,"x":-})",
      "{" + tensors + R"(,"x":00})",
      "{" + tensors + R"(,"x":NaN})",
      "{" + tensors + R"(,"x":Infinity})",
      "{" + tensors + R"(,"x":"\u12"})",
      "{" + tensors + R"(,"x":"\u12g4"})",
      "{" + tensors + R"(,"x":"\udc00"})",
      "{" + tensors + R"(,"x":"\ud800\u0041"})",
      "{" + tensors + R"(,"x":"\ud800x"})",
      "{" + tensors + R"(,"x":"\q"})",
      "{" + tensors + R"(,"x":"\)",
      "{" + tensors + R"(,"x":[1,2})",
      "{" + tensors + R"(,"x":[1 2]})",
      "{" + tensors + R"(,"x":{"y"}})",
      "{" + tensors + R"(,"x":{"y":1,}})",
      "{" + tensors + R"(,"x":{1:2}})",
      "{" + tensors + R"(,"x":/*c*/1})",
      "{" + tensors + ",\"x\":\"tab\t\"}",
      "{" + tensors + ",\"x\":'1'}",
      "{" + tensors + ",\"x\":" + std::string(65, '[') + std::string(65, ']') + "}",
      "{" + tensors + ",\"x\":" + std::string(1'000'000, '[')};
  for (const std::string& description : descriptions) {
    Parts parts;
    std::string text;
    for (const char c : description)
      text += c == '\t' ? "\\t" : c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    parts.metadata[3].value = '"' + text + '"';
    EXPECT_NE(refusal(parts.file()), "") << description.substr(0, 200);
  }
}

TEST(ArchiveHostile, ValuesThatOnlyTheirGetterCanJudge) {
  const auto open = [](const std::string& value) {
    Parts parts;
    parts.metadata[3].value = escaped(R"({"x":)" + value + R"(,"a":":tensor","b":":tensor"})");
    return ArchiveReader::from_bytes(parts.file(), "hostile");
  };
  const auto code = [](auto&& call) {
    try {
      call();
    } catch (const FormatError& error) {
      return std::string(error.code());
    }
    return std::string();
  };
  EXPECT_EQ(code([&] { open("1e400").number("x"); }), "model.value");
  EXPECT_EQ(code([&] { open("-1e-400").number("x"); }), "model.value");
  EXPECT_EQ(code([&] { open("9223372036854775808").integer("x"); }), "model.value");
  EXPECT_EQ(code([&] { open("1.0").integer("x"); }), "model.field_type");
  EXPECT_EQ(code([&] { open("18446744073709551616").json("x"); }), "model.value");
  EXPECT_EQ(code([&] { open(R"(":odd")").text("x"); }), "model.value");
  EXPECT_EQ(code([&] { open(R"(":bytes:0")").text("x"); }), "model.value");
  EXPECT_EQ(code([&] { open(R"(":bytes:FF")").text("x"); }), "model.value");
  EXPECT_EQ(code([&] { open(R"(":bytes:f-")").text("x"); }), "model.value");
  EXPECT_EQ(code([&] { open(R"(":nan")").text("x"); }), "model.field_type");
  EXPECT_EQ(code([&] { open(R"([":tensor"])").strings("x"); }), "model.value");
  EXPECT_EQ(code([&] { open(R"([[]])").strings("x"); }), "model.field_type");
  EXPECT_EQ(code([&] { open(R"([":tensor"])").json("x"); }), "model.value");
  EXPECT_EQ(code([&] { open(R"({"k":1,"k":2})").json("x"); }), "model.value");
  EXPECT_EQ(code([&] { open(R"({"k":1,"\u006b":2})").json("x"); }), "model.value");
  std::string many = "[0";
  for (int i = 0; i < 250'000; ++i) many += ",0";
  EXPECT_EQ(code([&] { open(many + "]").json("x"); }), "model.value");
  for (const char* text : {"\tid,name\n", "\nid,name\n", "\rid,name\n", "id,name\n1,a", "\x01gibberish"}) {
    EXPECT_EQ(code([&] { ArchiveReader::from_bytes(text, "text"); }), "model.header");
  }
  ArchiveWriter finite;
  finite.array("v", std::vector<double>{1.5, -2.5});
  const auto good = ArchiveReader::from_bytes(finite.bytes(), "good");
  EXPECT_EQ(good.finite_doubles("v", 2), (std::vector<double>{1.5, -2.5}));
  std::string texts = "[\"\"";
  for (int i = 0; i < 1'000'000; ++i) texts += ",\"\"";
  EXPECT_EQ(code([&] { open(texts + "]").strings("x"); }), "model.value");
  // Forms that other writers may use for the same values.
  EXPECT_EQ(open(R"( "\u00e9\ud83d\ude00\/\b\f\n\r\t\u0800" )").text("x"),
            "\u00e9\U0001F600/\b\f\n\r\t\u0800");
  EXPECT_EQ(open("1E+2").number("x"), 100.0);
  EXPECT_EQ(open("5").number("x"), 5.0);
  EXPECT_TRUE(open("[ ]").strings("x").empty());
}

TEST(ArchiveHostile, NewerFilesSayWhatTheyNeed) {
  Parts parts;
  parts.metadata[2].value = "\"2\"";
  parts.metadata.push_back({"signature", "\"from the future\""});
  try {
    ArchiveReader::from_bytes(parts.file(), "new.everyml");
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(error.code(), "model.version");
    EXPECT_NE(std::string(error.what()).find("needs version 2"), std::string::npos) << error.what();
  }
}

TEST(ArchiveHostile, LengthsOfTheHeader) {
  const std::string good = Parts().file();
  std::uint64_t length = 0;
  std::memcpy(&length, good.data(), 8);
  const std::uint64_t lengths[] = {
      0,           1,           44,         45,          length - 64, length - 1,     length + 1,
      length + 19, length + 20, 99'999'999, 100'000'000, 100'000'001, UINT64_MAX / 2, UINT64_MAX - 7,
      UINT64_MAX};
  for (const std::uint64_t wrong : lengths) {
    std::string file = good;
    std::memcpy(file.data(), &wrong, 8);
    file.replace(detail::checksum_begin, 16, detail::checksum_of(file));
    EXPECT_NE(refusal(file), "") << wrong;
  }
}

TEST(ArchiveHostile, EveryPrefixIsRefused) {
  const std::string good = Parts().file();
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_NE(refusal(good.substr(0, size)), "") << size;
}

TEST(ArchiveHostile, EveryFlippedBitIsRefused) {
  const std::string good = Parts().file();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string file = good;
    file[bit / 8] = static_cast<char>(file[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(refusal(file), "") << bit;
  }
}

TEST(ArchiveHostile, EveryByteChangedWithTheChecksumMadeRightEndsInATypedError) {
  const std::string good = Parts().file();
  int opened = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'\0', ' ', '"', '{', '}', '[', ',', '9', '\\', '\xff'}) {
      std::string file = good;
      file[at] = c;
      file.replace(detail::checksum_begin, 16, detail::checksum_of(file));
      opened += refusal(file).empty();  // a digit of a value or a byte of an array may well be another
    }
  }
  EXPECT_GT(opened, 0);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
constexpr bool slow_build = true;
#else
constexpr bool slow_build = false;
#endif

/// A line "VmHWM:  1234 kB" of this process, in bytes.
std::size_t memory_figure(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1)) * 1024;
  }
  return 0;
}

/// Opens the file and checks time and peak memory against the promise: 2 seconds, twice the file plus 64 MiB.
void expect_bounded(std::string file, const std::string& what, bool opens) {
  const std::size_t size = file.size();
  const std::size_t before = memory_figure("VmRSS") - size;
  std::ofstream("/proc/self/clear_refs") << "5";  // sets the peak back
  const std::clock_t start = std::clock();
  std::string code;
  try {
    ArchiveReader::from_bytes(std::move(file), "large");
  } catch (const FormatError& error) {
    code = error.code();
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const std::size_t peak = memory_figure("VmHWM");
  EXPECT_EQ(code.empty(), opens) << what << ": " << code;
  if (slow_build) return;
  EXPECT_LT(seconds, 2.0) << what;
  EXPECT_LT(peak, before + 2 * size + (std::size_t{64} << 20)) << what;
}

TEST(ArchiveHostile, LargeHeadersAreReadInBoundedTimeAndMemory) {
  constexpr std::size_t target = slow_build ? 2'000'000 : 40'000'000;
  const auto describe = [](const std::string& members) {
    Parts parts;
    parts.metadata[3].value =
        escaped("{" + members + (members.empty() ? "" : ",") + R"("a":":tensor","b":":tensor"})");
    return parts.file();
  };
  const auto repeat = [](const std::string& unit) {
    std::string out;
    while (out.size() < target) out += unit;
    return out;
  };
  std::string zeros = repeat("0,");
  zeros.back() = ']';
  expect_bounded(describe("\"x\":[" + zeros), "a list of small numbers", true);
  std::string empties = repeat("[],");
  empties.back() = ']';
  expect_bounded(describe("\"x\":[" + empties), "a list of lists", true);
  expect_bounded(describe("\"x\":\"" + repeat("y") + "\""), "one long text", true);
  expect_bounded(describe("\"x\":0." + repeat("1")), "one long number", true);
  expect_bounded(describe("\"x\":\"" + repeat("\\n") + "\""), "one long text of escapes", true);
  std::string fields;
  for (std::size_t i = 0; fields.size() < target; ++i) fields += fmt::format("\"k{:x}\":0,", i);
  fields.pop_back();
  expect_bounded(describe(fields), "many fields", slow_build);  // above the limit of a million
  std::string few = fields.substr(0, target / 5);
  few.resize(few.rfind(','));
  expect_bounded(describe(few), "very many fields", true);

  Parts parts;
  std::string header = parts.header();
  header.pop_back();
  for (std::size_t i = 0; i < (slow_build ? 30'000 : 1'000'010); ++i) {
    header += fmt::format(R"(,"c{:x}":{{"dtype":"U8","shape":[0],"data_offsets":[19,19]}})", i);
  }
  expect_bounded(seal(header + "}", parts.data), "many arrays that the description does not name", false);
}

}  // namespace
}  // namespace everyml
