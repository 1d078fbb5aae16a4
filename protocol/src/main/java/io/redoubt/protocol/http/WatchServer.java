package io.redoubt.protocol.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.redoubt.protocol.http.Access.Right;
import io.redoubt.protocol.metrics.TextFormat;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.Clock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code /metrics}, {@code /healthz}, {@code /readyz} and the page from the last published
 * state, on a thread of its own. Metrics are taken on demand, at most once a second: a scrape
 * requests them from the owner, and fails if the owner does not answer.
 *
 * <p>At the limit of connections, a new one replaces the one that has waited longest for its
 * request, so that slow clients can't lock others out.
 */
public final class WatchServer implements AutoCloseable {
  private static final int BACKLOG = 128;
  private static final int MAX_CONNECTIONS = 128;
  private static final int MAX_LINE_BYTES = 2048;
  private static final int MAX_HEADER_BYTES = 8192;

  /** The replies that may be on their way at once; further requests are turned away. */
  private static final int MAX_REPLIES = 32;

  /** The output of an event stream above which it misses states. */
  private static final int HIGH_WATER_BYTES = 256 * 1024;

  /**
   * The age of the published state at which the owner counts as stalled; it publishes once a
   * second.
   */
  private static final long STALLED_MILLIS = 5000;

  /** The age up to which metrics are served again. */
  private static final long FRESH_MILLIS = 1000;

  /** The time in which the owner must take metrics. */
  private static final long PATIENCE_MILLIS = 2000;

  private static final String STALLED = "the event loop does not answer";
  private static final String FULL =
      EventStream.MAX_WATCHERS + " pages are open, and that is the most.\n";
  private static final String HTML = "text/html; charset=utf-8";

  /** The files of the page by path, with their types. */
  private static final Map<String, String> FILES =
      Map.of(
          "/page.css", "text/css; charset=utf-8",
          "/page.js", "text/javascript; charset=utf-8",
          "/connection.js", "text/javascript; charset=utf-8",
          "/actions.js", "text/javascript; charset=utf-8",
          "/timeline.js", "text/javascript; charset=utf-8",
          "/topology.js", "text/javascript; charset=utf-8",
          "/charts.js", "text/javascript; charset=utf-8",
          "/dom.js", "text/javascript; charset=utf-8",
          "/icon.svg", "image/svg+xml");

  private final Clock clock;
  private final HostCheck hosts;
  private final @Nullable Tls tls;
  private final MultiThreadIoEventLoopGroup group;
  private final Channel listening;
  private final Content content = new Content();
  private final EventStream stream = new EventStream();
  private final Deque<Exchange> exchanges = new ArrayDeque<>();

  /** The scrapes that wait for metrics. */
  private final List<Runnable> scrapes = new ArrayList<>();

  private final Runnable takeMetrics;
  private @Nullable Future<?> patience;
  private int replies;
  private volatile @Nullable Published last;
  private volatile boolean watched;

