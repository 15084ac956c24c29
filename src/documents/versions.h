#pragma once
// Versions of documents: named ones, and automatic ones that are kept while people edit and thinned
// out as they grow old. A version holds the whole Yjs state, compressed, and its content as a
// delta, in the object store. Editors see and keep them: what was deleted stands in them.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "documents/surroundings.h"
#include "objects/objects.h"

namespace ob::documents {

struct Version {
  std::string id, document;
  std::string name;  // empty: none
  bool automatic = false;
  Micros created_at = 0;
  std::vector<std::string> authors;   // since the version before, by id; "" is a guest
  std::int64_t words = 0, bytes = 0;  // of the text; of the delta
  std::string digest;                 // of the content
};
struct VersionPage {
  std::vector<Version> versions;  // newest first
  std::string next;               // cursor; empty at the end
};
struct Shown {
  Version version;
  std::string delta;                // {"ops": […]}
  std::optional<std::string> diff;  // the same with marks, where it was compared
};

// All block and are thread-safe. 404 documents.versionNotFound.
class Versions {
 public:
  virtual ~Versions() = default;

  virtual VersionPage list(const Visitor&, const std::string& document, const std::string& after,
                           std::size_t limit) = 0;
  // As it is now. 200 named ones at most (409 documents.tooManyVersions).
  virtual Version create(const Visitor&, const std::string& document, const std::string& name) = 0;
  // An automatic one with a name is kept like any other that has one.
  virtual Version rename(const Visitor&, const std::string& document, const std::string& version,
                         const std::string& name) = 0;
  // `compare`: another version or "current"; empty: none. The difference leads from the older of
  // the two to the newer.
  virtual Shown get(const Visitor&, const std::string& document, const std::string& version,
                    const std::string& compare) = 0;
  // Makes the content what it was, as a change like any other; a version keeps what it was before.
  virtual Document restore(const Visitor&, const std::string& document,
                           const std::string& version) = 0;
  virtual void remove(const Visitor&, const std::string& document, const std::string& version) = 0;

  // --- the server's own work
  virtual void changed(const collab::Change&) = 0;
  // Keeps one version that is due: after a pause of 10 min in editing, after 30 min of steady
  // editing, and when the last one left; at most one each 10 min. False: there was none.
  virtual bool keep_one(Micros now) = 0;
};

std::unique_ptr<Versions> open_versions(const Surroundings&, collab::Contents&,
                                        std::shared_ptr<objects::Store>);

// Which automatic versions are too many by now, of those newest first: one an hour is kept after a
// day, one a day after 30 days, and at most 1,000.
std::vector<std::string> superfluous(const std::vector<Version>& automatic, Micros now);

}  // namespace ob::documents
