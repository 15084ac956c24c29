#pragma once
// The live files of a snapshot: immutable, shared between versions. A new version costs what its
// commit changed, not the size of the table: files lie in chunks that double in size, and versions
// share chunks. Iteration is in order of addition.
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "delta/actions.h"

namespace ob::delta {

// A persistent set of file actions (Add or Remove) by (decoded path, deletion vector).
template <class T>
class FileSet {
  struct Chunk {
    std::vector<std::shared_ptr<const T>> items;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> index;  // hash of key → position, sorted
  };
  struct Part {
    std::shared_ptr<const Chunk> chunk;
    std::shared_ptr<const std::vector<bool>> dead;  // null: all live
    std::size_t live = 0;
    bool alive(std::size_t i) const { return !dead || !(*dead)[i]; }
  };

 public:
  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    const_iterator() = default;
    reference operator*() const { return *(*parts_)[part_].chunk->items[item_]; }
    pointer operator->() const { return &**this; }
    const_iterator& operator++() {
      ++item_;
      settle();
      return *this;
    }
    const_iterator operator++(int) {
      auto old = *this;
      ++*this;
      return old;
    }
    bool operator==(const const_iterator& o) const { return part_ == o.part_ && item_ == o.item_; }

   private:
    friend class FileSet;
    const_iterator(const std::vector<Part>* parts, std::size_t part) : parts_(parts), part_(part) {
      settle();
    }
    void settle() {
      for (; part_ < parts_->size(); ++part_, item_ = 0) {
        const Part& part = (*parts_)[part_];
        while (item_ < part.chunk->items.size() && !part.alive(item_)) ++item_;
        if (item_ < part.chunk->items.size()) return;
      }
    }
    const std::vector<Part>* parts_ = nullptr;
    std::size_t part_ = 0, item_ = 0;
  };
  using value_type = T;

  const_iterator begin() const { return {&parts_, 0}; }
  const_iterator end() const { return {&parts_, parts_.size()}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& front() const { return *begin(); }

  // The file of this key (file_key()'s), or null.
  std::shared_ptr<const T> find(std::string_view key) const;

  // Changes one version into the next: collects additions and removals, then seals them. Only
  // used while a snapshot is being built.
  class Builder {
   public:
    explicit Builder(FileSet base) : set_(std::move(base)) {}
    // Replaces an item of the same key; gives back what was there.
    std::shared_ptr<const T> put(std::shared_ptr<const T> item);
    std::shared_ptr<const T> erase(const std::string& key);
    FileSet build();

   private:
    FileSet set_;
    std::vector<std::shared_ptr<const T>> fresh_;  // null where erased again
    std::unordered_map<std::string, std::size_t> fresh_index_;
  };

 private:
  std::optional<std::pair<std::size_t, std::size_t>> locate(std::string_view key) const;
  std::shared_ptr<const T> erase(std::string_view key);
  void append(std::vector<std::shared_ptr<const T>> items);

  std::vector<Part> parts_;
  std::size_t size_ = 0;
};

using FileList = FileSet<Add>;

// Identity of a logical file: decoded path and unique id of the deletion vector.
std::string file_key(const std::string& path, const std::optional<DeletionVector>& dv);
inline std::string file_key(const Add& a) {
  return file_key(a.path, a.deletion_vector);
}
inline std::string file_key(const Remove& r) {
  return file_key(r.path, r.deletion_vector);
}

extern template class FileSet<Add>;
extern template class FileSet<Remove>;

}  // namespace ob::delta
