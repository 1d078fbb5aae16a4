package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Pauses of clients, requested by CLIENT PAUSE, a shutdown, a failover or a migration, each with
 * its own end, and writes held because of low memory. Commands that arrive meanwhile are postponed:
 * kept, and executed when the last pause that affects them ends. Used by the event loop only.
 */
public final class Pauses {
  /** The cause of a pause. */
  public enum Cause {
    /** CLIENT PAUSE. */
    COMMAND,
    /** Replicas catch up before a shutdown. */
    SHUTDOWN,
    /** A replica catches up before its promotion. */
    FAILOVER,
    /** Another cluster node catches up before it takes over slots. */
    MIGRATION
  }

  /** The commands affected by a pause of clients. */
  public enum Scope {
    /** None. */
    NOTHING,
    /** Commands that change data, here or on replicas. */
    WRITES,
    /** All commands of normal clients. */
    ALL
  }

  /** A client whose next request is postponed. */
  interface Postponed {
    /** Executes the postponed request at the end of the turn. */
    void endPostponement();
  }

  /** A pause and its end. */
  private record ActivePause(Scope what, long endMillis) {}

  private final Loop loop;
  private final Clock clock;
  private final ArrayList<Postponed> postponed = new ArrayList<>();
  private final Map<Cause, ActivePause> asked = new EnumMap<>(Cause.class);
  private Scope what = Scope.NOTHING;
  private boolean writesHeld;
  private final Runnable onChange;

  /**
   * Creates pauses, none of them active.
   *
   * @param onChange called when a pause starts or ends
   */
  public Pauses(Loop loop, Clock clock, Runnable onChange) {
    this.loop = loop;
    this.clock = clock;
    this.onChange = onChange;
  }

  /** Returns the commands that are paused now. */
  public Scope current() {
    return what == Scope.NOTHING && writesHeld ? Scope.WRITES : what;
  }

  /** Returns true while a pause of this cause lasts. */
  public boolean isPausedFor(Cause cause) {
    return asked.containsKey(cause);
  }

  /** Starts a pause, or extends one of the same cause; never shortens or weakens it. */
  public void begin(Cause cause, Scope wanted, long untilMillis) {
    ActivePause before = asked.getOrDefault(cause, new ActivePause(Scope.NOTHING, 0));
    ActivePause now =
        new ActivePause(
            wanted.compareTo(before.what) > 0 ? wanted : before.what,
            Math.max(untilMillis, before.endMillis));
    asked.put(cause, now);
    choose();
    if (now.endMillis == Long.MAX_VALUE) {
      return; // until it is ended explicitly
    }
    loop.schedule(
        () -> {
          ActivePause current = asked.get(cause);
          if (current != null && current.endMillis == now.endMillis) {
            end(cause);
          }
        },
        Math.max(1, now.endMillis - clock.wallMillis()));
  }

  /**
   * Ends a pause: postponed commands run at the end of the turn, unless another pause affects them.
   */
  public void end(Cause cause) {
    if (asked.remove(cause) != null) {
      choose();
    }
    resumePostponed();
  }

  private void choose() {
    what = Scope.NOTHING;
    for (ActivePause one : asked.values()) {
      what = one.what.compareTo(what) > 0 ? one.what : what;
    }
    onChange.run();
  }

  /** Executes postponed requests again; those still affected by a pause are postponed again. */
  public void recheck() {
    resumePostponed();
  }

  /** Holds writes, independently of pauses, because of low memory. */
  public void holdWrites() {
    writesHeld = true;
  }

  public void releaseWrites() {
    writesHeld = false;
    resumePostponed();
  }

  private void resumePostponed() {
    List<Postponed> resumed = new ArrayList<>(postponed);
    postponed.clear();
    resumed.forEach(Postponed::endPostponement);
  }

  void postpone(Postponed client) {
    postponed.add(client);
  }

  void forget(Postponed client) {
    postponed.remove(client);
  }
}
