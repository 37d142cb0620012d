#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/embedded_impl.h"
#include "everyml/workflow/report/sha256_impl.h"

namespace everyml::report_impl {

std::string file_alone(const std::string& path) { return path.substr(path.find_last_of("/\\") + 1); }

std::string whole_page(const std::string& title, const Markup& body, const std::string& made,
                       const Gallery& gallery) {
  const bool scripted = !chart_library().empty();
  static const std::string library_hash = policy_hash(chart_library());
  static const std::string script_hash = policy_hash(chart_script());
  Markup page;
  page << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
          "http-equiv=\"Content-Security-Policy\" content=\""
          "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
  if (scripted) page << "; script-src '" << text(library_hash) << "' '" << text(script_hash) << "'";
  page << "\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta "
          "name=\"color-scheme\" content=\"light dark\">"
          "<meta name=\"referrer\" content=\"no-referrer\"><title>"
       << text(title, 120) << " – report</title><style>";
  page.embed(style_sheet()) << "</style></head><body>" << body << "<footer><p>Made by everyml, " << text(made)
                            << ". This file needs no network.";
  if (scripted) {
    page << " With scripts allowed, charts show figures under the pointer.</p></footer><script "
            "type=\"application/json\" id=\"charts\">";
    page.embed(gallery.data()) << "</script><script>";
    page.embed(chart_library()) << "</script><script>";
    page.embed(chart_script()) << "</script>";
  } else {
    page << " It was made by a build without the chart library, so its charts do not move.</p></footer>";
  }
  page << "</body></html>\n";
  return page.bytes();
}

}  // namespace everyml::report_impl
