// Documents as pages, for whoever has the address or a link. They hold no script, and their policy
// forbids any.
#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"
#include "documents/api_types.h"
#include "documents/export_api.h"
#include "documents/page.h"
#include "identity/identity.h"
#include "net/net.h"

namespace ob::documents {

namespace asio = boost::asio;

struct DocumentPage {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(DocumentPage, (), (id))
struct LinkPage {
  std::string token;
};
BOOST_DESCRIBE_STRUCT(LinkPage, (), (token))

}  // namespace ob::documents

namespace ob::documents {
namespace {

constexpr std::int64_t kLargestForm = 4096;
constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kMostToken = 200;

// "2026-07-01 12:30 UTC"
std::string minute_of(Micros at) {
  std::string out = format_instant(at).substr(0, 16);
  if (const auto t = out.find('T'); t != out.npos) out[t] = ' ';
  return out + " UTC";
}

net::Response answer(int status, HtmlPage page) {
  page.nonce = random_token(kNonceBytes);
  net::Response out{.status = status};
  out.headers = {
      {"Content-Type", "text/html; charset=utf-8"},
      {"Content-Security-Policy",
       "default-src 'none'; img-src 'self' https: data:; style-src 'nonce-" + page.nonce +
           "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
      {"Cache-Control", "no-store"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Robots-Tag", "noindex"}};
  out.body = render(page);
  return out;
}

net::Response shown(Service& service, const Visitor& visitor, const Document& document,
                    const std::string& prefix) {
  const std::string delta = service.content(visitor, document.id);
  const std::string share = net::percent_encode(visitor.share);
  HtmlPage page = page_of(document.title, delta, {}, share);
  page.updated = minute_of(document.updated_at);
  if (document.access >= Level::editor) {
    page.editor = prefix + "/documents/" + document.id;
    if (!share.empty()) page.editor += "?share=" + share;
  }
  return answer(200, std::move(page));
}

net::Response password_form(const std::string& problem) {
  std::string body =
      "<p>Whoever shared this document protected it with a password.</p>\n"
      "<form method=\"post\"><label for=\"password\">Password</label>"
      "<input id=\"password\" name=\"password\" type=\"password\" maxlength=\"200\" required "
      "autofocus "
      "autocomplete=\"off\">"
      "<button class=\"button\" type=\"submit\">Open</button></form>\n";
  if (!problem.empty())
    body = "<p class=\"wrong\" role=\"alert\">" + escape_markup(problem) + "</p>\n" + body;
  return answer(403, message("This document asks for a password", body));
}

// What cannot be shown, as a page: nobody learns whether there is a document behind an address.
net::Response refused(const Error& e, const std::string& prefix) {
  if (e.id() == "documents.trashed")
    return answer(410,
                  message("This document was deleted",
                          "<p>It is in the trash. Ask whoever shared it to bring it back.</p>\n"));
  if (e.status() == 429)
    return answer(429, message("Too many tries", "<p>" + escape_markup(e.what()) + "</p>\n"));
  if (e.status() >= 500 || e.status() == 413) throw e;
  return answer(
      404,
      message("There is nothing to read here",
              "<p>The link is not right, has expired or was taken back, or the document is "
              "not shared with everyone.</p>\n<p><a href=\"" +
                  escape_markup(prefix) + "/documents\">Sign in to see your documents</a></p>\n"));
}

template <class Work>
net::Response guarded(const std::string& prefix, Work work) {
  try {
    return work();
  } catch (const identity::Throttled& e) {
    net::Response out = refused(e, prefix);
    out.headers.emplace_back("Retry-After", std::to_string(e.retry_after_s));
    return out;
  } catch (const Error& e) {
    return refused(e, prefix);
  }
}

net::Response document_page(Service& service, const Visitor& visitor, const std::string& id,
                            const std::string& prefix) {
  return guarded(prefix, [&] {
    return shown(service, visitor, service.require(visitor, id, Level::viewer), prefix);
  });
}

net::Response link_page(Service& service, const Visitor& visitor, const std::string& token,
                        const std::string& password, const std::string& prefix) {
  return guarded(prefix, [&] {
    if (token.size() > kMostToken)
      throw not_found("documents.linkNotFound", "There is no such link.");
    try {
      const Opened opened = service.open_link(visitor.caller, token, password);
      return shown(service, {visitor.caller, opened.pass}, opened.document, prefix);
    } catch (const Error& e) {
      if (e.id() == "documents.passwordNeeded") return password_form({});
      if (e.id() == "documents.wrongPassword") return password_form(e.what());
      throw;
    }
  });
}

asio::awaitable<void> get_document_page(Service& service, Pool& pool, Visitor visitor,
                                        DocumentPage request, net::Exchange& exchange) {
  auto work = [&service, visitor = std::move(visitor), id = std::move(request.id),
               prefix = exchange.request().prefix] {
    return document_page(service, visitor, id, prefix);
  };
  net::Response response = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(response));
}

asio::awaitable<void> get_link_page(Service& service, Pool& pool, Visitor visitor, LinkPage request,
                                    net::Exchange& exchange) {
  std::string password;
  if (exchange.request().method == "POST") {
    std::string form = co_await exchange.read_all(kLargestForm);
    for (auto& [name, text] : net::parse_query(form)) {
      if (name == "password") password = std::move(text);
    }
  }
  auto work = [&service, visitor = std::move(visitor), token = std::move(request.token),
               password = std::move(password), prefix = exchange.request().prefix] {
    return link_page(service, visitor, token, password, prefix);
  };
  net::Response response = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(response));
}

api::Doc page_doc(std::string operation, std::string summary) {
  api::Doc doc{
      .operation = std::move(operation), .tag = "documents", .summary = std::move(summary)};
  doc.description = "HTML with the content in it and without scripts; errors are pages, too.";
  doc.open_query = true;
  doc.guests = true;
  doc.produces = {"text/html"};
  doc.changes = false;
  doc.errors = {404, 410, 413};
  doc.problem = "text/html; charset=utf-8";
  return doc;
}

}  // namespace

void register_pages(api::Registry& registry, Service& service, Pool& blocking, Pool& sign_ins) {
  registry.add_stream<DocumentPage>(
      "GET", "/d/{id}",
      page_doc("readDocumentPage", "A document whose address is shared, as a page"),
      [&service, &blocking](api::Context& ctx, const DocumentPage& request,
                            net::Exchange& exchange) {
        return get_document_page(service, blocking, visitor_of(ctx), request, exchange);
      });
  const auto link = [&service, &sign_ins](api::Context& ctx, const LinkPage& request,
                                          net::Exchange& exchange) {
    return get_link_page(service, sign_ins, visitor_of(ctx), request, exchange);
  };
  registry.add_stream<LinkPage>(
      "GET", "/s/{token}", page_doc("readLinkPage", "A document behind a share link, as a page"),
      link);
  api::Doc post = page_doc("unlockLinkPage", "The same, with the link's password");
  post.consumes = {"application/x-www-form-urlencoded"};
  registry.add_stream<LinkPage>("POST", "/s/{token}", std::move(post), link);
}

}  // namespace ob::documents
