// GRANT, REVOKE and SHOW GRANTS: Databricks' words for privileges, and roles.
#include <array>
#include <utility>

#include "base/error.h"
#include "query/parser.h"

namespace ob::query {
namespace {

using identity::ObjectType;
using identity::Privilege;
using identity::Privileges;

constexpr std::array<std::pair<std::string_view, Privilege>, 26> kWords{{
    {"select", Privilege::read},
    {"read volume", Privilege::read},
    {"read files", Privilege::read},
    {"execute", Privilege::read},
    {"read", Privilege::read},
    {"modify", Privilege::write},
    {"write volume", Privilege::write},
    {"write files", Privilege::write},
    {"write", Privilege::write},
    {"create catalog", Privilege::create},
    {"create schema", Privilege::create},
    {"create database", Privilege::create},
    {"create table", Privilege::create},
    {"create view", Privilege::create},
    {"create volume", Privilege::create},
    {"create external table", Privilege::create},
    {"create function", Privilege::create},
    {"create model", Privilege::create},
    {"create", Privilege::create},
    {"use catalog", Privilege::browse},
    {"use schema", Privilege::browse},
    {"use database", Privilege::browse},
    {"usage", Privilege::browse},
    {"browse", Privilege::browse},
    {"manage", Privilege::manage},
    {"own", Privilege::manage},
}};

Privileges one_privilege(Cursor& cursor) {
  if (cursor.accept("all")) {
    cursor.accept("privileges");
    return {Privilege::read, Privilege::write, Privilege::create, Privilege::browse};
  }
  for (const auto& [words, privilege] : kWords) {
    if (cursor.accept_words(words)) return {privilege};
  }
  cursor.fail(
      "a privilege such as SELECT, MODIFY, CREATE TABLE, USE SCHEMA, MANAGE or ALL PRIVILEGES");
}

ObjectOfGrants parse_object(Cursor& cursor) {
  ObjectOfGrants object;
  if (cursor.accept("server") || cursor.accept("metastore")) {
    object.type = ObjectType::server;
    return object;
  }
  constexpr std::array<std::pair<std::string_view, ObjectType>, 7> kinds{{
      {"catalog", ObjectType::catalog},
      {"schema", ObjectType::schema},
      {"database", ObjectType::schema},
      {"table", ObjectType::table},
      {"view", ObjectType::table},
      {"volume", ObjectType::volume},
      {"function", ObjectType::function},
  }};
  for (const auto& [word, kind] : kinds) {
    // A table may be called "schema": then no name follows.
    const Token& next = cursor.peek(1);
    const bool named = next.kind != TokenKind::end && next.kind != TokenKind::symbol &&
                       !next.is_word("to") && !next.is_word("from");
    if (cursor.next_is(word) && named) {
      cursor.skip();
      object.type = kind;
      break;
    }
  }
  object.name = cursor.qualified_name("the name of an object");
  return object;
}

std::string parse_principal(Cursor& cursor) {
  if (cursor.accept_words("account users")) return std::string(identity::everyone);
  cursor.accept("user");
  cursor.accept("group");
  if (cursor.peek().kind == TokenKind::string) return cursor.text_literal("a principal");
  return cursor.identifier("a user's email in backticks, the name of a group, or everyone");
}

}  // namespace

Statement parse_grant(Cursor& cursor) {
  ChangeGrants statement;
  statement.revoke = cursor.next_is("revoke");
  const std::string what = statement.revoke ? "REVOKE" : "GRANT";
  cursor.skip();
  if (cursor.accept("role")) {
    statement.granted.role = cursor.peek().kind == TokenKind::string ? cursor.text_literal("a role")
                                                                     : cursor.identifier("a role");
  } else {
    do {
      statement.granted.privileges.add(one_privilege(cursor));
    } while (cursor.accept_symbol(","));
  }
  cursor.expect("on");
  statement.object = parse_object(cursor);
  cursor.expect(statement.revoke ? "from" : "to");
  do {
    statement.principals.push_back(parse_principal(cursor));
  } while (cursor.accept_symbol(","));
  cursor.expect_end(what);
  return statement;
}

Statement parse_show_grants(Cursor& cursor) {
  ShowGrants show;
  if (!cursor.next_is("on")) show.principal = parse_principal(cursor);
  cursor.expect("on");
  show.object = parse_object(cursor);
  cursor.expect_end("SHOW GRANTS");
  return show;
}

}  // namespace ob::query
