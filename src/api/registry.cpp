#include <algorithm>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "api/api.h"
#include "api/binding.h"
#include "base/error.h"

namespace ob::api {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxJsonDepth = 32;
// JSON up to this size is parsed on the strand of the connection.
constexpr std::size_t kSmallBody = 64 * 1024;

const wire::Member* find(std::span<const wire::Member> members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const wire::Member& m) { return m.name == name; });
  return found == members.end() ? nullptr : &*found;
}

// "{name}" or "{name...}" gives the name.
std::string_view part_name(std::string_view segment) {
  if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return {};
  segment = segment.substr(1, segment.size() - 2);
  if (segment.ends_with("...")) segment.remove_suffix(3);
  return segment;
}

bool takes_rest(std::string_view segment) {
  return segment.ends_with("...}");
}

// "Application/JSON; charset=utf-8" gives "application/json".
std::string media_type(std::string_view header) {
  std::string out(header.substr(0, header.find(';')));
  while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

void require_json(std::string_view header) {
  const std::string type = media_type(header);
  if (type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"))) {
    return;
  }
  throw Error(415, "request.unsupportedMediaType",
              "The body must be JSON: send the header Content-Type: application/json.");
}

void require_consumed(std::string_view header, const std::vector<std::string>& consumes) {
  const std::string type = media_type(header);
  if (type.empty() || consumes.empty()) return;
  std::string list;
  for (const std::string& one : consumes) {
    if (one == type || one == "*/*" || one == "application/octet-stream") return;
    list += (list.empty() ? "" : ", ") + one;
  }
  throw Error(415, "request.unsupportedMediaType", "The body's Content-Type must be " + list + ".");
}

constexpr std::string_view kShare = "share";

// What a guest proves a shared thing with; more than any is long is none.
std::string share_of(const net::Request& request) {
  constexpr std::size_t kMost = 1024;
  std::string out(request.header("x-share"));
  for (const auto& [name, text] : net::parse_query(request.query)) {
    if (out.empty() && name == kShare) out = text;
  }
  return out.size() > kMost ? std::string() : out;
}

// Path and query into one object. Parameters that the type does not know stay in it, where the
// decoder names them.
json::object bind_texts(const Binding& binding, const net::Request& request,
                        const std::vector<std::string>& path_values) {
  json::object in;
  wire::Problems problems;
  for (std::size_t i = 0; i < binding.path.size(); ++i) {
    wire::put_text(in, binding.path[i], path_values.at(i), problems);
  }
  for (const auto& [name, text] : net::parse_query(request.query)) {
    if (const wire::Member* member = find(binding.query, name)) {
      wire::put_text(in, *member, text, problems);
    } else if (!binding.open_query && !(binding.guests && name == kShare)) {
      problems.add(wire::Path{}.member(name), "is not a query parameter here");
    }
  }
  problems.raise();
  return in;
}

void bind_body(const Binding& binding, std::string_view text, json::object& in) {
  if (text.empty()) return;
  json::value body = parse_json(text);
  wire::Problems problems;
  if (json::object* fields = body.if_object()) {
    for (auto& [key, value] : *fields) {
      const std::string_view name(key.data(), key.size());
      if (find(binding.path, name)) {
        problems.add(wire::Path{}.member(name), "comes from the path: leave it out of the body");
      } else {
        in[key] = std::move(value);
      }
    }
  } else {
    problems.add(wire::Path{}, "must be a JSON object");
  }
  problems.raise();
}

asio::awaitable<std::string> read_body(const Binding& binding, net::Exchange& exchange,
                                       std::int64_t limit) {
  if (!binding.reads_body) co_return std::string();
  std::string text = co_await exchange.read_all(limit);
  if (!text.empty()) require_json(exchange.request().header("content-type"));
  co_return text;
}

asio::awaitable<void> run_json(std::shared_ptr<const Route> route, Context& context,
                               net::Exchange& exchange,
                               const std::vector<std::string>& path_values) {
  json::object in = bind_texts(*route->binding, exchange.request(), path_values);
  std::string body = co_await read_body(*route->binding, exchange, route->max_json_bytes);
  const bool empty = route->status == 204;
  // Parsing, deciding and writing JSON may all take a while: the pool does it in one go.
  auto work = [&context, route, empty, in = std::move(in), body = std::move(body)]() mutable {
    bind_body(*route->binding, body, in);
    const json::value out = route->invoke(context, json::value(std::move(in)));
    return empty ? std::string() : json::serialize(out);
  };
  net::Response response{.status = route->status};
  response.body = co_await route->pool->run(std::move(work));
  if (!empty) response.headers.emplace_back("Content-Type", "application/json");
  for (auto& header : context.response_headers) response.headers.push_back(std::move(header));
  co_await exchange.respond(std::move(response));
}

asio::awaitable<void> run_stream(std::shared_ptr<const Route> route, Context& context,
                                 net::Exchange& exchange,
                                 const std::vector<std::string>& path_values) {
  json::object in = bind_texts(*route->binding, exchange.request(), path_values);
  if (!route->binding->reads_body) {
    require_consumed(exchange.request().header("content-type"), route->consumes);
  }
  std::string body = co_await read_body(*route->binding, exchange, route->max_json_bytes);
  if (body.size() <= kSmallBody) {
    bind_body(*route->binding, body, in);
  } else {
    auto work = [route, &in, &body] { bind_body(*route->binding, body, in); };
    co_await route->pool->run(std::move(work));
  }
  co_await route->stream(context, json::value(std::move(in)), exchange);
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

json::value parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::parser parser({}, options);
  boost::system::error_code failed;
  const std::size_t used = parser.write_some(text.data(), text.size(), failed);
  const std::string_view rest = text.substr(std::min(used, text.size()));
  const std::size_t extra = rest.find_first_not_of(" \t\r\n");
  if (!failed && extra == std::string_view::npos) return parser.release();
  const std::size_t at = std::min(failed ? used : used + extra, text.size());
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  std::string reason = failed ? failed.message() : "text follows the value";
  if (failed == json::error::too_deep) {
    reason = "nested more than " + std::to_string(kMaxJsonDepth) + " levels deep";
  }
  throw bad_request("request.badJson", "The body is not valid JSON: " + reason + ", at line " +
                                           std::to_string(line) + ", offset " + std::to_string(at) +
                                           ".");
}

// A node a path segment. Literal segments win over {parts}, those over {rest...}.
struct Registry::Node {
  using Methods = std::vector<std::pair<std::string, std::size_t>>;  // to the index of the endpoint
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> part;
  Methods here, rest;
};

Registry::Registry(Pool& blocking, std::int64_t max_json_bytes)
    : blocking_(blocking), max_json_bytes_(max_json_bytes), root_(std::make_unique<Node>()) {}
Registry::~Registry() = default;

std::shared_ptr<Binding> Registry::bind(const std::string& method, const std::string& path,
                                        std::span<const wire::Member> members,
                                        bool with_body) const {
  auto binding = std::make_shared<Binding>();
  for (const std::string_view segment : split(path)) {
    const std::string_view name = part_name(segment);
    if (name.empty()) continue;
    const wire::Member* member = find(members, name);
    if (!member || member->repeated || member->kind == wire::Kind::compound) {
      throw std::logic_error(method + " " + path + ": no fitting member for " +
                             std::string(segment));
    }
    binding->path.push_back(*member);
    binding->path_names.emplace_back(name);
  }
  const bool in_query = !with_body || method == "GET" || method == "HEAD" || method == "DELETE";
  for (const wire::Member& member : members) {
    if (find(binding->path, member.name)) continue;
    if (in_query && member.kind == wire::Kind::compound) {
      throw std::logic_error(method + " " + path + ": " + std::string(member.name) +
                             " cannot come from the query");
    }
    (in_query ? binding->query : binding->body).push_back(member);
  }
  binding->reads_body = !binding->body.empty();
  return binding;
}

const std::vector<std::string>& Registry::path_names(const Binding& binding) {
  return binding.path_names;
}

bool Registry::has_body(const Binding& binding) {
  return !binding.body.empty();
}

void Registry::insert(std::shared_ptr<Binding> binding, Endpoint endpoint, Invoke invoke,
                      Stream stream) {
  binding->open_query = endpoint.doc.open_query;
  binding->guests = endpoint.doc.guests;
  auto route = std::make_shared<Route>(
      Route{binding, endpoint.doc.pool ? endpoint.doc.pool : &blocking_, endpoint.doc.status,
            max_json_bytes_, endpoint.doc.consumes, std::move(invoke), std::move(stream)});
  endpoint.changes =
      endpoint.doc.changes.value_or(endpoint.method != "GET" && endpoint.method != "HEAD");
  endpoint.scope = scope_of(endpoint.doc.tag, endpoint.changes);
  endpoint.path_parameters = binding->path_names;
  for (const wire::Member& m : binding->query) endpoint.query_parameters.emplace_back(m.name);
  endpoint.body_required = std::any_of(binding->body.begin(), binding->body.end(),
                                       [](const wire::Member& m) { return m.required; });
  endpoint.run = [route](Context& context, net::Exchange& exchange,
                         const std::vector<std::string>& path_values) {
    if (route->binding->guests) context.share = share_of(exchange.request());
    return route->stream ? run_stream(route, context, exchange, path_values)
                         : run_json(route, context, exchange, path_values);
  };
  Node* node = root_.get();
  Node::Methods* methods = nullptr;
  for (const std::string_view segment : split(endpoint.path)) {
    if (takes_rest(segment)) {
      methods = &node->rest;
      break;
    }
    std::unique_ptr<Node>& next =
        part_name(segment).empty() ? node->literals[std::string(segment)] : node->part;
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  if (!methods) methods = &node->here;
  for (const auto& [method, index] : *methods) {
    if (method == endpoint.method) {
      throw std::logic_error(method + " " + endpoint.path + " is registered twice");
    }
  }
  methods->emplace_back(endpoint.method, endpoints_.size());
  endpoints_.push_back(std::move(endpoint));
}

namespace {

// Walks the tree, literals first, and remembers the methods of paths that fit.
template <class Node>
class Walk {
 public:
  Walk(const std::string& method, std::vector<std::string_view> segments)
      : method_(method), segments_(std::move(segments)) {}

  bool visit(const Node& node, std::size_t i) {
    if (i == segments_.size()) return pick(node.here) || pick_rest(node, i);
    const auto literal = node.literals.find(segments_[i]);
    if (literal != node.literals.end() && visit(*literal->second, i + 1)) return true;
    if (node.part && !segments_[i].empty()) {
      values.push_back(net::percent_decode(segments_[i]));
      if (visit(*node.part, i + 1)) return true;
      values.pop_back();
    }
    return pick_rest(node, i);
  }

  std::size_t endpoint = 0;
  std::vector<std::string> values, allowed;

 private:
  bool pick(const typename Node::Methods& methods) {
    const std::pair<std::string, std::size_t>* get = nullptr;
    for (const auto& entry : methods) {
      if (entry.first == method_) {
        endpoint = entry.second;
        return true;
      }
      if (entry.first == "GET") get = &entry;
      if (std::find(allowed.begin(), allowed.end(), entry.first) == allowed.end()) {
        allowed.push_back(entry.first);
      }
    }
    if (get && std::find(allowed.begin(), allowed.end(), "HEAD") == allowed.end()) {
      allowed.emplace_back("HEAD");
    }
    if (!get || method_ != "HEAD") return false;
    endpoint = get->second;
    return true;
  }
  bool pick_rest(const Node& node, std::size_t i) {
    if (!pick(node.rest)) return false;
    std::string rest;
    for (std::size_t n = i; n < segments_.size(); ++n) {
      if (n > i) rest += '/';
      rest += net::percent_decode(segments_[n]);
    }
    values.push_back(std::move(rest));
    return true;
  }

  const std::string& method_;
  std::vector<std::string_view> segments_;
};

}  // namespace

Registry::Match Registry::match(const std::string& method, const std::string& path) const {
  if (path.empty() || path.front() != '/') return {};
  Walk<Node> walk(method, split(path));
  if (walk.visit(*root_, 0)) {
    return {.endpoint = &endpoints_[walk.endpoint], .path_values = std::move(walk.values)};
  }
  return {.allowed = std::move(walk.allowed)};
}

}  // namespace ob::api
