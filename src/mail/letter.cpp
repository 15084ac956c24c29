// How a letter looks.
#include "base/text.h"
#include "mail/message.h"

namespace ob::mail {
namespace {

std::string paragraph(const std::string& text, std::string_view style) {
  return "<p style=\"margin:0 0 16px;" + std::string(style) + "\">" + escape_markup(text) +
         "</p>\n";
}

}  // namespace

std::string plain_text(const Letter& letter) {
  std::string out;
  for (const auto& text : letter.paragraphs) out += text + "\n\n";
  if (!letter.link.empty()) out += letter.link_text + ":\n" + letter.link + "\n\n";
  for (const auto& text : letter.after) out += text + "\n\n";
  return out + "-- \nOpenBricks\n";
}

std::string html(const Letter& letter) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
      escape_markup(letter.subject) +
      "</title></head>\n<body style=\"margin:0;padding:24px;background:#f5f5f6;color:#1c1d21;"
      "font:15px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\n"
      "<div style=\"max-width:520px;margin:0 auto;padding:24px;background:#fff;"
      "border:1px solid #e2e3e6;border-radius:8px\">\n";
  for (const auto& text : letter.paragraphs) out += paragraph(text, "");
  if (!letter.link.empty()) {
    const std::string link = escape_markup(letter.link);
    out += "<p style=\"margin:24px 0\"><a href=\"" + link +
           "\" style=\"display:inline-block;padding:10px 16px;border-radius:6px;background:#1c1d21;"
           "color:#fff;text-decoration:none\">" +
           escape_markup(letter.link_text) + "</a></p>\n" +
           "<p style=\"margin:0 0 16px;font-size:13px;color:#62656d;word-break:break-all\">" +
           link + "</p>\n";
  }
  for (const auto& text : letter.after) out += paragraph(text, "font-size:13px;color:#62656d");
  return out + "</div></body></html>\n";
}

}  // namespace ob::mail
