#include "net/frame.h"

#include <algorithm>
#include <cstring>

#include "base/ids.h"

namespace ob::net {

namespace {

constexpr std::size_t kMostControl = 125;   // bytes of a control frame's payload
constexpr std::size_t kMostParts = 65'536;  // frames of a message, which may be empty
constexpr std::uint8_t kFinal = 0x80, kReserved = 0x70, kMasked = 0x80;

bool is_control(Opcode opcode) {
  return static_cast<std::uint8_t>(opcode) >= static_cast<std::uint8_t>(Opcode::close);
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>((value >> shift) & 0xff);
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<std::uint8_t>(c);
  return out;
}

// Appends `bytes` to `out`, unmasked; `at` is the place in the mask.
void unmask(std::string& out, std::string_view bytes, const std::uint8_t (&mask)[4],
            std::size_t at) {
  const std::size_t begin = out.size();
  out.append(bytes);
  char* const data = out.data() + begin;
  std::uint8_t turned[8];
  for (std::size_t i = 0; i < sizeof(turned); ++i) turned[i] = mask[(at + i) % 4];
  std::uint64_t word_mask = 0;
  std::memcpy(&word_mask, turned, sizeof(word_mask));
  std::size_t i = 0;
  for (; i + sizeof(word_mask) <= bytes.size(); i += sizeof(word_mask)) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, sizeof(word));
    word ^= word_mask;
    std::memcpy(data + i, &word, sizeof(word));
  }
  for (; i < bytes.size(); ++i) data[i] = static_cast<char>(data[i] ^ mask[(at + i) % 4]);
}

}  // namespace

std::string encode_frame(Opcode opcode, std::string_view payload) {
  constexpr std::size_t kMostHead = 10;
  constexpr int kShort = 126, kLong = 127;
  std::string out;
  out.reserve(kMostHead + payload.size());
  out += static_cast<char>(kFinal | static_cast<std::uint8_t>(opcode));
  if (payload.size() < kShort) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(kShort);
    append_big_endian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(kLong);
    append_big_endian(out, payload.size(), 8);
  }
  out += payload;
  return out;
}

std::string encode_close(int code, std::string_view reason) {
  std::string payload;
  append_big_endian(payload, static_cast<std::uint64_t>(code), 2);
  std::size_t size = std::min(reason.size(), kMostControl - 2);
  // Not in the middle of a character.
  while (size < reason.size() && size > 0 && (reason[size] & 0xc0) == 0x80) --size;
  payload += reason.substr(0, size);
  return encode_frame(Opcode::close, payload);
}

Frame make_frame(std::string_view payload, bool text) {
  return std::make_shared<const std::string>(
      encode_frame(text ? Opcode::text : Opcode::binary, payload));
}

bool FrameReader::read_head(std::string_view& input) {
  constexpr std::uint8_t kLength = 0x7f;
  constexpr std::size_t kMaskBytes = 4;
  for (;;) {
    std::size_t needed = 2;
    if (head_.size() >= 2) {
      const auto length = static_cast<std::uint8_t>(head_[1]) & kLength;
      needed += kMaskBytes + (length == 126 ? 2 : length == 127 ? 8 : 0);
    }
    if (head_.size() == needed && needed > 2) return true;
    if (input.empty()) return false;
    const std::size_t take = std::min(needed - head_.size(), input.size());
    head_.append(input.substr(0, take));
    input.remove_prefix(take);
    if (head_.size() >= 2) check_head();
  }
}

// Looks at the first two bytes.
void FrameReader::check_head() {
  const auto first = static_cast<std::uint8_t>(head_[0]);
  const auto second = static_cast<std::uint8_t>(head_[1]);
  opcode_ = static_cast<Opcode>(first & 0x0f);
  final_ = (first & kFinal) != 0;
  if (first & kReserved) throw Violation{close_code::protocol_error, "reserved bits are set"};
  if (!(second & kMasked)) throw Violation{close_code::protocol_error, "the frame is not masked"};
  switch (opcode_) {
    case Opcode::continuation:
      if (!message_opcode_)
        throw Violation{close_code::protocol_error, "a continuation of no message"};
      break;
    case Opcode::text:
    case Opcode::binary:
      if (message_opcode_)
        throw Violation{close_code::protocol_error, "a message inside another message"};
      break;
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      if (!final_ || (second & 0x7f) > kMostControl)
        throw Violation{close_code::protocol_error, "a control frame is too large"};
      break;
    default:
      throw Violation{close_code::protocol_error, "the kind of frame is not known"};
  }
}

std::optional<FrameReader::Event> FrameReader::payload_done() {
  in_payload_ = false;
  head_.clear();
  if (is_control(opcode_)) return Event{opcode_, std::exchange(control_, {})};
  if (!final_) return std::nullopt;
  Event out{*message_opcode_, std::exchange(message_, {})};
  message_opcode_.reset();
  if (out.opcode == Opcode::text && !valid_utf8(out.data))
    throw Violation{close_code::bad_payload, "a text message is not UTF-8"};
  return out;
}

std::optional<FrameReader::Event> FrameReader::feed(std::string_view& input) {
  for (;;) {
    if (!in_payload_) {
      if (!read_head(input)) return std::nullopt;
      const auto length = static_cast<std::uint8_t>(head_[1]) & 0x7f;
      const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
      left_ = extra == 0 ? length : big_endian(std::string_view(head_).substr(2, extra));
      std::memcpy(mask_, head_.data() + 2 + extra, sizeof(mask_));
      mask_at_ = 0;
      in_payload_ = true;
      if (!is_control(opcode_)) {
        if (left_ > max_ || message_.size() > max_ - left_) {
          throw Violation{close_code::too_large,
                          "a message may have " + std::to_string(max_) + " bytes"};
        }
        if (opcode_ != Opcode::continuation) {
          message_opcode_ = opcode_;
          parts_ = 0;
        }
        if (++parts_ > kMostParts)
          throw Violation{close_code::too_large, "a message in too many parts"};
      }
    }
    const std::size_t take = std::min<std::uint64_t>(left_, input.size());
    if (is_control(opcode_) || !discards_)
      unmask(is_control(opcode_) ? control_ : message_, input.substr(0, take), mask_, mask_at_ % 4);
    input.remove_prefix(take);
    mask_at_ += take;
    left_ -= take;
    if (left_ > 0) return std::nullopt;
    if (auto event = payload_done()) return event;
  }
}

int parse_close(std::string_view payload) {
  if (payload.empty()) return close_code::no_status;
  if (payload.size() < 2)
    throw FrameReader::Violation{close_code::protocol_error, "a code of one byte"};
  const int code = static_cast<int>(big_endian(payload.substr(0, 2)));
  const bool known =
      (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
      (code >= 3000 && code <= 4999);
  if (!known) throw FrameReader::Violation{close_code::protocol_error, "no such code"};
  if (!valid_utf8(payload.substr(2)))
    throw FrameReader::Violation{close_code::bad_payload, "the reason is not UTF-8"};
  return code;
}

}  // namespace ob::net
