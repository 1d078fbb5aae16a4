package io.redoubt.protocol.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection: takes requests one at a time and sends their replies. A deadline stands over each
 * of its states, waiting for a request, delaying a refusal, sending.
 */
final class Exchange extends SimpleChannelInboundHandler<HttpObject> {
  /** The time for the first request, and for each reply. */
  private static final long REQUEST_MILLIS = 5_000;

  private static final long REPLY_MILLIS = 10_000;

  /** The time between requests of a connection; longer than a usual interval of scrapes. */
  private static final long IDLE_MILLIS = 70_000;

  /** The wait before a login is refused, against guessing. */
  private static final long REFUSAL_MILLIS = 200;

  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final WatchServer server;
  private final Channel channel;
  private @Nullable Future<?> deadline;
  private boolean busy;
  private boolean sending;
  private boolean keepAlive;
  private boolean head;

  Exchange(WatchServer server, Channel channel) {
    this.server = server;
    this.channel = channel;
    within(REQUEST_MILLIS);
  }

  Channel channel() {
    return channel;
  }

  void close() {
    channel.close();
  }

  /** Returns true if the connection waits for a request, so that it may give way to another. */
  boolean isIdle() {
    return !busy;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ignored, HttpObject part) {
    if (!(part instanceof HttpRequest request)) {
      return; // the end of a request; one with a body is refused
    }
    if (busy) {
      channel.close(); // requests are not sent ahead by browsers and by Prometheus
      return;
    }
    busy = true;
    stopDeadline();
    head = request.method().equals(HttpMethod.HEAD);
    keepAlive = HttpUtil.isKeepAlive(request);
    if (request.decoderResult().isFailure()) {
      keepAlive = false;
      boolean tooLong = request.decoderResult().cause() instanceof TooLongFrameException;
      reply(
          tooLong
              ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
              : HttpResponseStatus.BAD_REQUEST,
          "bad request\n");
    } else if (HttpUtil.isTransferEncodingChunked(request)
        || HttpUtil.getContentLength(request, 0L) != 0) {
      keepAlive = false;
      reply(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "requests have no body here\n");
    } else {
      server.answer(request, this);
    }
  }

  /** Sends a plain text. */
  void reply(HttpResponseStatus status, String text) {
    reply(status, "text/plain; charset=utf-8", Content.direct(text));
  }

  /** Requests authentication, after a delay. */
  void refuse() {
    deadline =
        channel
            .eventLoop()
            .schedule(
                () -> reply(HttpResponseStatus.UNAUTHORIZED, "a user and a password, please\n"),
                REFUSAL_MILLIS,
                TimeUnit.MILLISECONDS);
  }

  /** Sends a body, which is released. */
  void reply(HttpResponseStatus status, String type, ByteBuf body) {
    var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
    common(response, type);
    HttpUtil.setContentLength(response, body.readableBytes());
    HttpUtil.setKeepAlive(response, keepAlive);
    if (status.equals(HttpResponseStatus.UNAUTHORIZED)) {
      response
          .headers()
          .set(HttpHeaderNames.WWW_AUTHENTICATE, "Basic realm=\"Redoubt\", charset=\"UTF-8\"");
    } else if (status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
      response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
    }
    if (head) {
      body.clear(); // the length stays in the header
    }
    sending = true;
    server.onReplyStart();
    within(REPLY_MILLIS);
    ChannelFuture sent = channel.writeAndFlush(response);
    sent.addListener(done -> onReplySent(done.isSuccess()));
  }

  private void onReplySent(boolean ok) {
    stopDeadline();
    if (sending) {
      sending = false;
      server.onReplyEnd();
    }
    if (!ok || !keepAlive) {
      channel.close();
      return;
    }
    busy = false;
    within(IDLE_MILLIS);
  }

  /** Starts an event stream, which ends with the connection. */
  void stream() {
    var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    common(response, "text/event-stream; charset=utf-8");
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    response.headers().set("X-Accel-Buffering", "no"); // proxies must not wait for more
    channel.writeAndFlush(response);
  }

  private static void common(HttpResponse response, String type) {
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, type)
        .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
        .set("X-Content-Type-Options", "nosniff")
        .set("X-Frame-Options", "DENY")
        .set("Referrer-Policy", "no-referrer")
        .set("Cross-Origin-Resource-Policy", "same-origin")
        .set("Content-Security-Policy", POLICY);
  }

  private void within(long millis) {
    stopDeadline();
    deadline = channel.eventLoop().schedule(() -> channel.close(), millis, TimeUnit.MILLISECONDS);
  }

  private void stopDeadline() {
    Future<?> current = deadline;
    if (current != null) {
      current.cancel(false);
      deadline = null;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext closed) {
    stopDeadline();
    if (sending) {
      sending = false;
      server.onReplyEnd();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext failed, Throwable cause) {
    failed.close(); // a connection reset, a failed handshake, a malformed request
  }
}
