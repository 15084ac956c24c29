#pragma once
// Quill's deltas: a rich text, or a change of one, as a list of operations. A library on its own
// that does what npm's quill-delta 5 does. Lengths are UTF-16 units, as Quill counts; an embed
// counts 1. Retains that change embeds are refused: nothing here has such embeds.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ob::documents {

struct Op {
  enum class Kind { insert, retain, remove };
  Kind kind = Kind::insert;
  std::u16string text;             // of an insert
  boost::json::value embed;        // of an insert, instead of text; an object
  std::int64_t count = 0;          // of the others
  boost::json::object attributes;  // a null takes an attribute away
  std::int64_t length() const;
  bool operator==(const Op&) const = default;
};

class Delta {
 public:
  // {"ops": […]} or the array alone; what has no length is left out. Throws 400
  // documents.badDelta, which names the operation that is wrong.
  static Delta from_json(std::string_view text);
  static Delta from_json(const boost::json::value& value);
  boost::json::array to_array() const;
  std::string to_json() const;  // {"ops":[…]}; half a surrogate pair becomes U+FFFD

  const std::vector<Op>& ops() const { return ops_; }
  std::int64_t length() const;  // of all operations
  bool is_document() const;     // inserts only
  bool operator==(const Delta&) const = default;

  // Each joins the last operation where it can; an insert goes before a delete at the same place.
  Delta& insert(std::u16string text, boost::json::object attributes = {});
  Delta& insert_embed(boost::json::value embed, boost::json::object attributes = {});
  Delta& retain(std::int64_t count, boost::json::object attributes = {});
  Delta& remove(std::int64_t count);
  Delta& push(Op op);
  Delta& chop();  // drops a last retain that changes nothing

  // What this and then `other` do.
  Delta compose(const Delta& other) const;
  // `other`, made for the same text as this, for the text after this. With `priority` this counts
  // as the first of the two.
  Delta transform(const Delta& other, bool priority) const;
  std::int64_t transform_position(std::int64_t index, bool priority) const;
  Delta slice(std::int64_t begin, std::int64_t end) const;
  // What undoes this on `base`, to which it is about to be applied.
  Delta invert(const Delta& base) const;
  // What makes this document into `other`, by lines, then by words; in bounded time: where the two
  // differ too much, it is a change as a whole. Throws 400 documents.badDelta for what is no
  // document.
  Delta diff(const Delta& other) const;

 private:
  std::vector<Op> ops_;
};

// This document after `change`, with what went still in it: {"diff": "insert"} and {"diff":
// "delete"} mark what the change did, {"diff": "format"} what only looks different.
Delta marked(const Delta& document, const Delta& change);

std::string plain_text(const Delta& document);  // UTF-8; an embed is left out

std::u16string to_utf16(std::string_view utf8);
std::string to_utf8(std::u16string_view text);  // half a surrogate pair becomes U+FFFD
// The same in a text of JSON: browsers write halves, where a change cut a pair, as escapes.
std::string whole_pairs(std::string_view json);

}  // namespace ob::documents
