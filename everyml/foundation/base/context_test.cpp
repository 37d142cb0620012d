#include "everyml/foundation/base/context.h"

#include <gtest/gtest.h>

#include <limits>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/thread_pool_impl.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

TEST(Context, ZeroThreadsMeansAllThatAreGranted) {
  EXPECT_EQ(Context().threads(), available_threads());
  EXPECT_EQ(Context({.threads = 5}).threads(), 5);
  EXPECT_EQ(Context({.threads = 5}).serial().threads(), 1);
}

TEST(Context, RefusesSettingsOutOfRange) {
  EXPECT_EQ(code_of([] { Context({.threads = -1}); }), "parameter.threads");
  EXPECT_EQ(code_of([] { Context({.threads = 1'000'000}); }), "parameter.threads");
  EXPECT_EQ(code_of([] { Context({.seconds = -1.0}); }), "parameter.seconds");
  EXPECT_EQ(code_of([] { Context({.seconds = std::numeric_limits<double>::quiet_NaN()}); }),
            "parameter.seconds");
  EXPECT_EQ(code_of([] { (void)Context().with_seconds(-2); }), "parameter.seconds");
}

TEST(Context, CheckFollowsTheCancelToken) {
  CancelToken token;
  const Context context({.cancel = &token});
  EXPECT_EQ(code_of([&] { context.check(); }), "none");
  token.cancel();
  EXPECT_EQ(code_of([&] { context.check(); }), "resource.cancelled");
  EXPECT_EQ(code_of([&] { context.serial().check(); }), "resource.cancelled");
}

TEST(Context, AnotherFlagMayStopItAsWell) {
  CancelToken first, second, third;
  const Context context({.cancel = &first});
  const Context both = context.with_cancel(&second).with_seed(4);
  const Context all = both.with_cancel(&third).with_cancel(nullptr);
  for (const Context& one : {context, both, all}) EXPECT_EQ(code_of([&] { one.check(); }), "none");
  third.cancel();
  EXPECT_EQ(code_of([&] { all.check(); }), "resource.cancelled");
  EXPECT_EQ(code_of([&] { both.check(); }), "none") << "an earlier context is untouched";
  second.cancel();
  EXPECT_EQ(code_of([&] { both.check(); }), "resource.cancelled");
  EXPECT_EQ(code_of([&] { context.check(); }), "none");
}

TEST(Context, WhoeverCouldStopItStillCan) {
  CancelToken first, second, third;
  const Context all = Context({.cancel = &first}).with_cancel(&second).with_cancel(&third).serial();
  EXPECT_EQ(code_of([&] { all.check(); }), "none");
  first.cancel();
  EXPECT_EQ(code_of([&] { all.check(); }), "resource.cancelled");
  CancelToken only;
  const Context later = Context().with_cancel(&only);
  EXPECT_EQ(code_of([&] { later.check(); }), "none");
  only.cancel();
  EXPECT_EQ(code_of([&] { later.check(); }), "resource.cancelled");
}

TEST(Context, CheckFollowsTheDeadline) {
  EXPECT_EQ(code_of([] { Context({.seconds = 0.0}).check(); }), "resource.deadline");
  const Context later({.seconds = 1e6});
  EXPECT_EQ(code_of([&] { later.check(); }), "none");
  ASSERT_TRUE(later.seconds_left().has_value());
  EXPECT_GT(*later.seconds_left(), 9e5);
  EXPECT_LE(*later.seconds_left(), 1e6);
  EXPECT_FALSE(Context().seconds_left().has_value());
  EXPECT_FALSE(Context({.seconds = std::numeric_limits<double>::infinity()}).seconds_left().has_value());
}

TEST(Context, ANewDeadlineNeverOutlivesTheOldOne) {
  const Context soon({.seconds = 100.0});
  EXPECT_LE(*soon.with_seconds(1e6).seconds_left(), 100.0);
  EXPECT_LE(*soon.with_seconds(1e300).seconds_left(), 100.0);
  EXPECT_LE(*soon.with_seconds(10).seconds_left(), 10.0);
  EXPECT_LE(*Context().with_seconds(10).seconds_left(), 10.0);
  EXPECT_EQ(code_of([&] { soon.with_seconds(0).check(); }), "resource.deadline");
  EXPECT_EQ(code_of([&] { soon.check(); }), "none") << "the original is untouched";
}

TEST(Context, CopiesShareThePoolAndTheBudget) {
  const Context context({.threads = 2, .seed = 1, .memory_bytes = 1000});
  const Context other = context.with_seed(2);
  EXPECT_EQ(other.seed(), 2U);
  EXPECT_EQ(context.seed(), 1U);
  EXPECT_EQ(&other.pool(), &context.pool());
  EXPECT_EQ(&other.memory(), &context.memory());
  EXPECT_EQ(context.memory().limit(), 1000U);
}

TEST(Context, StreamsFollowTheSeed) {
  const Context one({.seed = 1});
  EXPECT_EQ(one.random("tree", 3).next_u64(), Context({.seed = 1}).random("tree", 3).next_u64());
  EXPECT_NE(one.random("tree", 3).next_u64(), one.with_seed(2).random("tree", 3).next_u64());
}

struct Recorder : Observer {
  void progress(std::string_view stage, double fraction) override {
    last = std::string(stage) + std::to_string(fraction);
  }
  bool stop() override { return true; }
  bool wants_frames() const override { return true; }
  std::string last;
};

TEST(Context, SpeaksToItsObserverAlone) {
  Recorder recorder;
  const Context silent;
  silent.progress("work", 0.5);
  silent.metric("loss", 1, 2.0);
  EXPECT_FALSE(silent.stop_requested());
  EXPECT_FALSE(silent.wants_frames());
  const Context heard = silent.with_observer(&recorder);
  heard.progress("work", 0.5);
  EXPECT_EQ(recorder.last, "work0.500000");
  EXPECT_TRUE(heard.stop_requested());
  EXPECT_TRUE(heard.wants_frames());
}

}  // namespace
}  // namespace everyml
