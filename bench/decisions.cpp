// What a permission decision and the verifying of a token cost, in process: identity on SQLite with
// a catalog of 2,000 tables, groups in groups, roles and grants. Prints JSON of nanoseconds.
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <thread>

#include "base/ids.h"
#include "db/db.h"
#include "identity/accounts.h"
#include "identity/identity.h"
#include "identity/permissions.h"

namespace {

namespace json = boost::json;
using namespace ob;
using namespace ob::identity;
using Clock = std::chrono::steady_clock;

constexpr int kSchemas = 20, kTables = 100, kGroups = 30, kMembers = 40, kRounds = 20, kFresh = 300;
constexpr std::string_view kPassword = "a long password";

struct World {
  explicit World(const std::string& directory)
      : database(db::open("sqlite://" + directory + "/bench.db")),
        identity(open(*database, directory, "", {.bcrypt_cost = 10})) {
    identity->bootstrap("admin@x.org", std::string(kPassword));
    // As the catalog's service does: the workspace around a path, from a map in memory.
    container = std::make_shared<Container>(
        Container{.object = {ObjectType::workspace, new_uuid(), "w", "nobody"}});
    identity->permissions().set_containers([this](const std::string&) { return container; });
    fill();
  }

  void fill() {
    const Caller root = Identity::system();
    auto& permissions = identity->permissions();
    for (int i = 0; i < kMembers; ++i) {
      const std::string email = "u" + std::to_string(i) + "@x.org";
      members.push_back(
          {.user_id = identity->create_user(root, email, "User", std::string(kPassword)).id,
           .email = email});
    }
    std::vector<Group> groups;
    for (int i = 0; i < kGroups; ++i) {
      groups.push_back(permissions.create_group(root, "group " + std::to_string(i)));
      if (i > 0) permissions.add_member(root, groups[i / 2].id, groups[i].id);
      permissions.add_member(root, groups[i].id, members[i % kMembers].user_id);
    }
    // The one who asks is in the deepest group, and has grants of its own on single tables.
    permissions.add_member(root, groups.back().id, members.front().user_id);
    const Role role = permissions.create_role(root, "writers", "", {Privilege::write});
    const Securable catalog{ObjectType::catalog, new_uuid(), "c", "nobody", container->object.id};
    for (int s = 0; s < kSchemas; ++s) {
      const Securable schema{ObjectType::schema, new_uuid(), "c.s" + std::to_string(s), "nobody"};
      const std::vector<Securable> above{schema, catalog};
      // Half of the schemas by a role of a group far up, a quarter by a direct grant.
      if (s % 2 == 0) permissions.grant(root, above, groups.front().id, {.role = role.id});
      if (s % 4 == 1) {
        permissions.grant(root, above, members.front().user_id, {.privileges = {Privilege::read}});
      }
      for (int t = 0; t < kTables; ++t) {
        paths.push_back(
            {{ObjectType::table, new_uuid(), schema.name + ".t", "nobody"}, schema, catalog});
        if (t % 25 == 0) {
          permissions.grant(root, paths.back(), groups[t % kGroups].id,
                            {.privileges = {Privilege::browse}});
        }
      }
    }
  }

  std::unique_ptr<db::Database> database;
  std::unique_ptr<Identity> identity;
  std::shared_ptr<Container> container;
  std::vector<Caller> members;
  std::vector<std::vector<Securable>> paths;
};

double nanoseconds(Clock::duration time) {
  return std::chrono::duration<double, std::nano>(time).count();
}

json::object spread(std::vector<double> values) {
  std::ranges::sort(values);
  const auto at = [&](double part) {
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
  };
  return {{"median", at(0.5)}, {"p99", at(0.99)}, {"most", values.back()}};
}

// Each decision by itself, for the tail; the clock's own cost is taken off.
json::object decide_all(World& world, const Caller& caller, std::int64_t& allowed) {
  std::vector<double> clock, times;
  for (int i = 0; i < 10'000; ++i) {
    const auto start = Clock::now();
    clock.push_back(nanoseconds(Clock::now() - start));
  }
  const double own = spread(clock).at("median").as_double();
  auto& permissions = world.identity->permissions();
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& path : world.paths) {
      const auto start = Clock::now();
      const bool may = permissions.may(caller, Privilege::read, path);
      times.push_back(std::max(0.0, nanoseconds(Clock::now() - start) - own));
      allowed += may;
    }
  }
  return spread(std::move(times));
}

// Right after a change of grants: the rights are read again.
json::object decide_anew(World& world, const Caller& caller) {
  auto& permissions = world.identity->permissions();
  const Caller root = Identity::system();
  std::vector<double> times;
  for (int i = 0; i < kFresh; ++i) {
    const auto& path = world.paths[static_cast<std::size_t>(i)];
    permissions.grant(root, path, world.members.back().user_id,
                      {.privileges = {Privilege::browse}});
    const auto start = Clock::now();
    permissions.may(caller, Privilege::read, path);
    times.push_back(nanoseconds(Clock::now() - start));
  }
  return spread(std::move(times));
}

// Decisions a second with all cores at it.
double at_once(World& world, const Caller& caller, unsigned threads) {
  std::vector<std::thread> all;
  const auto start = Clock::now();
  for (unsigned i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        for (const auto& path : world.paths) {
          world.identity->permissions().may(caller, Privilege::read, path);
        }
      }
    });
  }
  for (auto& thread : all) thread.join();
  return threads * kRounds * static_cast<double>(world.paths.size()) * 1e9 /
         nanoseconds(Clock::now() - start);
}

void tokens(World& world, json::object& out) {
  const Tokens first = world.identity->sign_in("u0@x.org", std::string(kPassword), "127.0.0.1");
  std::vector<std::string> fresh;
  std::string refresh = first.refresh_token;
  for (int i = 0; i < kFresh; ++i) {
    const Tokens next = world.identity->refresh(refresh, "127.0.0.1");
    refresh = next.refresh_token;
    fresh.push_back(next.access_token);
  }
  const auto use = [&](const std::string& token, const std::vector<Securable>& path) {
    const auto start = Clock::now();
    const Caller caller = world.identity->authenticate(token);
    world.identity->permissions().may(caller, Privilege::read, path);
    return nanoseconds(Clock::now() - start);
  };
  std::vector<double> once, again;
  for (std::size_t i = 0; i < fresh.size(); ++i) once.push_back(use(fresh[i], world.paths[i]));
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < fresh.size(); ++i) again.push_back(use(fresh[i], world.paths[i]));
  }
  out["first_use_of_token"] = spread(std::move(once));
  out["token_again"] = spread(std::move(again));
}

}  // namespace

int main() {
  char name[] = "/tmp/ob_bench_XXXXXX";
  const std::string directory = mkdtemp(name);
  int code = 0;
  try {
    World world(directory);
    std::int64_t allowed = 0;
    json::object out;
    out["decision"] = decide_all(world, world.members.front(), allowed);
    out["allowed"] = allowed / kRounds;
    out["paths"] = world.paths.size();
    out["decision_after_change"] = decide_anew(world, world.members.front());
    out["decisions_a_second"] = at_once(world, world.members.front(), 2);
    tokens(world, out);
    std::cout << json::serialize(out) << "\n";
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = 1;
  }
  std::filesystem::remove_all(directory);
  return code;
}
