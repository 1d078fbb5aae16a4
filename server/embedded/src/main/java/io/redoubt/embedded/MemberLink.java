package io.redoubt.embedded;

import io.redoubt.protocol.net.Listener;
import io.redoubt.protocol.net.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A one-way path between members of a group: a port that stands for the target's port, with a relay
 * for each connection. Confined to the transport's loop, except for {@link #address}.
 */
final class MemberLink {
  private static final int BACKLOG = 511;

  private final Set<Relay> relays = new HashSet<>();
  private final Listener listener;
  private boolean cut;
  private long delayMillis;

  /** Opens the path; callable from any thread. */
  MemberLink(Transport transport, InetSocketAddress target) throws IOException {
    listener =
        transport.listen(
            new InetSocketAddress(target.getAddress(), 0),
            BACKLOG,
            accepted -> add(new Relay(transport, target, this, accepted)));
  }

  /** Returns the address that leads to the target. */
  InetSocketAddress address(InetSocketAddress target) {
    return new InetSocketAddress(target.getAddress(), listener.port());
  }

  private void add(Relay relay) {
    relays.add(relay);
    relay.onLinkChange();
  }

  void remove(Relay relay) {
    relays.remove(relay);
  }

  boolean isCut() {
    return cut;
  }

  long delayMillis() {
    return delayMillis;
  }

  /** Stops or resumes all traffic. */
  void setCut(boolean newCut) {
    cut = newCut;
    List.copyOf(relays).forEach(Relay::onLinkChange);
  }

  /** Delays later bytes, in each direction. */
  void setDelay(long millis) {
    delayMillis = millis;
  }
}
