#include "sso/saml_xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include <algorithm>

#include "base/ids.h"
#include "sso/errors.h"

namespace ob::sso::xml {
namespace {

constexpr std::size_t kMaxBytes = 256 * 1024;
constexpr std::size_t kMaxTag = 16 * 1024;
constexpr int kMaxAttributes = 100;  // of an element, and namespaces that it declares

const char* chars(const xmlChar* text) {
  return reinterpret_cast<const char*>(text);
}
const xmlChar* xml_chars(const char* text) {
  return reinterpret_cast<const xmlChar*>(text);
}

std::string taken(xmlChar* text) {
  std::string out(text ? chars(text) : "");
  xmlFree(text);
  return out;
}

bool declares_another_encoding(std::string_view text) {
  if (!text.starts_with("<?xml")) return false;
  std::string declaration(text.substr(0, text.find("?>")));
  std::ranges::transform(declaration, declaration.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return declaration.find("encoding") != declaration.npos &&
         declaration.find("utf-8") == declaration.npos;
}

void silence(void*, const char*, ...) {}

// The end of what begins with the '<' at `from`: behind the first '>' that no quotes hold.
std::size_t end_of_tag(std::string_view text, std::size_t from) {
  char quote = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return at + 1;
    }
  }
  return text.size();
}

// The parser takes quadratic time for the attributes of an element.
bool has_long_tag(std::string_view text) {
  constexpr std::string_view kCharacters = "<![CDATA[", kEnd = "]]>";
  for (std::size_t at = text.find('<'); at < text.size(); at = text.find('<', at)) {
    if (text.substr(at).starts_with(kCharacters)) {
      at = std::min(text.find(kEnd, at), text.size());
      continue;
    }
    const std::size_t end = end_of_tag(text, at);
    if (end - at > kMaxTag) return true;
    at = end;
  }
  return false;
}

template <class List>
bool longer_than(const List* list, int most) {
  for (; list && most >= 0; list = list->next) --most;
  return most < 0;
}

// Canonicalisation sorts them in quadratic time, before anything is known to be signed.
void refuse_many_attributes(const xmlNode* element) {
  if (longer_than(element->properties, kMaxAttributes) ||
      longer_than(element->nsDef, kMaxAttributes)) {
    throw untrusted("the XML has an element with too many attributes");
  }
}

void check_text(std::string_view text) {
  xmlSetGenericErrorFunc(nullptr, silence);
  if (text.empty() || text.size() > kMaxBytes) throw untrusted("the XML is empty or too large");
  if (!valid_utf8(text) || text.find('\0') != text.npos) throw untrusted("the XML is not UTF-8");
  if (declares_another_encoding(text)) throw untrusted("the XML is not UTF-8");
  // Before the parser sees a document type, whose entities could grow without bounds.
  if (text.find("<!DOCTYPE") != text.npos || text.find("<!ENTITY") != text.npos) {
    throw untrusted("the XML has a document type");
  }
  if (has_long_tag(text)) {
    throw untrusted("the XML has an element with too many attributes");
  }
}

// Comments and instructions split texts that signatures see as one; entities hide them.
void refuse_oddities(const xmlNode* node) {
  for (; node; node = node->next) {
    if (node->type != XML_ELEMENT_NODE && node->type != XML_TEXT_NODE &&
        node->type != XML_CDATA_SECTION_NODE) {
      throw untrusted("the XML holds comments, instructions or entities");
    }
    if (node->type != XML_ELEMENT_NODE) continue;
    refuse_many_attributes(node);
    refuse_oddities(node->children);
  }
}

// The prefixes that `from` declares and `to` does not: nodes below `to` may hang on them.
void move_prefixes(xmlNode* from, xmlNode* to) {
  const auto declares = [&](const xmlNs* wanted) {
    for (const xmlNs* one = to->nsDef; one; one = one->next) {
      if (xmlStrEqual(one->prefix, wanted->prefix)) return true;
    }
    return false;
  };
  for (xmlNs** at = &from->nsDef; *at;) {
    xmlNs* one = *at;
    if (declares(one)) {
      at = &one->next;
      continue;
    }
    *at = one->next;
    one->next = to->nsDef;
    to->nsDef = one;
  }
}

void collect(xmlNode* node, std::string_view space, std::string_view name,
             std::vector<Element>& out) {
  for (; node; node = node->next) {
    if (node->type != XML_ELEMENT_NODE) continue;
    if (const Element element(node); element.is(space, name)) out.push_back(element);
    collect(node->children, space, name, out);
  }
}

}  // namespace

bool Element::is(std::string_view space, std::string_view name) const {
  return node_->ns && node_->ns->href && chars(node_->ns->href) == space &&
         chars(node_->name) == name;
}

std::optional<std::string> Element::attribute(const char* name) const {
  xmlChar* value = xmlGetNoNsProp(node_, xml_chars(name));
  if (!value) return std::nullopt;
  return taken(value);
}

std::string Element::text() const {
  std::string out = taken(xmlNodeGetContent(node_));
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  out.erase(out.begin(), std::ranges::find_if_not(out, blank));
  while (!out.empty() && blank(out.back())) out.pop_back();
  return out;
}

std::vector<Element> Element::children() const {
  std::vector<Element> out;
  for (xmlNode* node = node_->children; node; node = node->next) {
    if (node->type == XML_ELEMENT_NODE) out.emplace_back(node);
  }
  return out;
}

std::vector<Element> Element::children(std::string_view space, std::string_view name) const {
  auto out = children();
  std::erase_if(out, [&](const Element& one) { return !one.is(space, name); });
  return out;
}

std::optional<Element> Element::child(std::string_view space, std::string_view name) const {
  const auto found = children(space, name);
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

void Document::Free::operator()(_xmlDoc* document) const {
  xmlFreeDoc(document);
}

Document::Document(std::string_view text) {
  check_text(text);
  document_.reset(xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, "UTF-8",
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  if (!document_ || !xmlDocGetRootElement(document_.get())) {
    throw untrusted("the XML is not well-formed");
  }
  if (document_->intSubset || document_->extSubset) throw untrusted("the XML has a document type");
  refuse_oddities(document_->children);
}

void Document::replace(const Element& old, std::string_view text) {
  check_text(text);
  xmlNode* list = nullptr;
  // In its place, for it may use prefixes that are declared around it.
  const auto code =
      xmlParseInNodeContext(old.node(), text.data(), static_cast<int>(text.size()),
                            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING, &list);
  if (code != XML_ERR_OK || !list || list->next || list->type != XML_ELEMENT_NODE) {
    xmlFreeNodeList(list);
    throw untrusted("what was encrypted is not one element");
  }
  move_prefixes(old.node(), list);
  xmlFreeNode(xmlReplaceNode(old.node(), list));
  refuse_oddities(document_->children);
}

Element Document::root() const {
  return Element(xmlDocGetRootElement(document_.get()));
}

std::vector<Element> Document::all(std::string_view space, std::string_view name) const {
  std::vector<Element> out;
  collect(document_->children, space, name, out);
  return out;
}

}  // namespace ob::sso::xml
