#pragma once
// What accounts are told by letter.
#include <string>

#include "mail/mail.h"

namespace ob::identity::letters {

mail::Letter confirm_registration(const std::string& to, const std::string& name,
                                  const std::string& link, Micros until);
mail::Letter already_registered(const std::string& to, const std::string& link);
mail::Letter invitation(const std::string& to, const std::string& inviter, const std::string& link,
                        Micros until);
mail::Letter reset_password(const std::string& to, const std::string& link, Micros until);
mail::Letter password_changed(const std::string& to, const std::string& link);
mail::Letter confirm_email(const std::string& to, const std::string& link, Micros until);
mail::Letter email_changed(const std::string& to, const std::string& fresh);
mail::Letter second_factor_changed(const std::string& to, bool on);
mail::Letter passkey_changed(const std::string& to, const std::string& name, bool added);
mail::Letter account_deleted(const std::string& to);

}  // namespace ob::identity::letters
