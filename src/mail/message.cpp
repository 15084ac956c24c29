#include "mail/message.h"

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "base/ids.h"

namespace ob::mail {
namespace {

constexpr std::size_t kMaxAddress = 254;
constexpr std::size_t kLine = 76;  // of base64 in a body
constexpr std::size_t kWord = 45;  // bytes of an encoded word: 60 of base64 and its frame

bool is_control(unsigned char c) {
  return c < 0x20 || c == 0x7F;
}

// A header is one line, whatever the text has.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return is_control(static_cast<unsigned char>(c)); }, ' ');
  return out;
}

std::string date_of(Micros now) {
  const std::time_t seconds = now / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  const auto size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &parts);
  return {text, size};
}

std::string base64_lines(std::string_view bytes) {
  const std::string all = base64_encode(bytes);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += kLine) out += all.substr(at, kLine) + "\r\n";
  return out;
}

std::string part(const std::string& boundary, std::string_view type, std::string_view body) {
  return "--" + boundary + "\r\nContent-Type: " + std::string(type) +
         "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_lines(body);
}

std::string in_words(const std::string& line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = std::min(at + kWord, line.size());
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
    if (!out.empty()) out += "\r\n ";
    out += "=?utf-8?B?" + base64_encode(std::string_view(line).substr(at, end - at)) + "?=";
    at = end;
  }
  return out;
}

std::string domain_of(const std::string& address) {
  return address.substr(address.rfind('@') + 1);
}

}  // namespace

bool is_address(std::string_view text) {
  const auto at = text.find('@');
  return text.size() <= kMaxAddress && at != text.npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == text.npos && valid_utf8(text) && text.front() != '-' &&
         std::ranges::none_of(text, [](unsigned char c) {
           return is_control(c) ||
                  std::string_view(" <>()[]\\,;:\"").contains(static_cast<char>(c));
         });
}

Sender parse_sender(const std::string& text) {
  const auto open = text.rfind('<');
  Sender sender{.name = {}, .address = text};
  if (open != text.npos && text.ends_with('>')) {
    sender.address = text.substr(open + 1, text.size() - open - 2);
    sender.name = text.substr(0, open);
    while (sender.name.ends_with(' ')) sender.name.pop_back();
  }
  const bool name_ok = valid_utf8(sender.name) && std::ranges::none_of(sender.name, is_control);
  if (!is_address(sender.address) || !name_ok) {
    throw bad_request("mail.badSetting",
                      "Setting 'mail_from' must be an address, or a name and an <address>.");
  }
  return sender;
}

std::string encoded_words(std::string_view text) {
  const std::string line = one_line(text);
  const bool plain = std::ranges::all_of(line, [](unsigned char c) { return c < 0x80; }) &&
                     line.find("=?") == line.npos && line.size() <= 60;
  return plain ? line : in_words(line);
}

std::string message(const Sender& from, const Letter& letter, const std::string& id, Micros now) {
  const std::string boundary = "=_" + id;
  std::string sender = "<" + from.address + ">";
  if (!from.name.empty()) {
    // Encoded also where it is plain: no quoting to get wrong.
    sender = in_words(from.name) + " " + sender;
  }
  std::string out;
  const auto header = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  header("Date", date_of(now));
  header("From", sender);
  header("To", "<" + one_line(letter.to) + ">");
  header("Subject", encoded_words(letter.subject));
  header("Message-ID", "<" + id + "@" + domain_of(from.address) + ">");
  header("Auto-Submitted", "auto-generated");
  header("MIME-Version", "1.0");
  header("Content-Type", "multipart/alternative; boundary=\"" + boundary + "\"");
  return out + "\r\n" + part(boundary, "text/plain", plain_text(letter)) +
         part(boundary, "text/html", html(letter)) + "--" + boundary + "--\r\n";
}

}  // namespace ob::mail