  /**
   * Listens and serves.
   *
   * @param hosts names in lower case under which requests are accepted, in addition to addresses
   *     and localhost
   * @param tls encrypts connections; null for none
   * @param takeMetrics asks the owner to publish fresh metrics soon; called on the server's thread
   * @throws IOException if the address can't be listened on
   */
  public WatchServer(
      InetSocketAddress address,
      Set<String> hosts,
      @Nullable Tls tls,
      Clock clock,
      Runnable takeMetrics)
      throws IOException {
    this.takeMetrics = takeMetrics;
    this.clock = clock;
    this.hosts = new HostCheck(hosts);
    this.tls = tls;
    group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("metrics", true), NioIoHandler.newFactory());
    var bound =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(HIGH_WATER_BYTES / 2, HIGH_WATER_BYTES))
            .childHandler(new Opening())
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      group.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
      throw new IOException(String.valueOf(bound.cause().getMessage()), bound.cause());
    }
    listening = bound.channel();
  }

  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /** Publishes a new state. May be called on any thread. */
  public void publish(Published published) {
    last = published;
    group.execute(() -> {
      if (!scrapes.isEmpty() && isFresh(published)) {
        endWait();
      }
    });
  }

  private boolean isFresh(Published published) {
    return clock.monotonicNanos() - published.metricsNanos()
        < TimeUnit.MILLISECONDS.toNanos(FRESH_MILLIS);
  }

  /** Returns true if a page is open, which wants {@link #sendState}; from any thread. */
  public boolean isWatched() {
    return watched;
  }

  /** Sends a state, a JSON object, to the pages; from any thread. */
  public void sendState(String json) {
    group.execute(() -> {
      Published published = last;
      if (published != null) {
        stream.keepOnly(
            authorization -> published.access().of(authorization).compareTo(Right.PAGE) >= 0);
      }
      stream.sendState(json);
    });
  }

  /** Adds a sample for the charts, which starts with its time. May be called on any thread. */
  public void addSample(List<String> names, long[] sample) {
    group.execute(() -> stream.addSample(names, sample));
  }

  /** Sends an event, a JSON object, to the pages and keeps it for later ones; from any thread. */
  public void addEvent(String json) {
    group.execute(() -> stream.addEvent(json));
  }

  /** Adds the handlers of a new connection. */
  private final class Opening extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      if (exchanges.size() >= MAX_CONNECTIONS && !closeIdle()) {
        channel.close();
        return;
      }
      if (tls != null) {
        tls.encrypt(channel, null);
      }
      Exchange exchange = new Exchange(WatchServer.this, channel);
      exchanges.add(exchange);
      channel.closeFuture().addListener(closed -> exchanges.remove(exchange));
      channel
          .pipeline()
          .addLast(
              new HttpServerCodec(
                  new HttpDecoderConfig()
                      .setMaxInitialLineLength(MAX_LINE_BYTES)
                      .setMaxHeaderSize(MAX_HEADER_BYTES)),
              exchange);
    }

    @Override
    public boolean isSharable() {
      return true;
    }
  }

  private boolean closeIdle() {
    for (Exchange exchange : exchanges) {
      if (exchange.isIdle()) {
        exchange.close();
        return true;
      }
    }
    return false;
  }

  void onReplyStart() {
    replies++;
  }

  void onReplyEnd() {
    replies--;
  }

  /** Answers a request without a body. */
  void answer(HttpRequest request, Exchange exchange) {
    String host = request.headers().get(HttpHeaderNames.HOST);
    if (host == null && !request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
      exchange.reply(HttpResponseStatus.BAD_REQUEST, "no Host\n");
    } else if (!hosts.accepts(host)) {
      exchange.reply(
          HttpResponseStatus.MISDIRECTED_REQUEST, "the name in Host is not in metrics-hosts\n");
    } else if (!request.method().equals(HttpMethod.GET)
        && !request.method().equals(HttpMethod.HEAD)) {
      exchange.reply(HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    } else if (replies >= MAX_REPLIES) {
      exchange.reply(HttpResponseStatus.SERVICE_UNAVAILABLE, "too many requests at once\n");
    } else {
      String uri = request.uri();
      int query = uri.indexOf('?');
      route(request, query < 0 ? uri : uri.substring(0, query), exchange);
    }
  }

  private void route(HttpRequest request, String path, Exchange exchange) {
    Published published = last;
    boolean stalled =
        published == null
            || clock.monotonicNanos() - published.takenNanos()
                > TimeUnit.MILLISECONDS.toNanos(STALLED_MILLIS);
    switch (path) {
      case "/healthz" -> state(exchange, stalled ? STALLED : "");
      case "/readyz" ->
          state(exchange, published == null || stalled ? STALLED : published.unready());
      case "/metrics", "/", "/events" -> {
        if (published == null) {
          exchange.reply(HttpResponseStatus.SERVICE_UNAVAILABLE, "starting\n");
        } else {
          serveProtected(request, path, published, exchange);
        }
      }
      default -> {
        String type = FILES.get(path);
        if (type == null) {
          exchange.reply(HttpResponseStatus.NOT_FOUND, "/, /metrics, /healthz or /readyz\n");
        } else {
          exchange.reply(HttpResponseStatus.OK, type, content.file(path.substring(1)));
        }
      }
    }
  }

  private void serveProtected(
      HttpRequest request, String path, Published published, Exchange exchange) {
    Right needed = path.equals("/metrics") ? Right.METRICS : Right.PAGE;
    String authorization = request.headers().get(HttpHeaderNames.AUTHORIZATION);
    if (published.access().of(authorization).compareTo(needed) < 0) {
      exchange.refuse();
      return;
    }
    switch (path) {
      case "/metrics" -> {
        TextFormat format = TextFormat.accepted(request.headers().get(HttpHeaderNames.ACCEPT, ""));
        scrapes.add(() -> scrape(format, exchange));
        if (isFresh(published)) {
          endWait();
        } else if (scrapes.size() == 1) {
          patience = group.schedule(this::endWait, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
          takeMetrics.run();
        }
      }
      case "/" -> exchange.reply(HttpResponseStatus.OK, HTML, content.file("page.html"));
      default -> {
        if (stream.isFull() || request.method().equals(HttpMethod.HEAD)) {
          exchange.reply(HttpResponseStatus.SERVICE_UNAVAILABLE, FULL);
        } else {
          watch(exchange, authorization);
        }
      }
    }
  }

  /** Answers the scrapes that wait, whether the metrics are fresh or not. */
  private void endWait() {
    Future<?> current = patience;
    if (current != null) {
      current.cancel(false);
      patience = null;
    }
    List<Runnable> waiting = List.copyOf(scrapes);
    scrapes.clear();
    waiting.forEach(Runnable::run);
  }

  private void scrape(TextFormat format, Exchange exchange) {
    Published published = last;
    if (published == null || !isFresh(published)) {
      exchange.reply(HttpResponseStatus.SERVICE_UNAVAILABLE, STALLED + '\n');
    } else {
      exchange.reply(
          HttpResponseStatus.OK,
          format.contentType(),
          content.metrics(published.metrics(), format));
    }
  }

  private void watch(Exchange exchange, @Nullable String authorization) {
    exchange.stream();
    watched = true;
    stream.add(exchange.channel(), authorization);
    exchange.channel().closeFuture().addListener(closed -> watched = !stream.isEmpty());
  }

  private static void state(Exchange exchange, String problem) {
    exchange.reply(
        problem.isEmpty() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
        (problem.isEmpty() ? "ok" : problem) + '\n');
  }

  /** Stops listening and closes all connections. The port is free afterwards. */
  @Override
  public void close() {
    group.execute(() -> {
      // Closes all channels before the loop ends: afterwards a connection would not release its
      // input buffer, and the end of a loop does not always close what listens.
      listening.close();
      List.copyOf(exchanges).forEach(Exchange::close);
      content.close();
    });
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
