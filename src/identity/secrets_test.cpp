#include "identity/secrets.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/ids.h"

namespace {

namespace fs = std::filesystem;
using ob::identity::add_master_key;
using ob::identity::load_master_key;
using ob::identity::SecretBox;

class Secrets : public testing::Test {
 protected:
  Secrets() { fs::create_directories(folder); }
  ~Secrets() override { fs::remove_all(folder); }
  std::string write(const std::string& text) const {
    std::ofstream(folder / "key") << text;
    return (folder / "key").string();
  }
  std::string read(const std::string& file) const {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  static std::string line(char c) { return ob::base64_encode(std::string(32, c)); }

  const fs::path folder = fs::temp_directory_path() / ("ob_secrets_" + std::to_string(::getpid()));
};

TEST_F(Secrets, ContextAndKeyMustBeTheSame) {
  const SecretBox box(std::string(32, 'a'));
  const std::string sealed = box.seal("secret", "one");
  EXPECT_EQ(box.open(sealed, "one"), "secret");
  EXPECT_NE(box.seal("secret", "one"), sealed);
  EXPECT_THROW(box.open(sealed, "two"), ob::Error);
  EXPECT_THROW(SecretBox(std::string(32, 'b')).open(sealed, "one"), ob::Error);
  EXPECT_THROW(box.open("short", "one"), ob::Error);
  std::string changed = sealed;
  changed[14] = static_cast<char>(changed[14] ^ 1);
  EXPECT_THROW(box.open(changed, "one"), ob::Error);
}

TEST_F(Secrets, OlderKeysOpenAndTheFirstSeals) {
  const SecretBox old(std::string(32, 'a')), fresh(std::string(32, 'b'));
  const SecretBox both({std::string(32, 'b'), std::string(32, 'a')});
  const std::string sealed = old.seal("secret", "c");
  EXPECT_EQ(both.open(sealed, "c"), "secret");
  EXPECT_FALSE(both.is_current(sealed, "c"));
  const std::string anew = both.seal("secret", "c");
  EXPECT_TRUE(both.is_current(anew, "c"));
  EXPECT_EQ(fresh.open(anew, "c"), "secret");
  EXPECT_THROW(old.open(anew, "c"), ob::Error);
  EXPECT_THROW(SecretBox({std::string(32, 'b'), "short"}), ob::Error);
  EXPECT_THROW(SecretBox(std::vector<std::string>{}), ob::Error);
}

TEST_F(Secrets, Files) {
  EXPECT_EQ(load_master_key(folder, write(line('a') + "\n")).keys(), 1u);
  EXPECT_EQ(load_master_key(folder, write(line('a') + "\r\n\n" + line('b'))).keys(), 2u);
  for (const std::string& bad :
       {std::string(), std::string("x"), line('a') + "\nx", line('a') + " " + line('b'),
        ob::base64_encode(std::string(31, 'a'))}) {
    EXPECT_THROW(load_master_key(folder, write(bad)), ob::Error) << bad;
  }
  EXPECT_THROW(load_master_key(folder, folder / "none"), ob::Error);
  EXPECT_EQ(load_master_key(folder, "", line('a') + "," + line('b')).keys(), 2u);
  EXPECT_THROW(load_master_key(folder, "", "x"), ob::Error);
  EXPECT_THROW(load_master_key(folder, write(line('a')), line('a')), ob::Error);
}

TEST_F(Secrets, ANewKeyGoesFirst) {
  const std::string sealed = load_master_key(folder, "").seal("secret", "c");
  const std::string before = read(folder / "master.key");
  const std::string file = add_master_key(folder, "");
  EXPECT_EQ(file, folder / "master.key");
  const std::string after = read(file);
  EXPECT_TRUE(after.ends_with("\n" + before)) << after;
  const SecretBox both = load_master_key(folder, "");
  EXPECT_EQ(both.keys(), 2u);
  EXPECT_EQ(both.open(sealed, "c"), "secret");
  EXPECT_FALSE(both.is_current(sealed, "c"));
  struct stat info{};
  EXPECT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);  // no draft is left
}

}  // namespace
