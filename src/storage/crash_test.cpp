// The process is killed at random points of uploads: what was acknowledged is whole, nothing half
// is visible, and resumable uploads go on.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "storage/testing.h"

namespace ob::storage {
namespace {

constexpr std::size_t kPiece = 100'000, kPieces = 3;

class StorageCrashTest : public StorageFixture {
 protected:
  static std::string content(std::int64_t n) {
    return std::string(kPiece * kPieces, static_cast<char>('a' + n % 26));
  }

  // Odd files by resumable upload, even ones at once; tells of each when it is done.
  [[noreturn]] void upload_until_killed(std::int64_t first, int channel) {
    start();
    for (std::int64_t n = first;; ++n) {
      const std::string path = at("d" + std::to_string(n % 2) + "/" + std::to_string(n));
      const std::string all = content(n);
      if (n % 2 == 0) {
        auto incoming = service_->receive(bob_, path, true, {});
        for (std::size_t i = 0; i < kPieces; ++i) {
          incoming->write(bytes(all).subspan(i * kPiece, kPiece));
        }
        incoming->finish();
      } else {
        const auto upload =
            service_->create_upload(bob_, path, static_cast<std::int64_t>(all.size()), true);
        for (std::size_t i = 0; i < kPieces; ++i) {
          auto part = service_->append(bob_, upload.id, static_cast<std::int64_t>(i * kPiece));
          part->write(bytes(all).subspan(i * kPiece, kPiece));
          part->finish();
        }
        service_->finish_upload(bob_, upload.id);
      }
      if (::write(channel, &n, sizeof n) != sizeof n) _exit(1);
    }
  }

  std::int64_t run_and_kill(std::int64_t first, unsigned micros) {
    int channel[2];
    EXPECT_EQ(pipe(channel), 0);
    const pid_t child = fork();
    EXPECT_GE(child, 0);
    if (child == 0) upload_until_killed(first, channel[1]);
    close(channel[1]);
    usleep(micros);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::int64_t acknowledged = first - 1, n;
    while (::read(channel[0], &n, sizeof n) == sizeof n) acknowledged = n;
    close(channel[0]);
    return acknowledged;
  }
};

TEST_F(StorageCrashTest, AcknowledgedIsWholeAndNothingIsHalf) {
  std::mt19937 random(7);
  std::int64_t next = 0, total = 0;
  for (int round = 0; round < 10; ++round) {
    service_.reset();
    objects_.reset();
    database_.reset();
    const std::int64_t acknowledged = run_and_kill(next, 20'000 + random() % 80'000);
    start();
    for (std::int64_t n = next; n <= acknowledged; ++n) {
      EXPECT_EQ(get(at("d" + std::to_string(n % 2) + "/" + std::to_string(n))), content(n));
    }
    for (const auto& info : objects_->list("volumes/", "", 100'000, false)) {
      const auto number = std::stoll(info.key.substr(info.key.rfind('/') + 1));
      EXPECT_EQ(objects_->get(info.key, 1 << 20), content(number)) << info.key;
    }
    // Uploads that were cut short tell how far they came, and can be finished.
    const auto rows =
        database_->reading([](db::Tx& tx) { return tx.query("SELECT id FROM storage_uploads"); });
    for (const auto& row : rows) {
      const auto upload = service_->upload(bob_, row.text(0));
      const auto number = std::stoll(upload.path.substr(upload.path.rfind('/') + 1));
      const std::string all = content(number);
      if (upload.offset < upload.bytes) {
        auto part = service_->append(bob_, upload.id, upload.offset);
        part->write(bytes(all).subspan(static_cast<std::size_t>(upload.offset)));
        part->finish();
      }
      service_->finish_upload(bob_, upload.id);
      EXPECT_EQ(get(upload.path), all);
    }
    EXPECT_TRUE(objects_->staged().empty());
    total += acknowledged + 1 - next;
    next = acknowledged + 2;
  }
  EXPECT_GT(total, 0);
}

}  // namespace
}  // namespace ob::storage
