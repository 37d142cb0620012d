// Where bytes come from: files, pipes, standard input, packed and in other encodings; and what happens when
// they fail, change or are interrupted.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/foundation/io/byte_source_impl.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/foundation/io/text_encoding_impl.h"
#include "tests/support/error_code.h"

namespace everyml::csv {
namespace {

namespace fs = std::filesystem;

std::string all_of(ByteStream& stream, std::size_t step) {
  std::string text;
  std::string block(step, '\0');
  while (const std::size_t got = stream.read(block.data(), step)) text.append(block, 0, got);
  return text;
}

class Bytes : public testing::Test {
 protected:
  Bytes() { fs::create_directories(folder_); }
  ~Bytes() override { fs::remove_all(folder_); }
  std::string file(const std::string& name, std::string_view bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }
  fs::path folder_ =
      fs::temp_directory_path() / ("everyml-bytes-" + std::to_string(::getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

/// Another descriptor in the place of standard input, for a while; -1 closes it.
class StandardInput {
 public:
  explicit StandardInput(int descriptor) : saved_(::dup(STDIN_FILENO)) {
    if (descriptor < 0) {
      ::close(STDIN_FILENO);
    } else {
      ::dup2(descriptor, STDIN_FILENO);
      ::close(descriptor);
    }
  }
  ~StandardInput() {
    ::dup2(saved_, STDIN_FILENO);
    ::close(saved_);
  }

 private:
  int saved_;
};

TEST_F(Bytes, StandardInput) {
  const std::string path = file("t.csv", "a,b\n1,x\n2,y\n");
  const Context context({.threads = 1});
  {
    const StandardInput in(::open(path.c_str(), O_RDONLY));
    EXPECT_EQ(read_csv("-", {}, context).table.rows(), 2U);
  }
  {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "a\n5\n", 4), 4);
    ::close(ends[1]);
    const StandardInput in(ends[0]);
    const auto stream =
        TableStream::open("-", {.columns = {{.name = "a", .kind = ColumnKind::number}}}, {}, context);
    EXPECT_EQ(stream->next(10)->column("a").number(0), 5.0);
  }
  {
    const StandardInput in(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY));
    EXPECT_EQ(code_of([&] { read_csv("-", {}, context); }), "io.open");
  }
  {
    const StandardInput in(-1);
    EXPECT_EQ(code_of([&] { read_csv("-", {}, context); }), "io.open");
  }
  EXPECT_EQ(code_of([&] { read_csv(folder_.string(), {}, context); }), "io.open");
}

TEST_F(Bytes, ReadingThatFailsIsTold) {
  TextOrigin origin;
  // Nothing is mapped at the beginning of a process, so that place of its memory cannot be read.
  EXPECT_EQ(code_of([&] { open_text_stream("/proc/self/mem", origin); }), "io.read");
  const std::string path = file("t.csv", "a,b\n1,2\n");
  const auto source = open_text_source(path, origin);
  ASSERT_EQ(source->size(), 8U);
  fs::resize_file(path, 3);
  char bytes[8];
  EXPECT_EQ(code_of([&] { source->read(0, 8, bytes); }), "io.read");
}

/// Calls `read` on a pipe, interrupts it until it has begun to wait, then lets the bytes come.
template <class Read>
void interrupt(const std::string& pipe, Read&& read) {
  struct sigaction action{}, before{};
  action.sa_handler = [](int) {};  // no SA_RESTART: the waiting call ends with EINTR
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int keep = ::open(pipe.c_str(), O_RDWR);  // so that neither end waits in open()
  ASSERT_GE(keep, 0);
  std::string got;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    got = read();
    done = true;
  });
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ::pthread_kill(reader.native_handle(), SIGUSR1);
  }
  EXPECT_FALSE(done);
  const int writer = ::open(pipe.c_str(), O_WRONLY);
  EXPECT_EQ(::write(writer, "a\n1\n", 4), 4);
  ::close(writer);
  // The end of the pipe is met when no writer is left; what was written must be read before that.
  for (int i = 0; i < 1000 && !done; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (i == 50) ::close(keep);
  }
  if (!done) ::close(keep);
  reader.join();
  EXPECT_EQ(got, "a\n1\n");
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(Bytes, SignalsDoNotEndReading) {
  const std::string one = (folder_ / "one").string();
  interrupt(one, [&] {
    TextOrigin origin;
    return all_of(*open_text_stream(one, origin), 100);
  });
  const std::string two = (folder_ / "two").string();
  interrupt(two, [&] { return read_file(two); });
}

TEST_F(Bytes, SmallStepsGiveTheSameBytes) {
  const std::string path = file("t.csv", "a,b\n1,2\n");
  // "a,b\n" in UTF-16, first byte high, with its mark; then a pair (U+1F600) and half a pair at the end.
  const std::string wide = file("w.csv", std::string("\xFE\xFF\0a\0,\0b\0\n\xD8\x3D\xDE\0\xD8\x3D", 16));
  for (const std::size_t step : {1U, 3U, 100U}) {
    TextOrigin origin;
    EXPECT_EQ(all_of(*open_text_stream(path, origin), step), "a,b\n1,2\n");
    TextOrigin other;
    EXPECT_EQ(all_of(*open_text_stream(wide, other), step), "a,b\n\xF0\x9F\x98\x80\xEF\xBF\xBD");
    EXPECT_EQ(other.encoding, "utf-16be");
    EXPECT_EQ(other.broken_units, 1U);
  }
  TextOrigin origin;
  const auto held = open_text_source(wide, origin);
  char none = 'x';
  held->read(0, 0, &none);
  EXPECT_EQ(none, 'x');
}

