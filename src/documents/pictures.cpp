// Attachments as the pictures of exports and imports.
#include "base/error.h"
#include "documents/attachments.h"
#include "documents/export_api.h"

namespace ob::documents {

PictureFiles picture_files(Attachments& attachments) {
  PictureFiles out;
  out.read = [&attachments](const Visitor& visitor, const std::string& document,
                            const std::string& file) -> std::optional<std::string> {
    try {
      const auto found = attachments.open(visitor, document, file);
      std::string bytes(static_cast<std::size_t>(found.reader->size()), '\0');
      std::size_t at = 0;
      while (at < bytes.size()) {
        const auto rest = std::as_writable_bytes(std::span(bytes).subspan(at));
        const std::size_t read = found.reader->read(static_cast<std::int64_t>(at), rest);
        if (read == 0) return std::nullopt;
        at += read;
      }
      return bytes;
    } catch (const Error& e) {
      if (e.status() >= 500) throw;
      return std::nullopt;
    }
  };
  out.store = [&attachments](const Visitor& visitor, const std::string& document,
                             const std::string& name, const std::string& bytes) {
    const auto receiving = attachments.receive(visitor, document, name);
    receiving->write(std::as_bytes(std::span(bytes)));
    return "/api/v1/documents/" + document + "/files/" + receiving->finish().id;
  };
  return out;
}

}  // namespace ob::documents
