#pragma once
#include <functional>
#include <map>
#include <string>

#include "api/api.h"
#include "documents/documents.h"

namespace ob::documents {

// Who asks an endpoint that answers guests too (Doc::guests).
Visitor visitor_of(const api::Context&);

// Another form of the content than delta and text: what it is, and how it is made of a delta.
struct Format {
  std::string type;  // "text/markdown; charset=utf-8"
  std::function<std::string(const Document&, const std::string& delta)> render;
};
using Formats = std::map<std::string, Format>;  // by the name in ?format=

// `sign_ins`: where passwords are hashed.
void register_api(api::Registry&, Service&, Pool& blocking, Pool& sign_ins, Formats formats = {});

}  // namespace ob::documents
