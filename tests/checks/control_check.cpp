#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "checks.h"

// Threads, randomness, stopping, memory.

namespace everyml::checks {
namespace {

TEST_P(EveryAlgorithm, SameBytesOnOneTwoAndSevenThreads) {
  for (const Dataset& data : {sample(entry(), 2000, 6), mixed_sample(entry(), 1500)}) {
    std::string bytes;
    std::vector<double> told;
    for (const int threads : {1, 2, 7}) {
      const Context context({.threads = threads, .seed = 5});
      const AnyModel model = entry().make().fit(data, context);
      const auto answer = answers(model, data.features, context).all();
      if (bytes.empty()) {
        bytes = bytes_of(model);
        told = answer;
      }
      EXPECT_EQ(bytes_of(model), bytes) << threads << " threads";
      EXPECT_EQ(answer, told) << threads << " threads";
    }
  }
}

TEST_P(EveryAlgorithm, SameSeedSameBytes) {
  const Dataset data = sample(entry(), 200);
  const Context context({.seed = 17});
  const AnyEstimator estimator = entry().make();
  EXPECT_EQ(bytes_of(estimator.fit(data, context)), bytes_of(estimator.fit(data, context)));
}

TEST_P(EveryAlgorithm, ManyThreadsMayAskOneModel) {
  const AnyModel model = entry().make().fit(sample(entry(), 90), Context{});
  const Features asked = questions(300);
  const auto expected = answers(model, asked).all();
  std::vector<std::vector<double>> got(4);
  std::vector<std::thread> threads;
  for (auto& out : got)
    threads.emplace_back([&] { out = answers(model, asked, Context({.threads = 1})).all(); });
  for (auto& thread : threads) thread.join();
  for (const auto& out : got) EXPECT_EQ(out, expected);
}

TEST_P(EveryAlgorithm, CancelAndDeadlineAreHonoured) {
  const Dataset data = sample(entry(), 300);
  const AnyModel model = entry().make().fit(data, Context{});
  CancelToken token;
  token.cancel();
  const Context cancelled({.cancel = &token});
  EXPECT_EQ(code_of([&] { entry().make().fit(data, cancelled); }), "resource.cancelled");
  EXPECT_EQ(code_of([&] { answers(model, data.features, cancelled); }), "resource.cancelled");
  const Context late({.seconds = 0.0});
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(code_of([&] { entry().make().fit(data, late); }), "resource.deadline");
}

/// Stops after so many questions and notes what it is told.
class Watcher : public Observer {
 public:
  explicit Watcher(int patience) : patience_(patience) {}
  void progress(std::string_view stage, double fraction) override {
    note();
    EXPECT_FALSE(stage.empty());
    EXPECT_GE(fraction, 0);
    EXPECT_LE(fraction, 1);
  }
  void metric(std::string_view, std::size_t, double) override { note(); }
  void frame(const Frame& frame) override {
    note();
    EXPECT_EQ(frame.values.size(), frame.rows * frame.columns);
  }
  bool wants_frames() const override { return true; }
  bool stop() override { return patience_-- <= 0; }

 private:
  void note() {
    EXPECT_EQ(std::this_thread::get_id(), caller_) << "observers are called by the caller's thread only";
  }
  std::thread::id caller_ = std::this_thread::get_id();
  int patience_;
};

TEST_P(EveryAlgorithm, TheObserverCanStopItAndAValidModelRemains) {
  const Dataset data = sample(entry(), 700, 6);
  for (const int patience : {0, 1, 3, 1000000}) {
    Watcher watcher(patience);
    const Context context({.observer = &watcher});
    std::vector<double> out;
    const std::string code =
        code_of([&] { out = answers(entry().make().fit(data, context), data.features).all(); });
    EXPECT_EQ(code, "") << "stopped after " << patience;
    EXPECT_TRUE(all_finite(out));
  }
}

TEST_P(EveryAlgorithm, AMemoryLimitIsATypedError) {
  const Dataset data = sample(entry(), 700, 6);
  for (const std::size_t limit : {std::size_t{1}, std::size_t{100000}}) {
    const Context context({.memory_bytes = limit});
    const std::string code = code_of([&] { entry().make().fit(data, context); });
    EXPECT_TRUE(code.empty() || code == "resource.memory") << code;
  }
}

}  // namespace
}  // namespace everyml::checks
