#include "notify/letters.h"

#include <algorithm>

namespace ob::notify {
namespace {

// Names and titles are what others typed: nothing that mail programs make a link of, nor a line.
std::string harmless(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool part_of_link = std::string_view("./:@\\<>[]").contains(c);
    out += part_of_link || static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out;
}

std::string happened(const Told& told, bool with_title) {
  std::string who = told.from.empty() ? "A guest" : harmless(told.from);
  const std::string title = with_title ? " “" + harmless(told.item.note.title) + "”" : " it";
  switch (told.item.note.kind) {
    case Kind::mention:
      return who + " mentioned you in" + title;
    case Kind::comment:
      return who + " commented on" + title;
    case Kind::reply:
      return who + " replied in" + title;
    case Kind::share:
      return who + " shared" + title + " with you";
    case Kind::resolved:
      return who + " resolved a comment in" + title;
  }
  return who;
}

}  // namespace

mail::Letter letter_of(const std::string& to, const std::vector<Told>& told, bool more,
                       const std::string& public_url) {
  const Note& last = told.back().item.note;
  const bool one = told.size() == 1;
  mail::Letter out{.to = to};
  const bool talk = std::ranges::none_of(
      told, [](const Told& each) { return each.item.note.kind == Kind::share; });
  out.subject = one ? happened(told.front(), true)
                    : std::to_string(told.size()) + (more ? " or more" : "") +
                          (talk ? " new comments in “" : " pieces of news of “") +
                          harmless(last.title) + "”";
  for (const Told& each : told) {
    std::string text = happened(each, one);
    // What guests write does not leave the server: anybody with a link could send letters.
    if (!each.from.empty() && !each.item.note.text.empty()) text += ": " + each.item.note.text;
    out.paragraphs.push_back(text + (text.ends_with('.') ? "" : "."));
  }
  if (more) out.paragraphs.emplace_back("There is more in your inbox.");
  out.link_text = "Open it";
  out.link = public_url + last.path;
  out.after = {
      "You get this letter because you did not read it in OpenBricks. You can turn such letters "
      "off in your preferences there."};
  return out;
}

}  // namespace ob::notify
