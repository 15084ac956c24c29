#include "mail/smtp.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/error.h"

namespace ob::mail {
namespace {

constexpr long kConnectSeconds = 15, kSeconds = 60;

struct FreeUrl {
  void operator()(CURLU* u) const { curl_url_cleanup(u); }
};
struct FreeEasy {
  void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct FreeList {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

Error bad_url() {
  return bad_request("mail.badSetting",
                     "Setting 'smtp_url' must be smtp://user:password@host:port or smtps://…, "
                     "without a path; user and password may be left out.");
}

std::string part(CURLU* url, CURLUPart which, unsigned flags) {
  char* text = nullptr;
  const CURLUcode code = curl_url_get(url, which, &text, flags);
  const std::string out = code == CURLUE_OK && text ? text : "";
  curl_free(text);
  return out;
}

bool is_loopback(const std::string& host) {
  // A name such as 127.example.org is none.
  const bool digits = host.find_first_not_of("0123456789.") == host.npos;
  return host == "localhost" || (digits && host.starts_with("127.")) || host == "[::1]";
}

struct Upload {
  const std::string& bytes;
  std::size_t at = 0;
};

std::size_t on_read(char* out, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const std::size_t n = upload.bytes.copy(out, size * count, upload.at);
  upload.at += n;
  return n;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<const std::function<bool()>*>(user))() ? 1 : 0;
}

// What a server says of a mailbox or a message that it will never take (RFC 5321, 4.2.3).
bool is_final(long code) {
  return code == 550 || code == 551 || code == 553 || code == 554 || code == 552;
}

}  // namespace

Smtp parse_smtp(const std::string& text, const std::string& ca_file) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) throw bad_url();
  const std::string scheme = part(url.get(), CURLUPART_SCHEME, 0);
  const std::string host = part(url.get(), CURLUPART_HOST, 0);
  const std::string port = part(url.get(), CURLUPART_PORT, 0);
  const std::string path = part(url.get(), CURLUPART_PATH, 0);
  if ((scheme != "smtp" && scheme != "smtps") || host.empty() || path.size() > 1 ||
      !part(url.get(), CURLUPART_QUERY, 0).empty()) {
    throw bad_url();
  }
  Smtp out{.url = scheme + "://" + host + (port.empty() ? "" : ":" + port),
           .user = part(url.get(), CURLUPART_USER, CURLU_URLDECODE),
           .password = part(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE),
           .ca_file = ca_file};
  out.demand_tls = !out.user.empty() && !is_loopback(host);
  return out;
}

Delivery deliver(const Smtp& server, const std::string& from, const std::string& to,
                 const std::string& message, const std::function<bool()>& stopping) {
  std::unique_ptr<CURL, FreeEasy> curl(curl_easy_init());
  std::unique_ptr<curl_slist, FreeList> recipients(
      curl_slist_append(nullptr, ("<" + to + ">").c_str()));
  if (!curl || !recipients) throw std::bad_alloc();
  const std::string sender = "<" + from + ">";
  char error[CURL_ERROR_SIZE] = "";
  Upload upload{message};
  CURL* c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(c, CURLOPT_USE_SSL,
                   static_cast<long>(server.demand_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!server.ca_file.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, server.ca_file.c_str());
  if (!server.user.empty()) {
    curl_easy_setopt(c, CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(c, CURLOPT_PASSWORD, server.password.c_str());
  }
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(c, CURLOPT_TIMEOUT, kSeconds);
  curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(c, CURLOPT_XFERINFODATA, &stopping);
  curl_easy_setopt(c, CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(c, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(c, CURLOPT_READDATA, &upload);
  const CURLcode code = curl_easy_perform(c);
  if (code == CURLE_OK) return {.done = true};
  long response = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &response);
  const std::string why = error[0] ? error : curl_easy_strerror(code);
  return {.hopeless = code != CURLE_LOGIN_DENIED && is_final(response), .error = why};
}

}  // namespace ob::mail
