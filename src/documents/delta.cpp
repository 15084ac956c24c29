#include "documents/delta.h"

#include <algorithm>

#include "base/text.h"
#include "documents/delta_steps.h"

namespace ob::documents {

namespace json = boost::json;

namespace {

// Null removes an attribute of a text, and is kept in a change.
json::object composed(const json::object& a, const json::object& b, bool keep_null) {
  json::object out;
  for (const auto& [key, value] : b) {
    if (keep_null || !value.is_null()) out[key] = value;
  }
  for (const auto& [key, value] : a) {
    if (!b.contains(key)) out[key] = value;
  }
  return out;
}

json::object transformed(const json::object& a, const json::object& b, bool priority) {
  if (!priority) return b;
  json::object out;
  for (const auto& [key, value] : b) {
    if (!a.contains(key)) out[key] = value;
  }
  return out;
}

json::object inverted(const json::object& change, const json::object& base) {
  json::object out;
  for (const auto& [key, value] : base) {
    const auto* changed = change.if_contains(key);
    if (changed != nullptr && *changed != value) out[key] = value;
  }
  for (const auto& [key, value] : change) {
    if (!base.contains(key)) out[key] = nullptr;
  }
  return out;
}

}  // namespace

std::int64_t Op::length() const {
  if (kind != Kind::insert) return count;
  return embed.is_null() ? static_cast<std::int64_t>(text.size()) : 1;
}

Op Steps::next(std::int64_t length) {
  if (!more()) return {.kind = Op::Kind::retain, .count = length};
  const Op& op = ops_[index_];
  const std::int64_t rest = op.length() - offset_;
  if (offset_ == 0 && length >= rest) {
    ++index_;
    return op;
  }
  const std::int64_t take = std::min(length, rest);
  Op out{.kind = op.kind, .attributes = op.attributes};
  if (op.kind == Op::Kind::insert) {
    out.text = op.text.substr(static_cast<std::size_t>(offset_), static_cast<std::size_t>(take));
  } else {
    out.count = take;
  }
  offset_ += take;
  if (take == rest) ++index_, offset_ = 0;
  return out;
}

std::int64_t Delta::length() const {
  std::int64_t out = 0;
  for (const Op& op : ops_) out += op.length();
  return out;
}

bool Delta::is_document() const {
  return std::ranges::all_of(ops_, [](const Op& op) { return op.kind == Op::Kind::insert; });
}

Delta& Delta::insert(std::u16string text, json::object attributes) {
  return push({.text = std::move(text), .attributes = std::move(attributes)});
}

Delta& Delta::insert_embed(json::value embed, json::object attributes) {
  return push({.embed = std::move(embed), .attributes = std::move(attributes)});
}

Delta& Delta::retain(std::int64_t count, json::object attributes) {
  return push({.kind = Op::Kind::retain, .count = count, .attributes = std::move(attributes)});
}

Delta& Delta::remove(std::int64_t count) {
  return push({.kind = Op::Kind::remove, .count = count});
}

Delta& Delta::push(Op op) {
  if (op.length() <= 0) return *this;
  auto at = ops_.end();
  const bool after_delete = !ops_.empty() && ops_.back().kind == Op::Kind::remove;
  if (after_delete && op.kind == Op::Kind::remove) {
    ops_.back().count += op.count;
    return *this;
  }
  if (after_delete && op.kind == Op::Kind::insert) --at;
  if (at != ops_.begin()) {
    Op& last = *std::prev(at);
    if (last.kind == op.kind && last.attributes == op.attributes) {
      if (op.kind == Op::Kind::retain) {
        last.count += op.count;
        return *this;
      }
      if (last.embed.is_null() && op.embed.is_null()) {
        last.text += op.text;
        return *this;
      }
    }
  }
  ops_.insert(at, std::move(op));
  return *this;
}

Delta& Delta::chop() {
  if (!ops_.empty() && ops_.back().kind == Op::Kind::retain && ops_.back().attributes.empty())
    ops_.pop_back();
  return *this;
}

Delta Delta::compose(const Delta& other) const {
  Steps mine(ops_), theirs(other.ops_);
  Delta out;
  while (mine.more() || theirs.more()) {
    if (theirs.kind() == Op::Kind::insert) {
      out.push(theirs.next());
      continue;
    }
    if (mine.kind() == Op::Kind::remove) {
      out.push(mine.next());
      continue;
    }
    const std::int64_t length = std::min(mine.left(), theirs.left());
    Op first = mine.next(length);
    Op second = theirs.next(length);
    if (second.kind == Op::Kind::retain) {
      first.attributes =
          composed(first.attributes, second.attributes, first.kind == Op::Kind::retain);
      out.push(std::move(first));
    } else if (first.kind == Op::Kind::retain) {
      out.push(std::move(second));
    }  // else an insert that is deleted: nothing
  }
  return std::move(out.chop());
}

Delta Delta::transform(const Delta& other, bool priority) const {
  Steps mine(ops_), theirs(other.ops_);
  Delta out;
  while (mine.more() || theirs.more()) {
    if (mine.kind() == Op::Kind::insert && (priority || theirs.kind() != Op::Kind::insert)) {
      out.retain(mine.next().length());
      continue;
    }
    if (theirs.kind() == Op::Kind::insert) {
      out.push(theirs.next());
      continue;
    }
    const std::int64_t length = std::min(mine.left(), theirs.left());
    const Op first = mine.next(length);
    Op second = theirs.next(length);
    if (first.kind == Op::Kind::remove) continue;  // what they do there is moot
    if (second.kind == Op::Kind::retain)
      second.attributes = transformed(first.attributes, second.attributes, priority);
    out.push(std::move(second));
  }
  return std::move(out.chop());
}

std::int64_t Delta::transform_position(std::int64_t index, bool priority) const {
  std::int64_t offset = 0;
  for (const Op& op : ops_) {
    if (offset > index) break;
    const std::int64_t length = op.length();
    if (op.kind == Op::Kind::remove) {
      index -= std::min(length, index - offset);
      continue;
    }
    if (op.kind == Op::Kind::insert && (offset < index || !priority)) index += length;
    offset += length;
  }
  return index;
}

Delta Delta::slice(std::int64_t begin, std::int64_t end) const {
  Delta out;
  Steps steps(ops_);
  std::int64_t at = 0;
  while (at < end && steps.more()) {
    const Op op = steps.next(at < begin ? begin - at : end - at);
    if (at >= begin) out.ops_.push_back(op);
    at += op.length();
  }
  return out;
}

Delta Delta::invert(const Delta& base) const {
  Delta out;
  Steps steps(base.ops_);
  for (const Op& op : ops_) {
    if (op.kind == Op::Kind::insert) {
      out.remove(op.length());
      continue;
    }
    for (std::int64_t left = op.count; left > 0 && steps.more();) {
      Op piece = steps.next(left);
      left -= piece.length();
      if (op.kind == Op::Kind::remove) {
        out.push(std::move(piece));
      } else {
        out.retain(piece.length(), inverted(op.attributes, piece.attributes));
      }
    }
  }
  return std::move(out.chop());
}

Delta marked(const Delta& document, const Delta& change) {
  Steps old(document.ops()), steps(change.ops());
  Delta out;
  while (old.more() || steps.more()) {
    if (steps.kind() == Op::Kind::insert) {
      Op op = steps.next();
      op.attributes["diff"] = "insert";
      out.push(std::move(op));
      continue;
    }
    if (!old.more()) break;  // a change beyond the end
    const std::int64_t length = std::min(old.left(), steps.left());
    Op op = old.next(length);
    const Op step = steps.next(length);
    if (step.kind == Op::Kind::remove) {
      op.attributes["diff"] = "delete";
    } else if (!step.attributes.empty()) {
      op.attributes = composed(op.attributes, step.attributes, false);
      op.attributes["diff"] = "format";
    }
    out.push(std::move(op));
  }
  return out;
}

std::u16string to_utf16(std::string_view utf8) {
  std::u16string out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const char32_t c = next_code_point(utf8, i);
    if (c < 0x10000) {
      out += static_cast<char16_t>(c);
    } else {
      out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string to_utf8(std::u16string_view text) {
  const auto high = [](char32_t c) { return c >= 0xD800 && c < 0xDC00; };
  const auto low = [](char32_t c) { return c >= 0xDC00 && c < 0xE000; };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (high(c) && i + 1 < text.size() && low(text[i + 1])) {
      c = 0x10000 + ((c - 0xD800) << 10) + (text[++i] - 0xDC00);
    } else if (high(c) || low(c)) {
      c = 0xFFFD;
    }
    append_code_point(out, c);
  }
  return out;
}

std::string plain_text(const Delta& document) {
  std::u16string out;
  for (const Op& op : document.ops()) out += op.text;
  return to_utf8(out);
}

}  // namespace ob::documents
