#include "net/tls.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/log.h"

namespace ob::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto kLookEach = std::chrono::seconds(1);

std::shared_ptr<asio::ssl::context> make_context(const std::string& certificate,
                                                 const std::string& key) {
  auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  asio::ssl::context& context = *made;
  using Context = asio::ssl::context;
  context.set_options(Context::default_workarounds | Context::no_sslv2 | Context::no_sslv3 |
                      Context::no_tlsv1 | Context::no_tlsv1_1);
  // Only HTTP/1.1 is spoken; a client that offers no ALPN is served as well.
  SSL_CTX_set_alpn_select_cb(
      context.native_handle(),
      [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
         unsigned int in_size, void*) {
        static constexpr unsigned char kOurs[] = "\x08http/1.1";
        unsigned char* chosen = nullptr;
        const int found =
            SSL_select_next_proto(&chosen, size, kOurs, sizeof(kOurs) - 1, in, in_size);
        *out = chosen;
        return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
      },
      nullptr);
  error_code ec;
  context.use_certificate_chain_file(certificate, ec);
  if (ec) {
    throw Error(500, "net.badCertificate",
                "The TLS certificate could not be read: give a PEM file that holds the chain.",
                certificate + ": " + ec.message());
  }
  context.use_private_key_file(key, Context::pem, ec);
  if (ec) {
    throw Error(500, "net.badKey",
                "The TLS key could not be read or does not fit the certificate: give its PEM file.",
                key + ": " + ec.message());
  }
  return made;
}

}  // namespace

Tls::Tls(std::string certificate, std::string key)
    : certificate_(std::move(certificate)),
      key_(std::move(key)),
      context_(make_context(certificate_, key_)),
      stamp_(stamp()),
      looked_at_(Clock::now()) {}

Tls::Stamp Tls::stamp() const {
  struct stat certificate{}, key{};
  ::stat(certificate_.c_str(), &certificate);
  ::stat(key_.c_str(), &key);
  const auto number = [](auto n) { return static_cast<std::int64_t>(n); };
  return {number(certificate.st_ino),          number(certificate.st_mtim.tv_sec),
          number(certificate.st_mtim.tv_nsec), number(key.st_ino),
          number(key.st_mtim.tv_sec),          number(key.st_mtim.tv_nsec)};
}

std::shared_ptr<asio::ssl::context> Tls::context() {
  const auto now = Clock::now();
  if (now - looked_at_ < kLookEach) return context_;
  looked_at_ = now;
  const Stamp found = stamp();
  if (found == stamp_) return context_;
  // Also when it fails: the other of the two files may follow, and is a change again.
  stamp_ = found;
  try {
    context_ = make_context(certificate_, key_);
    log::info("the TLS certificate was read anew");
  } catch (const Error& e) {
    log::error("the new TLS certificate cannot be used, the one of before stays",
               {{"error", std::string_view(e.what())}, {"cause", e.cause()}});
  }
  return context_;
}

}  // namespace ob::net
