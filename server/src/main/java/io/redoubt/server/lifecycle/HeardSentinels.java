package io.redoubt.server.lifecycle;

import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.settings.HostPort;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The sentinels that have recently announced themselves here, for the status page. Sentinels do so
 * every two seconds. Confined to the event loop.
 */
public final class HeardSentinels {
  /** The maximum number of sentinels; a group rarely has more than five. */
  static final int MOST = 32;

  private static final int MAX_LENGTH = 255;
  private static final long FORGET_MILLIS = TimeUnit.MINUTES.toMillis(5);

  /**
   * A sentinel.
   *
   * @param group the name of the group in its last message
   * @param silentMillis the time since its last message
   */
  public record Heard(String host, int port, String group, long silentMillis) {
    /** Returns the host and the port. */
    public String address() {
      return Addresses.describe(host, port);
    }
  }

  private record Last(HostPort place, String group, long millis) {}

  private final Clock clock;
  private final Map<String, Last> byId = new LinkedHashMap<>();

  /** Creates an empty list. */
  public HeardSentinels(Clock clock) {
    this.clock = clock;
  }

  void onHello(SentinelHello hello) {
    String host = hello.sentinel().host();
    boolean isShort = host.length() <= MAX_LENGTH && hello.group().length() <= MAX_LENGTH;
    if (isShort && (byId.size() < MOST || byId.containsKey(hello.id()))) {
      byId.put(hello.id(), new Last(hello.sentinel(), hello.group(), now()));
    }
  }

  private long now() {
    return clock.monotonicMillis();
  }

  /** Returns the sentinels of the last five minutes, in the order of their first message. */
  public List<Heard> list() {
    long now = now();
    byId.values().removeIf(last -> now - last.millis > FORGET_MILLIS);
    List<Heard> list = new ArrayList<>(byId.size());
    for (Last last : byId.values()) {
      list.add(new Heard(last.place.host(), last.place.port(), last.group, now - last.millis));
    }
    return list;
  }
}
