#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "everyml/foundation/metrics/metric.h"
#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/markup_impl.h"
#include "everyml/workflow/report/numbers_impl.h"
#include "everyml/workflow/report/sha256_impl.h"

namespace everyml::report_impl {
namespace {

using ::testing::ElementsAre;

std::string hex(std::string_view bytes) {
  std::string out;
  for (const std::uint8_t byte : sha256(bytes)) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

TEST(Words, EveryMetricIsExplained) {
  for (const MetricInfo& metric : metric_list()) {
    EXPECT_FALSE(metric_in_words(std::string(metric.name)).empty()) << metric.name;
  }
}

// The examples published with FIPS 180-4, and the digest of no bytes at all.
TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The test vectors of RFC 4648, section 10.
TEST(Base64, PublishedVectors) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Numbers, AreWrittenForPeople) {
  EXPECT_EQ(figure(0), "0");
  EXPECT_EQ(figure(0.87142), "0.8714");
  EXPECT_EQ(figure(-2.5), "−2.5");
  EXPECT_EQ(figure(1234567), "1,234,567");
  EXPECT_EQ(figure(28412.53), "28,413");
  EXPECT_EQ(figure(-28412.53), "−28,413");
  EXPECT_EQ(figure(0.000032), "3.2 × 10⁻⁵");
  EXPECT_EQ(figure(6.02214076e23), "6.022 × 10²³");
  EXPECT_EQ(figure(std::nan("")), "–");
  EXPECT_EQ(figure(-std::numeric_limits<double>::infinity()), "−∞");
  EXPECT_EQ(count(1234), "1234");
  EXPECT_EQ(count(12345), "12,345");
  EXPECT_EQ(count(999), "999");
  EXPECT_EQ(percent(0.295), "29.5\u00a0%");
  EXPECT_EQ(percent(1), "100\u00a0%");
  EXPECT_EQ(percent(0.99999),
            ">\u00a0"
            "99.9\u00a0%");
  EXPECT_EQ(percent(0.0001),
            "<\u00a0"
            "0.1\u00a0%");
  EXPECT_EQ(probability(0.0004), "< 0.001");
  EXPECT_EQ(probability(0.0312), "0.031");
  EXPECT_EQ(seconds(0.0321), "32 ms");
  EXPECT_EQ(seconds(3.84), "3.8 s");
  EXPECT_EQ(moment(0, false), "1970-01-01");
  EXPECT_EQ(moment(1e300, false), "–");
}

TEST(Numbers, TicksAreRoundAndInside) {
  EXPECT_THAT(ticks(0, 1, 5), ElementsAre(0, 0.2, 0.4, testing::DoubleNear(0.6, 1e-12), 0.8, 1));
  EXPECT_THAT(ticks(-3.2, 7.9, 4), ElementsAre(-2.5, 0, 2.5, 5, 7.5));
  EXPECT_THAT(tick_labels(ticks(0, 1, 4), true), ElementsAre("0 %", "25 %", "50 %", "75 %", "100 %"));
  EXPECT_THAT(tick_labels({0, 20000, 40000}, false), ElementsAre("0", "20,000", "40,000"));
  EXPECT_THAT(tick_labels({0, 0.05, 0.1}, false), ElementsAre("0.00", "0.05", "0.10"));
  EXPECT_THAT(ticks(5, 5, 4), ElementsAre(5));
  EXPECT_LE(ticks(-1e308, 1e308, 5).size(), 20U);
}

TEST(Markup, EscapesWordsAndKeepsCoordinatesShort) {
  EXPECT_EQ(text("<a b=\"c\" d='e'>&`").bytes, "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;&#96;");
  EXPECT_EQ(text("long word", 4).bytes, "lon…");
  Markup markup;
  markup << "<i>" << 1.25 << " " << -0.001 << " " << std::nan("") << " " << 7.0 << "</i>";
  EXPECT_EQ(markup.bytes(), "<i>1.2 0 0 7</i>");
}

}  // namespace
}  // namespace everyml::report_impl
