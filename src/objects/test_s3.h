#pragma once
// The S3 server of the tests (tests/harness/s3.py), which OPENBRICKS_TEST_S3 names.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/ids.h"
#include "objects/objects.h"

namespace ob::objects::test {

inline std::string s3_endpoint() {
  const char* url = std::getenv("OPENBRICKS_TEST_S3");
  if (!url) {
    throw std::runtime_error(
        "OPENBRICKS_TEST_S3 is not set: run `./dev test cpp`, or "
        "`.venv/bin/python -m tests.harness.s3 -- COMMAND`");
  }
  return url;
}

inline Credentials s3_credentials() {
  return {.access_key = "test", .secret_key = "very-secret", .endpoint = s3_endpoint()};
}

// Short times, so that faults are found out soon.
inline RemoteOptions quick() {
  return {.attempts = 4, .attempt_timeout_ms = 2000, .backoff_ms = 5, .part_bytes = 5 << 20};
}

inline std::unique_ptr<Store> open_s3(const std::string& prefix,
                                      const RemoteOptions& options = quick()) {
  return open("s3://test/" + prefix, s3_credentials(), options);
}

// The same server, spoken to as Google Cloud Storage.
inline std::unique_ptr<Store> open_gcs(const std::string& prefix) {
  return open("gs://test/" + prefix, {.endpoint = s3_endpoint() + "/gcs"}, quick());
}

// The body of the answer to a request to the server itself, not to S3.
inline std::string ask_server(const std::string& method, const std::string& path,
                              const std::string& body = "") {
  const std::string url = s3_endpoint();
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("the S3 server of the tests cannot be reached");
  }
  const std::string request = method + " " + path +
                              " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                              "Content-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  EXPECT_EQ(::send(fd, request.data(), request.size(), 0), std::ssize(request));
  std::string answer;
  std::array<char, 4096> buffer;
  for (ssize_t n; (n = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 20")) << method << " " << path << ": " << answer;
  return answer.substr(std::min(answer.find("\r\n\r\n") + 4, answer.size()));
}

inline void inject(const std::string& rules) {
  ask_server("POST", "/_faults", rules);
}

// The methods of the requests for keys with that part, in their order: "PUT HEAD PUT".
inline std::string seen(const std::string& part) {
  return ask_server("GET", "/_seen?key=" + part);
}

}  // namespace ob::objects::test
