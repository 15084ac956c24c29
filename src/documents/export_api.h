#pragma once
// Documents as files, files as documents, and the pages that whoever has a link reads without a
// script.
#include <functional>
#include <optional>
#include <string>

#include "documents/api.h"

namespace ob::documents {

// Pictures that lie beside a document; either may be null.
struct PictureFiles {
  // Bytes of the file with this id; none: there is none, or it is too large.
  std::function<std::optional<std::string>(const Visitor&, const std::string& document,
                                           const std::string& file)>
      read;
  // Keeps them; gives the address for the content.
  std::function<std::string(const Visitor&, const std::string& document, const std::string& name,
                            const std::string& bytes)>
      store;
};

class Attachments;
PictureFiles picture_files(Attachments&);  // that outlive it

struct ExportOptions {
  std::function<std::string()> public_url;
  PictureFiles pictures;
};

// html and markdown for GET …/content?format=.
Formats formats(std::function<std::string()> public_url);
void register_export_api(api::Registry&, Service&, Pool& blocking, ExportOptions options);
// GET /d/{id}, GET and POST /s/{token}. `sign_ins`: where passwords are checked.
void register_pages(api::Registry&, Service&, Pool& blocking, Pool& sign_ins);

}  // namespace ob::documents
