#pragma once
// The bytes of a message (RFC 5322, MIME).
#include <string>
#include <string_view>

#include "mail/mail.h"

namespace ob::mail {

struct Sender {
  std::string name, address;
};
// "address" or "Name <address>". Throws ob::Error 400 mail.badSetting.
Sender parse_sender(const std::string& text);

std::string plain_text(const Letter& letter);
std::string html(const Letter& letter);

// The whole message with CRLF. Nothing in a letter can add a header or a recipient.
std::string message(const Sender& from, const Letter& letter, const std::string& id, Micros now);

// A header's text as RFC 2047 wants it: as it is when plain, else in encoded words.
std::string encoded_words(std::string_view text);

}  // namespace ob::mail