TEST(GrowingBytes, GivesBackRoomAndDropsAll) {
  GrowingBytes bytes;
  bytes.reserve_more(100);
  bytes.trim();
  EXPECT_EQ(bytes.view(), "");
  bytes.append("abc");
  bytes.append("");
  bytes.drop_front(1);
  EXPECT_EQ(bytes.view(), "bc");
  bytes.trim();
  EXPECT_EQ(bytes.view(), "bc");
  bytes.drop_front(2);
  EXPECT_EQ(bytes.view(), "");
}

TEST(TextEncoding, GuessesFromTheFirstBytes) {
  using namespace std::string_view_literals;
  const struct {
    std::string_view head;
    Encoding encoding;
    std::size_t bom;
  } rows[] = {
      {"\xEF\xBB\xBF"
       "a"sv,
       Encoding::utf8_bom, 3},
      {"\xFF\xFE"
       "a\0"sv,
       Encoding::utf16_le, 2},
      {"\xFE\xFF\0a"sv, Encoding::utf16_be, 2},
      {"\xFF\xFE\0\0"sv, Encoding::utf32, 4},
      {"\0\0\xFE\xFF"sv, Encoding::utf32, 4},
      {"a\0b\0"sv, Encoding::utf16_le, 0},
      {"\0a\0b"sv, Encoding::utf16_be, 0},
      {"a\0"sv, Encoding::utf8, 0},
      {"a\0bcdefghijk"sv, Encoding::utf8, 0},
      {"\0abcdefghijk"sv, Encoding::utf8, 0},
      {"\0\0ab"sv, Encoding::utf8, 0},
      {""sv, Encoding::utf8, 0},
  };
  for (const auto& row : rows) {
    const EncodingGuess guess = guess_encoding(row.head);
    EXPECT_EQ(guess.encoding, row.encoding) << testing::PrintToString(row.head);
    EXPECT_EQ(guess.bom_size, row.bom) << testing::PrintToString(row.head);
  }
}

TEST(TextEncoding, HalvesOfPairs) {
  using namespace std::string_view_literals;
  // U+E000 stands right after the surrogates: alone, after a high half, and a low half alone.
  const std::pair<std::string_view, const char*> rows[] = {
      {"\xE0\0"sv, "\xEE\x80\x80"},
      {"\xD8\x3D\xE0\0"sv, "\xEF\xBF\xBD\xEE\x80\x80"},
      {"\xDE\0\0a"sv,
       "\xEF\xBF\xBD"
       "a"},
      {"\xD8\x3D\0a"sv,
       "\xEF\xBF\xBD"
       "a"},
  };
  for (const auto& [bytes, text] : rows) {
    Utf16Decoder decoder(true);
    std::string out;
    decoder.decode(bytes, out);
    decoder.finish(out);
    EXPECT_EQ(out, text);
  }
}

TEST(TextEncoding, RepairsWhatTheTableOfWellFormedSequencesDoesNotHave) {
  // Unicode 15, table 3-7: the first and last sequences of each row, then their neighbours, which are none.
  const char* good[] = {
      "\x7F",         "\xC2\x80",         "\xDF\xBF",         "\xE0\xA0\x80",     "\xE0\xBF\xBF",
      "\xE1\x80\x80", "\xEC\xBF\xBF",     "\xED\x80\x80",     "\xED\x9F\xBF",     "\xEE\x80\x80",
      "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF3\xBF\xBF\xBF", "\xF4\x80\x80\x80", "\xF4\x8F\xBF\xBF"};
  for (const char* text : good) {
    std::string out;
    EXPECT_EQ(repair_utf8(text, out), 0U) << testing::PrintToString(text);
    EXPECT_EQ(out, text);
  }
  const struct {
    const char* text;
    std::size_t replaced;
    const char* becomes;
  } bad[] = {{"\xC1x", 1, "\xC3\x81x"},
             {"\xC2", 1, "\xC3\x82"},
             {"\xC2x", 1, "\xC3\x82x"},
             {"\xDF\xC0", 2, "\xC3\x9F\xC3\x80"},
             {"\xE0\x9Fx", 2, "\xC3\xA0\xC5\xB8x"},
             {"\xED\xA0x", 2, "\xC3\xAD\xC2\xA0x"},
             {"\xE1\x80x", 2, "\xC3\xA1\xE2\x82\xACx"},
             {"\xE1\x80\xC0", 3, "\xC3\xA1\xE2\x82\xAC\xC3\x80"},
             {"\xF0\x8Fx", 2, "\xC3\xB0\xC2\x8Fx"},
             {"\xF4\x90x", 2, "\xC3\xB4\xC2\x90x"},
             {"\xF5", 1, "\xC3\xB5"}};
  for (const auto& row : bad) {
    std::string out;
    EXPECT_EQ(repair_utf8(row.text, out), row.replaced) << testing::PrintToString(row.text);
    EXPECT_EQ(out, row.becomes) << testing::PrintToString(row.text);
  }
}

}  // namespace
}  // namespace everyml::csv
