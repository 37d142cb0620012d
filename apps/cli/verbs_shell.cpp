#include <fmt/format.h>

#include <algorithm>

#include "apps/cli/verbs.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/catalog/catalog.h"

namespace everyml::cli {

namespace {

/// With the flags of every algorithm under `fit`: a shell cannot know which one was named.
Program with_all_settings(const Program& program) {
  Program all = program;
  for (Verb& verb : all.verbs) {
    if (verb.name != "fit") continue;
    for (const Entry& entry : catalog().entries()) {
      for (const Flag& flag : fit_verb(entry.card().name).flags) {
        const auto same = [&](const Flag& known) { return known.name == flag.name; };
        if (std::none_of(verb.flags.begin(), verb.flags.end(), same)) verb.flags.push_back(flag);
      }
    }
  }
  return all;
}

}  // namespace

Verb completion_verb(const Program& program) {
  auto shell = std::make_shared<std::string>();
  return {.name = "completion",
          .summary = "a completion script for your shell",
          .description = "Prints a script that lets bash, zsh or fish complete verbs, flags and algorithms.",
          .arguments = {{.name = "SHELL",
                         .help = "bash, zsh or fish.",
                         .slot = shell.get(),
                         .completes = Completes::choice,
                         .choices = {"bash", "zsh", "fish"}}},
          .examples = {"source <(everyml completion bash)"},
          .run = [shell, &program](Session& session) {
            session.data(completion_script(with_all_settings(program), *shell, algorithm_names()));
          }};
}

Verb man_verb(const Program& program) {
  auto folder = std::make_shared<std::string>();
  return {.name = "man",
          .summary = "write the manual pages",
          .description = "Writes one manual page for the command and one for each verb into a folder.",
          .arguments = {{.name = "FOLDER", .help = "Where they go.", .slot = folder.get()}},
          .hidden = true,
          .run = [folder, &program](Session& session) {
            const std::vector<ManualPage> pages = manual_pages(program);
            for (const ManualPage& page : pages) {
              write_file_atomically(*folder + "/" + page.file, page.text, {.overwrite = true});
            }
            session.say(fmt::format("{} manual pages in {}", pages.size(), *folder));
          }};
}

}  // namespace everyml::cli
