#pragma once
#include "sso/scim.h"
#include "sso/service.h"

namespace ob::sso {

struct IdRequest {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(IdRequest, (), (id))

void register_sign_in_api(api::Registry& registry, SignOn& service, Pool& blocking, Pool& slow);
void register_admin_api(api::Registry& registry, SignOn& service, scim::Scim& scim, Pool& slow);
void register_scim_api(api::Registry& registry, scim::Scim& scim, Pool& blocking);

}  // namespace ob::sso
