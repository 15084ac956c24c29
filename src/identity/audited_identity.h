#pragma once
#include "identity/audited_accounts.h"

namespace ob::identity {

// Identity whose changes stand in the audit log. Sign-in, refresh and sign-out tell of themselves.
class AuditedIdentity final : public IdentityService {
 public:
  using IdentityService::IdentityService;

  void change_password(const Caller&, const std::string& current,
                       const std::string& fresh) override;
  User create_user(const Caller&, const std::string& email, const std::string& name,
                   const std::string& password) override;
  void delete_user(const Caller&, const std::string& id) override;
  std::pair<ApiKey, std::string> create_key(const Caller&, const std::string& name,
                                            std::optional<Micros> expires_at,
                                            const Scopes& scopes) override;
  void delete_key(const Caller&, const std::string& id) override;
  Tokens view_as(const Caller&, const std::string& user_id) override;
};

}  // namespace ob::identity
