package io.redoubt.server.lifecycle;

import io.redoubt.protocol.process.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The sentinels that have announced themselves here lately, for the page. Sentinels do so every two
 * seconds. Confined to the event loop.
 */
public final class HeardSentinels {
  /** More are not remembered; a group rarely has more than five. */
  static final int MOST = 32;

  private static final int MAX_HOST_LENGTH = 255;
  private static final long FORGET_MILLIS = TimeUnit.MINUTES.toMillis(5);

  /**
   * A sentinel.
   *
   * @param address its host and port
   * @param silentMillis the time since its last message
   */
  public record Heard(String address, long silentMillis) {}

  private record Last(String address, long millis) {}

  private final Clock clock;
  private final Map<String, Last> byId = new LinkedHashMap<>();

  /** Creates an empty list. */
  public HeardSentinels(Clock clock) {
    this.clock = clock;
  }

  void heard(SentinelHello hello) {
    String host = hello.sentinel().host();
    if (host.length() <= MAX_HOST_LENGTH && (byId.size() < MOST || byId.containsKey(hello.id()))) {
      byId.put(hello.id(), new Last(host + ':' + hello.sentinel().port(), now()));
    }
  }

  private long now() {
    return clock.monotonicMillis();
  }

  /** Returns those of the last minutes, in the order in which they were first heard. */
  public List<Heard> list() {
    long now = now();
    byId.values().removeIf(last -> now - last.millis > FORGET_MILLIS);
    List<Heard> list = new ArrayList<>(byId.size());
    byId.values().forEach(last -> list.add(new Heard(last.address, now - last.millis)));
    return list;
  }
}
