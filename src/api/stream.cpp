// Helpers of streaming endpoints: choosing a media type, and blocking work at either end.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>

#include "api/api.h"
#include "base/error.h"

namespace ob::api {

namespace asio = boost::asio;

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = trim(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

struct Range {
  std::string_view type;
  double quality = 1;
};

Range parse_range(std::string_view text) {
  Range range{next_part(text, ';')};
  while (!text.empty()) {
    const std::string_view parameter = next_part(text, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const std::string_view number = parameter.substr(2);
    double q = 0;
    std::from_chars(number.data(), number.data() + number.size(), q);
    range.quality = std::clamp(q, 0.0, 1.0);
  }
  return range;
}

// 3: the very type, 2: its main type, 1: any, 0: no match.
int fit(std::string_view range, std::string_view type) {
  if (net::same_name(range, type)) return 3;
  if (range == "*/*" || range == "*") return 1;
  if (range.ends_with("/*") &&
      net::same_name(range.substr(0, range.size() - 1), type.substr(0, range.size() - 1))) {
    return 2;
  }
  return 0;
}

}  // namespace

std::string negotiate(std::string_view accept, const std::vector<std::string>& types) {
  if (trim(accept).empty()) return types.front();
  std::vector<Range> ranges;
  while (!accept.empty()) ranges.push_back(parse_range(next_part(accept, ',')));
  const std::string* best = nullptr;
  double best_quality = 0;
  for (const std::string& type : types) {
    int closest = 0;
    double quality = 0;
    for (const Range& range : ranges) {
      const int closeness = fit(range.type, type);
      if (closeness > closest) {
        closest = closeness;
        quality = range.quality;
      }
    }
    if (quality > best_quality) {
      best = &type;
      best_quality = quality;
    }
  }
  if (best) return *best;
  std::string list;
  for (const std::string& type : types) list += (list.empty() ? "" : ", ") + type;
  throw Error(406, "request.notAcceptable",
              "The answer can be had as " + list + ", but the Accept header allows none of them.");
}

namespace {
// The last piece is told from the others by the flag.
struct Piece {
  std::string bytes;
  bool more = true;
};
// `buffer`: memory to reuse.
Piece make_piece(const std::function<bool(std::string&)>& next, std::string buffer) {
  buffer.clear();
  Piece piece{std::move(buffer)};
  piece.more = next(piece.bytes);
  return piece;
}
}  // namespace

namespace {

// Makes a piece on the pool while the caller, on its own strand, does something else.
class PieceAhead {
 public:
  PieceAhead(Pool& pool, const asio::any_io_executor& strand,
             const std::function<bool(std::string&)>& next, std::string buffer)
      : made_(std::make_shared<Made>(strand)) {
    auto work = [&next, buffer = std::move(buffer)]() mutable {
      return make_piece(next, std::move(buffer));
    };
    asio::co_spawn(strand, pool.run(work), [made = made_](std::exception_ptr error, Piece piece) {
      made->error = std::move(error);
      made->piece = std::move(piece);
      made->done = true;
      made->ready.cancel();
    });
  }
  // Must be awaited before `next` goes.
  asio::awaitable<void> wait() {
    while (!made_->done) {
      co_await made_->ready.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
  Piece take() {
    if (made_->error) std::rethrow_exception(made_->error);
    return std::move(made_->piece);
  }

 private:
  struct Made {
    explicit Made(const asio::any_io_executor& strand)
        : ready(strand, asio::steady_timer::time_point::max()) {}
    Piece piece;
    std::exception_ptr error;
    bool done = false;
    asio::steady_timer ready;  // cancelled when it is done
  };
  std::shared_ptr<Made> made_;
};

asio::awaitable<void> send(net::Exchange& exchange, const Piece& piece) {
  if (!piece.bytes.empty()) co_await exchange.write(piece.bytes);
  if (exchange.cancel_token().cancelled())
    throw Error(499, "request.cancelled", "The request was cancelled.");
}

}  // namespace

asio::awaitable<void> stream_from(Pool& pool, net::Exchange& exchange, net::Response head,
                                  std::function<bool(std::string& out)> next) {
  const auto strand = co_await asio::this_coro::executor;
  auto work = [&next] { return make_piece(next, {}); };
  Piece piece = co_await pool.run(work);
  std::string spare;
  co_await exchange.start(std::move(head));
  while (piece.more) {
    PieceAhead ahead(pool, strand, next, std::move(spare));
    std::exception_ptr failed;
    try {
      co_await send(exchange, piece);
    } catch (...) {
      failed = std::current_exception();
      exchange.cancel_token().cancel("the answer cannot be sent");  // ends the work, too
    }
    co_await ahead.wait();
    if (failed) std::rethrow_exception(failed);
    spare = std::move(piece.bytes);
    piece = ahead.take();
  }
  co_await send(exchange, piece);
  co_await exchange.finish();
}

asio::awaitable<std::int64_t> receive_into(Pool& pool, net::Exchange& exchange,
                                           std::function<void(std::span<const std::byte>)> consume,
                                           std::size_t piece) {
  std::vector<std::byte> buffer(piece);
  std::int64_t total = 0;
  for (bool more = true; more;) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
      const std::size_t n = co_await exchange.read_some(std::span(buffer).subspan(filled));
      more = n > 0;
      if (!more) break;
      filled += n;
    }
    if (filled == 0) break;
    const std::span<const std::byte> bytes(buffer.data(), filled);
    auto work = [&consume, bytes] { consume(bytes); };
    co_await pool.run(work);
    total += static_cast<std::int64_t>(filled);
  }
  co_return total;
}

}  // namespace ob::api
