#include <fmt/format.h>

#include <algorithm>

#include "apps/cli/help.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<std::string> visible_verbs(const Program& program) {
  std::vector<std::string> names;
  for (const Verb& verb : program.verbs) {
    if (!verb.hidden) names.push_back(verb.name);
  }
  return names;
}

/// Flags of a verb and the program's own, as typed.
std::vector<std::string> flags_of(const Program& program, const Verb& verb) {
  std::vector<std::string> names;
  for (const Flag& flag : verb.flags) names.push_back(typed(flag));
  for (const Flag& flag : program.globals) names.push_back(typed(flag));
  names.emplace_back("--help");
  return names;
}

/// What may stand at the verb's first place, when that is a closed list.
std::vector<std::string> first_words(const Verb& verb, std::span<const std::string> algorithms) {
  if (verb.arguments.empty()) return {};
  const Argument& first = verb.arguments.front();
  if (first.completes == Completes::algorithm) return {algorithms.begin(), algorithms.end()};
  return first.choices;
}

std::string bash_script(const Program& program, std::span<const std::string> algorithms) {
  std::string out = "# bash completion of everyml\n_everyml() {\n";
  out +=
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" "
      "verb=\"${COMP_WORDS[1]}\"\n";
  out += "  COMPREPLY=()\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  out += fmt::format("    COMPREPLY=($(compgen -W \"{} --help --version\" -- \"$word\"))\n    return\n  fi\n",
                     joined(visible_verbs(program)));
  out += "  case \"$verb $before\" in\n";
  for (const Verb& verb : program.verbs) {
    for (const Flag& flag : verb.flags) {
      std::vector<std::string> words = flag.choices;
      if (flag.completes == Completes::algorithm) words.assign(algorithms.begin(), algorithms.end());
      if (words.empty()) continue;
      out += fmt::format("    \"{} {}\") COMPREPLY=($(compgen -W \"{}\" -- \"$word\")); return ;;\n",
                         verb.name, typed(flag), joined(words));
    }
  }
  out += "  esac\n  case \"$verb\" in\n";
  for (const Verb& verb : program.verbs) {
    if (verb.hidden) continue;
    out += fmt::format("    {})\n", verb.name);
    out += fmt::format(
        "      if [[ \"$word\" == -* ]]; then COMPREPLY=($(compgen -W \"{}\" -- \"$word\")); return; fi\n",
        joined(flags_of(program, verb)));
    const std::vector<std::string> words = first_words(verb, algorithms);
    if (!words.empty()) {
      out += fmt::format(
          "      if [ \"$COMP_CWORD\" -eq 2 ]; then COMPREPLY=($(compgen -W \"{}\" -- \"$word\")); return; "
          "fi\n",
          joined(words));
    }
    out += "      ;;\n";
  }
  out += "  esac\n  COMPREPLY=($(compgen -f -- \"$word\"))\n}\ncomplete -o filenames -F _everyml everyml\n";
  return out;
}

/// zsh reads brackets and colons of a description as its own marks.
std::string zsh_words(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_values(const std::vector<std::string>& words, std::string_view name) {
  return words.empty() ? fmt::format(":{}:_files", name) : fmt::format(":{}:({})", name, joined(words));
}

std::string zsh_script(const Program& program, std::span<const std::string> algorithms) {
  std::string out = "#compdef everyml\n_everyml() {\n  local -a verbs\n  verbs=(\n";
  for (const Verb& verb : program.verbs) {
    if (!verb.hidden) out += "    " + shell_word(verb.name + ":" + zsh_words(verb.summary)) + "\n";
  }
  out += "  )\n  if (( CURRENT == 2 )); then _describe verb verbs; return; fi\n  case $words[2] in\n";
  for (const Verb& verb : program.verbs) {
    if (verb.hidden) continue;
    out += fmt::format("    {})\n      _arguments", verb.name);
    const auto add = [&](const Flag& flag) {
      std::string spec = typed(flag) + "[" + zsh_words(flag.help) + "]";
      if (!flag.value.empty()) {
        std::vector<std::string> words = flag.choices;
        if (flag.completes == Completes::algorithm) words.assign(algorithms.begin(), algorithms.end());
        spec += zsh_values(words, flag.value);
      }
      out += " \\\n        " + shell_word((flag.repeatable ? "*" : "") + spec);
    };
    for (const Flag& flag : verb.flags) add(flag);
    for (const Flag& flag : program.globals) add(flag);
    for (std::size_t i = 0; i < verb.arguments.size(); ++i) {
      const std::vector<std::string> words =
          i == 0 ? first_words(verb, algorithms) : std::vector<std::string>{};
      out += " \\\n        " + shell_word(std::to_string(i + 2) + zsh_values(words, verb.arguments[i].name));
    }
    out += "\n      ;;\n";
  }
  return out + "  esac\n}\n_everyml \"$@\"\n";
}

std::string fish_script(const Program& program, std::span<const std::string> algorithms) {
  std::string out = "# fish completion of everyml\n";
  for (const Verb& verb : program.verbs) {
    if (verb.hidden) continue;
    out += fmt::format("complete -c everyml -n __fish_use_subcommand -f -a {} -d {}\n", verb.name,
                       shell_word(verb.summary));
    const std::string when = fmt::format("-n '__fish_seen_subcommand_from {}'", verb.name);
    const auto add = [&](const Flag& flag) {
      out += fmt::format("complete -c everyml {} -l {} -d {}", when, flag.name, shell_word(flag.help));
      if (flag.letter) out += fmt::format(" -s {}", flag.letter);
      std::vector<std::string> words = flag.choices;
      if (flag.completes == Completes::algorithm) words.assign(algorithms.begin(), algorithms.end());
      if (!words.empty())
        out += fmt::format(" -x -a {}", shell_word(joined(words)));
      else if (!flag.value.empty())
        out += " -r";
      out += '\n';
    };
    for (const Flag& flag : verb.flags) add(flag);
    for (const Flag& flag : program.globals) add(flag);
    const std::vector<std::string> words = first_words(verb, algorithms);
    if (!words.empty())
      out += fmt::format("complete -c everyml {} -f -a {}\n", when, shell_word(joined(words)));
  }
  return out;
}

/// Text of a manual page: a line that begins with a dot or a quote, and backslashes, mean something to roff.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  if (!out.empty() && (out[0] == '.' || out[0] == '\'')) out.insert(0, "\\&");
  return out;
}

void add_flags(std::string& out, const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    out += ".TP\n";
    if (flag.letter) out += fmt::format("\\fB\\-{}\\fR, ", flag.letter);
    out += "\\fB" + roff(typed(flag)) + "\\fR";
    if (!flag.value.empty()) out += " \\fI" + roff(flag.value) + "\\fR";
    out += "\n" + roff(flag.help) + "\n";
  }
}

