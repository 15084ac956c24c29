#include "documents/page.h"

#include <utility>

#include "base/text.h"
#include "documents/page_text.h"
#include "documents/text.h"

namespace ob::documents {
namespace {

constexpr std::size_t kDescription = 200;
constexpr std::size_t kFewHeadings = 3;

void put(std::string& out, std::string_view mark, std::string_view text) {
  const auto at = out.find(mark);
  if (at != std::string::npos) out.replace(at, mark.size(), text);
}

std::string items(const std::vector<convert::Heading>& outline) {
  std::string out = "<ol>";
  for (const convert::Heading& heading : outline) {
    if (heading.text.empty()) continue;
    out += "<li class=\"level-" + std::to_string(heading.level) + "\"><a href=\"#" +
           escape_markup(heading.anchor) + "\">" + escape_markup(heading.text) + "</a></li>";
  }
  return out + "</ol>";
}

// The start of the text, cut between words.
std::string beginning(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool space = static_cast<unsigned char>(c) <= ' ';
    if (space && (out.empty() || out.back() == ' ')) continue;
    if (out.size() >= kDescription && space) return out + " …";
    if (out.size() >= 2 * kDescription && (static_cast<unsigned char>(c) & 0xC0) != 0x80)
      return out + "…";
    out += space ? ' ' : c;
  }
  return out;
}

}  // namespace

HtmlPage page_of(const std::string& title, const std::string& delta,
                 const std::vector<convert::Picture>& images, std::string_view share) {
  convert::Html html = convert::to_html(delta, images, share);
  HtmlPage page{.title = title, .description = beginning(text_of_delta(delta))};
  page.outline = convert::outline(delta);
  // A document that starts with its title does not say it twice.
  const bool titled = !page.outline.empty() && page.outline.front().level == 1 &&
                      page.outline.front().text == title && html.body.starts_with("<h1");
  if (!titled) page.body = "<h1 class=\"title\">" + escape_markup(title) + "</h1>\n";
  page.body += "<article>\n" + html.body + "</article>\n";
  page.style = std::move(html.style);
  return page;
}

HtmlPage message(std::string title, std::string body) {
  HtmlPage page{.title = std::move(title)};
  page.body = "<section class=\"message\"><h1>" + escape_markup(page.title) + "</h1>\n" + body +
              "</section>\n";
  return page;
}

std::string render(const HtmlPage& page) {
  std::string head;
  if (!page.description.empty()) {
    const std::string text = escape_markup(page.description);
    head += "<meta name=\"description\" content=\"" + text + "\">\n";
    head += "<meta property=\"og:type\" content=\"article\">\n";
    head += "<meta property=\"og:title\" content=\"" + escape_markup(page.title) + "\">\n";
    head += "<meta property=\"og:description\" content=\"" + text + "\">\n";
    head += "<meta property=\"og:site_name\" content=\"OpenBricks\">\n";
    head += "<meta name=\"twitter:card\" content=\"summary\">\n";
  }
  std::string bar;
  if (!page.nonce.empty()) {
    bar = "<header class=\"bar\"><span class=\"brand\">OpenBricks</span>";
    if (!page.updated.empty())
      bar += "<span class=\"when\">Changed " + escape_markup(page.updated) + "</span>";
    if (!page.editor.empty())
      bar += "<a class=\"button\" href=\"" + escape_markup(page.editor) + "\">Open in editor</a>";
    bar += "</header>\n";
  }
  std::string side, top;
  if (!page.nonce.empty() && page.outline.size() >= kFewHeadings) {
    const std::string list = items(page.outline);
    side = "<nav class=\"outline\" aria-label=\"Outline\">" + list + "</nav>\n";
    top = "<details class=\"outline-top\"><summary>Outline</summary><nav aria-label=\"Outline\">" +
          list + "</nav></details>\n";
  }
  const std::string nonce =
      page.nonce.empty() ? "" : " nonce=\"" + escape_markup(page.nonce) + "\"";
  // From the last mark to the first, so that no text is taken for a mark.
  std::string out(page_text());
  put(out, "{{body}}", page.body);
  put(out, "{{top}}", top);
  put(out, "{{side}}", side);
  put(out, "{{bar}}", bar);
  put(out, "{{style}}", std::string(page_style()) + page.style);
  put(out, "{{nonce}}", nonce);
  put(out, "{{head}}", head);
  put(out, "{{title}}", escape_markup(page.title));
  return out;
}

}  // namespace ob::documents
