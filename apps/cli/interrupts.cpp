#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "apps/cli/session.h"

namespace everyml::cli {

namespace {

CancelToken token;
int nothing_to_read = -1;

// Only what POSIX calls async-signal-safe is done here.
extern "C" void on_interrupt(int) {
  if (token.cancelled()) _exit(kInterrupted);
  token.cancel();
  // A read that waits for a pipe is woken by the signal and then meets the end instead of waiting again.
  if (nothing_to_read >= 0) dup2(nothing_to_read, 0);
}

}  // namespace

void catch_interrupts() {
  nothing_to_read = open("/dev/null", O_RDONLY | O_CLOEXEC);
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
  // A closed pipe and a file that may not grow come back as errors of write, which have sentences.
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  sigaction(SIGPIPE, &ignore, nullptr);
  sigaction(SIGXFSZ, &ignore, nullptr);
}

bool interrupted() { return token.cancelled(); }
const CancelToken& interrupts() { return token; }

}  // namespace everyml::cli
