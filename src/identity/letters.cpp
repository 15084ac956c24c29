#include "identity/letters.h"

namespace ob::identity::letters {
namespace {

// Names are what strangers typed: nothing that mail programs make a link of.
std::string harmless(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, 100)) {
    out += std::string_view("./:@\\<>[]").contains(c) ? ' ' : c;
  }
  return out;
}

const std::string kNotYou =
    "If this was not you, somebody else knows your password or reads your mail: set a new password "
    "at once, and tell an administrator.";

}  // namespace

mail::Letter confirm_registration(const std::string& to, const std::string& name,
                                  const std::string& link, Micros until) {
  return {.to = to,
          .subject = "Confirm your email address",
          .paragraphs = {"Somebody, we hope you, made an account for “" + harmless(name) +
                         "” with this email address. It works once you confirm it."},
          .link_text = "Confirm the address",
          .link = link,
          .after = {"The link works once, for 24 hours. If you did not ask for an account, do not "
                    "open it: whoever did would get one in your name."},
          .good_until = until};
}

mail::Letter already_registered(const std::string& to, const std::string& link) {
  return {.to = to,
          .subject = "You already have an account",
          .paragraphs = {"Somebody, perhaps you, tried to make an account with this email address. "
                         "You have one already: sign in with it, or set a new password if you do "
                         "not remember yours."},
          .link_text = "Sign in",
          .link = link,
          .after = {"If this was not you, there is nothing that you need to do."}};
}

mail::Letter invitation(const std::string& to, const std::string& inviter, const std::string& link,
                        Micros until) {
  return {.to = to,
          .subject = "You are invited to OpenBricks",
          .paragraphs = {inviter + " invites you to OpenBricks, a workspace for data and AI."},
          .link_text = "Accept the invitation",
          .link = link,
          .after = {"The link works once, for 7 days."},
          .good_until = until};
}

mail::Letter reset_password(const std::string& to, const std::string& link, Micros until) {
  return {
      .to = to,
      .subject = "Set a new password",
      .paragraphs = {"Somebody, we hope you, asked for a new password of your account."},
      .link_text = "Set a new password",
      .link = link,
      .after = {"The link works once, for one hour. If you did not ask for it, there is nothing "
                "that you need to do: your password stays as it is."},
      .good_until = until};
}

mail::Letter password_changed(const std::string& to, const std::string& link) {
  return {.to = to,
          .subject = "Your password was changed",
          .paragraphs = {"The password of your account was changed, and all its sessions ended."},
          .link_text = "Sign in",
          .link = link,
          .after = {kNotYou}};
}

mail::Letter confirm_email(const std::string& to, const std::string& link, Micros until) {
  return {
      .to = to,
      .subject = "Confirm your new email address",
      .paragraphs = {"You asked to use this email address for your account from now on."},
      .link_text = "Confirm the address",
      .link = link,
      .after = {"The link works once, for 24 hours. If you did not ask for it, do not open it."},
      .good_until = until};
}

mail::Letter email_changed(const std::string& to, const std::string& fresh) {
  return {.to = to,
          .subject = "Your email address was changed",
          .paragraphs = {"Your account now has the email address " + fresh +
                         ". Letters no longer come to this one."},
          .after = {"If this was not you, tell an administrator at once."}};
}

mail::Letter second_factor_changed(const std::string& to, bool on) {
  const std::string what = on ? "was turned on" : "was turned off";
  return {.to = to,
          .subject = "Your second factor " + what,
          .paragraphs = {"Signing in to your account with a second factor " + what + "."},
          .after = {kNotYou}};
}

mail::Letter passkey_changed(const std::string& to, const std::string& name, bool added) {
  const std::string what = added ? "added to" : "removed from";
  return {.to = to,
          .subject = "A passkey was " + what + " your account",
          .paragraphs = {"The passkey “" + harmless(name) + "” was " + what + " your account."},
          .after = {"If this was not you, somebody else can use your account: set a new password "
                    "and look at your passkeys at once, and tell an administrator."}};
}

mail::Letter account_deleted(const std::string& to) {
  return {.to = to,
          .subject = "Your account was deleted",
          .paragraphs = {"Your account was deleted, as you asked."},
          .after = {"If this was not you, tell an administrator at once."}};
}

}  // namespace ob::identity::letters
