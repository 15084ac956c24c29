#pragma once
// HTML that the server writes: a document as a page, and pages that say why there is none.
#include <string>
#include <string_view>
#include <vector>

#include "documents/convert.h"

namespace ob::documents {

struct HtmlPage {
  std::string title;        // plain text, as all but `body`
  std::string description;  // for previews; empty: none
  std::string body;         // HTML
  std::string style;        // more rules
  std::string editor;       // address of the editor; empty: no link
  std::string updated;      // when, for people; empty: not told
  std::vector<convert::Heading> outline;
  std::string nonce;  // of the policy; empty: a file without one
};
std::string render(const HtmlPage&);

// The document as a page. `share`: for the addresses of its pictures.
HtmlPage page_of(const std::string& title, const std::string& delta,
                 const std::vector<convert::Picture>& images, std::string_view share);
// "Not here" and the like; `body` is HTML.
HtmlPage message(std::string title, std::string body);

}  // namespace ob::documents
