package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Pauses of clients: those that CLIENT PAUSE, a shutdown or a failover asks for, each ending by
 * itself, and writes held up for want of room. Commands that come meanwhile are postponed: kept,
 * and run when the last pause that concerns them ends. Belongs to the loop.
 */
public final class Pauses {
  /** Who asks for a pause. */
  public enum Cause {
    /** CLIENT PAUSE. */
    COMMAND,
    /** Replicas catch up before the end of the server. */
    SHUTDOWN,
    /** A replica catches up before it takes over. */
    FAILOVER
  }

  /** What somebody has paused, and until when. */
  private record Asked(Pause what, long endMillis) {}

  private final Loop loop;
  private final Clock clock;
  private final ArrayList<Client> postponed = new ArrayList<>();
  private final Map<Cause, Asked> asked = new EnumMap<>(Cause.class);
  private Pause what = Pause.NOTHING;
  private boolean writesHeld;
  private Runnable changed = () -> {};

  Pauses(Loop loop, Clock clock) {
    this.loop = loop;
    this.clock = clock;
  }

  /** What is paused now. */
  public Pause current() {
    return what == Pause.NOTHING && writesHeld ? Pause.WRITES : what;
  }

  /** Sets who hears that a pause begins or ends. */
  public void onChange(Runnable listener) {
    changed = listener;
  }

  /** Pauses; a pause that is on for the same cause is never shortened or weakened by it. */
  public void begin(Cause cause, Pause wanted, long untilMillis) {
    Asked before = asked.getOrDefault(cause, new Asked(Pause.NOTHING, 0));
    Asked now =
        new Asked(
            wanted.compareTo(before.what) > 0 ? wanted : before.what,
            Math.max(untilMillis, before.endMillis));
    asked.put(cause, now);
    chosen();
    if (now.endMillis == Long.MAX_VALUE) {
      return; // until it is ended
    }
    loop.schedule(
        () -> {
          Asked current = asked.get(cause);
          if (current != null && current.endMillis == now.endMillis) {
            end(cause);
          }
        },
        Math.max(1, now.endMillis - clock.wallMillis()));
  }

  /** Ends a pause: what was postponed runs at the end of the turn, unless another concerns it. */
  public void end(Cause cause) {
    if (asked.remove(cause) != null) {
      chosen();
    }
    resumePostponed();
  }

  private void chosen() {
    what = Pause.NOTHING;
    for (Asked one : asked.values()) {
      what = one.what.compareTo(what) > 0 ? one.what : what;
    }
    changed.run();
  }

  /** Holds writes up beside any pause, for want of room for what they cause. */
  public void holdWrites() {
    writesHeld = true;
  }

  /** Lets held writes go on. */
  public void releaseWrites() {
    writesHeld = false;
    resumePostponed();
  }

  private void resumePostponed() {
    List<Client> resumed = new ArrayList<>(postponed);
    postponed.clear();
    resumed.forEach(Client::endPostponement);
  }

  void postpone(Client client) {
    postponed.add(client);
  }

  void forget(Client client) {
    postponed.remove(client);
  }
}
