#pragma once
// Documents in other forms. Deltas are JSON texts {"ops":[…]} or arrays of ops. Errors of what is
// given are ob::Error 400 documents.cannotRead or documents.cannotWrite, with a text for people.
#include <string>
#include <string_view>
#include <vector>

namespace ob::documents::convert {

struct Picture {
  std::string url, bytes;
};
struct Html {
  std::string body, style;  // style: rules for the classes of the body
};
struct Heading {
  int level = 1;
  std::string text, anchor;
};
struct Read {
  std::string ops;                 // a JSON array
  std::string title;               // of the file itself; empty: it tells none
  std::vector<Picture> images;     // what the n-th image "image:<n>" of the ops is; empty: nothing
  std::vector<std::string> notes;  // what was left out, for people
};

std::string to_text(std::string_view delta);
// `base`: this server's address, for what documents link on it; empty: none.
std::string to_markdown(std::string_view delta, std::string_view base);
// With style attributes, to be pasted elsewhere.
std::string to_fragment(std::string_view delta);
// With classes. `images` stand in the HTML itself; `share` is added to addresses of this server.
Html to_html(std::string_view delta, const std::vector<Picture>& images, std::string_view share);
std::string to_docx(std::string_view delta, std::string_view title, std::string_view base,
                    const std::vector<Picture>& images);
std::string to_pdf(std::string_view delta, std::string_view title, std::string_view base,
                   const std::vector<Picture>& images);
std::vector<Heading> outline(std::string_view delta);
std::vector<std::string> image_urls(std::string_view delta);

// Of UTF-8.
Read from_text(std::string_view text);
Read from_markdown(std::string_view text);
Read from_html(std::string_view html);
Read from_docx(std::string_view bytes);
// The ops with the n-th of these addresses for "image:<n>"; those with an empty one go.
std::string place_images(std::string_view ops, const std::vector<std::string>& urls);

}  // namespace ob::documents::convert
