#pragma once
// The tree walk behind rewrite_query(); see rewrite.h.
#include <boost/json.hpp>

#include "base/error.h"
#include "query/rewrite.h"
#include "query/shapes.h"

namespace ob::query {

// One FROM item that names a table, as the columns of its SELECT see it.
struct ScopeTable {
  const boost::json::object* item = nullptr;
  catalog::Name path;     // empty for CTEs
  bool implicit = false;  // no alias of the user's: qualified names may refer to it
  std::string alias;
  int use = -1;           // index into the uses when it is a Delta table
  bool prunable = false;  // WHERE may be used to skip files of it
  bool columns_only = false;
};

struct Scope {
  std::vector<ScopeTable> tables;
};

class Rewriter {
 public:
  Rewriter(Tables& tables, const Caller& caller, const Defaults& defaults,
           const boost::json::value& parameters);
  Rewritten run(boost::json::value statement);

 private:
  using Object = boost::json::object;
  using Value = boost::json::value;
  struct Cte {
    std::string name, unique;
    bool recursive = false;
  };
  // Rights and names that the text being walked refers to.
  struct Frame {
    Caller caller;
    Defaults defaults;
    bool in_view = false;
  };
  class Depth;

  // Nodes and expressions (rewrite.cpp).
  void visit_statement(Object& statement);
  void visit_node(Object& node);
  void visit_select(Object& node);
  void visit_ctes(Object& map);
  void visit_recursive(Object& entry, const std::string& unique);
  void visit_slots(std::string_view shape, Object& object,
                   std::initializer_list<std::string_view> except = {});
  void visit_slot(Slot slot, Value& value);
  void visit_expression(Value& value);
  void replace_type_names(Value& type);
  void visit_function(Value& value);
  static void take_qualifier(Object& function);
  // Functions of SQL (user_function.cpp).
  bool replace_user_function(Value& value);
  bool replace_membership(Value& value);
  Value expanded(const catalog::Function& function, boost::json::array& arguments, bool repeatable);
  void visit_body(const catalog::Function& function, Value& body, const Caller& caller);
  void visit_lookup(const catalog::Function& function, Value& body);
  Value around(boost::json::array& arguments, const Value& body);
  Value parse_expression(const std::string& text);
  Value cast_to(const std::string& type, Value value);
  void visit_parameter(const Object& parameter) const;
  void visit_pivot(Object& pivot);
  bool replace_context_value(Value& value, std::string_view name, bool in_select_list);
  static void check_absent(std::string_view key, const Value& value);
  // Tells the place of `node`, unless it stands in a view.
  [[noreturn]] void throw_at(const Object& node, const Error& error) const;
  template <class Fn>
  auto at(const Object& node, Fn fn) const {
    try {
      return fn();
    } catch (const Error& error) {
      throw_at(node, error);
    }
  }

  // FROM items (rewrite_from.cpp).
  void visit_from(Value& item);
  void visit_table(Object& item);
  void visit_table_function(Value& item);
  void replace_view(Object& item, const Source& view);
  void replace_files(Value& item, const std::string& function);
  void collect_scope(const Object& item, bool prunable);
  void distinguish_aliases(Scope& scope);
  std::optional<TimeTravel> time_travel(const Object& item);
  std::string add_use(TableUse use);
  // Throws ob::Error 400 sql.tooLarge when what is put in place of views and calls grows too much.
  void grow(const Value& tree, std::size_t times = 1);
  ScopeTable* scope_table(const Object& item);
  const Cte* find_cte(const Object& item) const;
  catalog::Name table_name(const Object& item) const;

  // Column names (rewrite_names.cpp).
  void qualify(boost::json::array& names);
  void qualify(Object& qualified);
  // Throws ob::Error 400 sql.wholeRow for what takes in all columns of a table of which only those
  // that are named may be met.
  void require_named_columns(const Object& expression) const;
  const ScopeTable* find_qualified(const std::vector<std::string>& qualifier) const;

  Tables& tables_;
  const Caller invoker_;
  const Value& parameters_;
  Frame frame_;
  std::vector<Cte> ctes_;
  std::vector<Scope> scopes_;
  std::vector<catalog::Name> views_;  // being expanded
  std::string nonce_;
  int depth_ = 0;
  int made_up_ = 0;
  std::size_t grown_ = 0;      // bytes, about
  std::size_t functions_ = 0;  // being expanded
  Rewritten out_;
};

// Conjuncts of WHERE and of inner joins' ON that may skip files (pruning.cpp).
void add_conjuncts(const boost::json::object& select, const Scope& scope,
                   std::vector<TableUse>& uses, const boost::json::value& parameters);

// Whether it means something without brackets: current_user.
bool is_context_word(std::string_view word);

// Helpers on tree values.
bool mentions(const boost::json::value& value, std::string_view kind);  // of expressions
std::string text_of(const boost::json::object& object, std::string_view key);
boost::json::value text_constant(const std::string& text, const boost::json::object& replaced);
// The constant that a parameter stands for; nullopt when it is absent or not a scalar.
std::optional<boost::json::value> parameter_constant(const boost::json::object& parameter,
                                                     const boost::json::value& parameters);

}  // namespace ob::query
