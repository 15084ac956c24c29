#pragma once
// Stores in the cloud: S3, Google Cloud Storage, Azure Blob.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "objects/objects.h"

namespace ob::objects {

enum class Provider { s3, gcs, azure };

// What a URL says, with what the credentials change of it.
struct RemotePlace {
  Provider provider = Provider::s3;
  std::string root;    // what stands before a key in its location: "s3://bucket/prefix/"
  std::string bucket;  // or container
  std::string prefix;  // empty, or ends with '/'
  std::string account;
  std::string endpoint;
  std::string region;
  bool path_style = false;
  bool plain_http = false;
};

// Whether the URL's scheme is that of a cloud store.
bool is_remote(std::string_view url);
// 400 objects.badUrl.
RemotePlace parse_remote(std::string_view url, const Credentials& credentials);

std::unique_ptr<Store> open_remote(const RemotePlace& place, const Credentials& credentials,
                                   const RemoteOptions& options);

// The version that an object's tag means: of [0-9a-f-].
std::string version_of(std::string_view etag);

}  // namespace ob::objects
