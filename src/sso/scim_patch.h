#pragma once
// Changes of SCIM resources (RFC 7644, 3.5.2), in the dialects of Okta and Entra too.
#include <boost/json/object.hpp>

namespace ob::sso::scim {

// Applies the operations of a PatchOp message, at most 1,000. Throws 400 with scimType
// invalidSyntax, invalidPath, invalidValue or noTarget; the resource is then half changed.
void patch(boost::json::object& resource, const boost::json::object& message);

}  // namespace ob::sso::scim
