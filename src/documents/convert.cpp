#include "documents/convert.h"

#include <openbricks_native/src/convert/bridge.rs.h>
#include <rust/cxx.h>

#include "base/error.h"

namespace ob::documents::convert {
namespace {

namespace native = ob::native::convert;

// Errors start with a digit: 0 for people, 1 a fault of ours.
template <class Work>
auto converted(const char* id, const std::string& what, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const rust::Error& e) {
    const std::string_view text = e.what();
    if (text.starts_with("0 "))
      throw bad_request(id, what + ": " + std::string(text.substr(2)) + ".");
    throw internal("a conversion failed: " + std::string(text));
  } catch (const std::invalid_argument&) {
    throw bad_request(id, what + ": it is not UTF-8 text. Save it as UTF-8.");
  }
}

template <class Work>
auto written(Work work) {
  return converted("documents.cannotWrite", "The document cannot be converted", std::move(work));
}

template <class Work>
auto read(Work work) {
  return converted("documents.cannotRead", "The file cannot be read", std::move(work));
}

rust::Str text_of(std::string_view text) {
  return {text.data(), text.size()};
}

rust::Slice<const std::uint8_t> slice_of(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::string bytes_of(const rust::Vec<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

rust::Vec<native::Image> images_of(const std::vector<Picture>& pictures) {
  rust::Vec<native::Image> out;
  out.reserve(pictures.size());
  for (const Picture& picture : pictures) {
    native::Image image{picture.url, {}};
    image.bytes.reserve(picture.bytes.size());
    for (const char byte : picture.bytes) image.bytes.push_back(static_cast<std::uint8_t>(byte));
    out.push_back(std::move(image));
  }
  return out;
}

rust::Slice<const native::Image> view(const rust::Vec<native::Image>& images) {
  return {images.data(), images.size()};
}

Read read_of(native::Document document) {
  Read out{.ops = std::string(document.ops), .title = std::string(document.title)};
  for (const native::Image& image : document.images)
    out.images.push_back({std::string(image.url), bytes_of(image.bytes)});
  for (const rust::String& note : document.notes) out.notes.emplace_back(note);
  return out;
}

}  // namespace

std::string to_text(std::string_view delta) {
  return written([&] { return std::string(native::to_text(text_of(delta))); });
}

std::string to_markdown(std::string_view delta, std::string_view base) {
  return written([&] { return std::string(native::to_markdown(text_of(delta), text_of(base))); });
}

std::string to_fragment(std::string_view delta) {
  return written([&] { return std::string(native::to_html(text_of(delta), {}, false, "").body); });
}

Html to_html(std::string_view delta, const std::vector<Picture>& images, std::string_view share) {
  return written([&] {
    const auto given = images_of(images);
    const native::Html html = native::to_html(text_of(delta), view(given), true, text_of(share));
    return Html{std::string(html.body), std::string(html.style)};
  });
}

std::string to_docx(std::string_view delta, std::string_view title, std::string_view base,
                    const std::vector<Picture>& images) {
  return written([&] {
    const auto given = images_of(images);
    return bytes_of(native::to_docx(text_of(delta), text_of(title), text_of(base), view(given)));
  });
}

std::string to_pdf(std::string_view delta, std::string_view title, std::string_view base,
                   const std::vector<Picture>& images) {
  return written([&] {
    const auto given = images_of(images);
    return bytes_of(native::to_pdf(text_of(delta), text_of(title), text_of(base), view(given)));
  });
}

std::vector<Heading> outline(std::string_view delta) {
  return written([&] {
    std::vector<Heading> out;
    for (const native::Heading& heading : native::outline(text_of(delta)))
      out.push_back({heading.level, std::string(heading.text), std::string(heading.anchor)});
    return out;
  });
}

std::vector<std::string> image_urls(std::string_view delta) {
  return written([&] {
    std::vector<std::string> out;
    for (const rust::String& url : native::image_urls(text_of(delta))) out.emplace_back(url);
    return out;
  });
}

Read from_text(std::string_view text) {
  return read([&] { return read_of(native::from_text(text_of(text))); });
}

Read from_markdown(std::string_view text) {
  return read([&] { return read_of(native::from_markdown(text_of(text))); });
}

Read from_html(std::string_view html) {
  return read([&] { return read_of(native::from_html(text_of(html))); });
}

Read from_docx(std::string_view bytes) {
  return read([&] { return read_of(native::from_docx(slice_of(bytes))); });
}

std::string place_images(std::string_view ops, const std::vector<std::string>& urls) {
  return read([&] {
    rust::Vec<rust::String> given;
    for (const std::string& url : urls) given.emplace_back(url);
    const rust::Slice<const rust::String> slice(given.data(), given.size());
    return std::string(native::place_images(text_of(ops), slice));
  });
}

}  // namespace ob::documents::convert
