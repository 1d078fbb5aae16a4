package io.redoubt.protocol.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The pages that are open, each an event stream (HTML standard, "Server-sent events"): the state of
 * the process, whenever it is published, and events as they happen. The last events and samples are
 * kept for pages opened later. Confined to the server's thread.
 */
final class EventStream {
  /** The greatest number of open pages. */
  static final int MAX_WATCHERS = 16;

  private static final int KEPT_EVENTS = 200;

  /** The pages with the value of their Authorization header, empty for none. */
  private final Map<Channel, String> watchers = new LinkedHashMap<>();

  private final Deque<String> events = new ArrayDeque<>();
  private final SampleHistory history = new SampleHistory();
  private String state = "";

  /**
   * Returns true if no further page may be opened. Closes pages that no longer accept output first.
   */
  boolean isFull() {
    if (watchers.size() >= MAX_WATCHERS) {
      pages().stream().filter(channel -> !channel.isWritable()).forEach(Channel::close);
    }
    return watchers.size() >= MAX_WATCHERS;
  }

  private List<Channel> pages() {
    return List.copyOf(watchers.keySet());
  }

  /** Closes pages whose users have lost the right to see them. */
  void keepOnly(Predicate<@Nullable String> mayWatch) {
    for (Channel channel : pages()) {
      String authorization = watchers.get(channel);
      if (!mayWatch.test("".equals(authorization) ? null : authorization)) {
        channel.close();
      }
    }
  }

  boolean isEmpty() {
    return watchers.isEmpty();
  }

  /** Adds a page whose reply has started, and sends it the current state. */
  void add(Channel channel, @Nullable String authorization) {
    watchers.put(channel, authorization == null ? "" : authorization);
    channel.closeFuture().addListener(closed -> remove(channel));
    StringBuilder text = new StringBuilder("retry: 1000\n\n");
    Json viewer = new Json().object().member("user", Access.userOf(authorization)).endObject();
    text.append(event("viewer", viewer.toString()));
    events.forEach(text::append);
    String samples = history.json();
    if (!samples.isEmpty()) {
      text.append(event("history", samples));
    }
    if (!state.isEmpty()) {
      text.append(state);
    }
    send(channel, Content.direct(text.toString()));
  }

  private void remove(Channel channel) {
    watchers.remove(channel);
    if (watchers.isEmpty()) {
      state = ""; // no more states come, and this one becomes stale
    }
  }

  private static String event(String type, String json) {
    return "event: " + type + "\ndata: " + json + "\n\n";
  }

  /** Stores a sample for the charts of pages opened later. */
  void addSample(List<String> names, long[] sample) {
    history.add(names, sample);
  }

  /** Sends the state to all pages; one that is slow misses it and gets a later one. */
  void sendState(String json) {
    if (watchers.isEmpty()) {
      return;
    }
    state = event("state", json);
    ByteBuf body = Content.direct(state);
    for (Channel channel : pages()) {
      if (channel.isWritable()) {
        send(channel, body.retainedDuplicate());
      }
    }
    body.release();
  }

  /** Stores an event and sends it. A page that is too slow is closed, and reconnects. */
  void addEvent(String json) {
    String text = event("happened", json);
    events.add(text);
    if (events.size() > KEPT_EVENTS) {
      events.remove();
    }
    for (Channel channel : pages()) {
      if (channel.isWritable()) {
        send(channel, Content.direct(text));
      } else {
        channel.close();
      }
    }
  }

  private static void send(Channel channel, ByteBuf body) {
    channel.writeAndFlush(new DefaultHttpContent(body));
  }
}