std::string page_head(std::string_view title, std::string_view name, std::string_view summary) {
  return fmt::format(".TH {} 1 \"\" \"everyml {}\" \"everyml\"\n.SH NAME\n{} \\- {}\n", title,
                     EVERYML_VERSION, roff(name), roff(summary));
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return out;
}

ManualPage verb_page(const Program& program, const Verb& verb) {
  std::string out = page_head("EVERYML\\-" + upper(verb.name), "everyml-" + verb.name, verb.summary);
  out +=
      ".SH SYNOPSIS\n\\fB" + roff(usage_of(verb)) + "\\fR\n.SH DESCRIPTION\n" + roff(verb.description) + "\n";
  if (!verb.arguments.empty()) {
    out += ".SH ARGUMENTS\n";
    for (const Argument& argument : verb.arguments) {
      out += ".TP\n\\fI" + roff(argument.name) + "\\fR\n" + roff(argument.help) + "\n";
    }
  }
  out += ".SH OPTIONS\n";
  add_flags(out, verb.flags);
  add_flags(out, program.globals);
  if (!verb.examples.empty()) {
    out += ".SH EXAMPLES\n.nf\n";
    for (const std::string& example : verb.examples) out += roff(example) + "\n";
    out += ".fi\n";
  }
  out += ".SH SEE ALSO\n\\fBeveryml\\fR(1)\n";
  return {"everyml-" + verb.name + ".1", out};
}

}  // namespace

std::string completion_script(const Program& program, std::string_view shell,
                              std::span<const std::string> algorithms) {
  if (shell == "bash") return bash_script(program, algorithms);
  if (shell == "zsh") return zsh_script(program, algorithms);
  if (shell == "fish") return fish_script(program, algorithms);
  throw ParameterError("usage.shell", fmt::format("there are completions for bash, zsh and fish, not \"{}\"",
                                                  printable(shell)));
}

std::vector<ManualPage> manual_pages(const Program& program) {
  std::vector<ManualPage> pages;
  std::string out =
      page_head("EVERYML", "everyml", "from a table to a model that you can trust, and a report");
  out += ".SH SYNOPSIS\n\\fBeveryml\\fR \\fIVERB\\fR [\\fIarguments\\fR] [\\fIoptions\\fR]\n.SH VERBS\n";
  for (const Verb& verb : program.verbs) {
    if (verb.hidden) continue;
    out += ".TP\n\\fB" + roff(verb.name) + "\\fR\n" + roff(verb.summary) + "; see \\fBeveryml\\-" +
           roff(verb.name) + "\\fR(1)\n";
    pages.push_back(verb_page(program, verb));
  }
  out += ".SH OPTIONS\n";
  add_flags(out, program.globals);
  out += ".SH EXIT STATUS\n";
  const std::pair<int, const char*> codes[] = {{0, "all is well"},
                                               {1, "something failed that none of the following names"},
                                               {2, "the command line or a setting is wrong"},
                                               {3, "the data do not allow what was asked"},
                                               {4, "a file is not what it claims to be"},
                                               {5, "memory, time, disk or permission did not suffice"},
                                               {130, "interrupted"}};
  for (const auto& [code, meaning] : codes) out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", code, meaning);
  out += ".SH ENVIRONMENT\n\\fBNO_COLOR\\fR, \\fBCLICOLOR_FORCE\\fR, \\fBTERM\\fR, \\fBCOLUMNS\\fR\n";
  pages.insert(pages.begin(), {"everyml.1", out});
  return pages;
}

}  // namespace everyml::cli
