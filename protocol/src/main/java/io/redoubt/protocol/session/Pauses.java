package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import java.util.ArrayList;
import java.util.List;

/**
 * Pauses of clients: those that CLIENT PAUSE or a shutdown asks for, and writes held up for want of
 * room. Commands that come meanwhile are postponed: kept, and run when the pause ends. Belongs to
 * the loop.
 */
public final class Pauses {
  private final Loop loop;
  private final Clock clock;
  private final ArrayList<Client> postponed = new ArrayList<>();
  private Pause what = Pause.NOTHING;
  private long endMillis;
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

  /** Pauses; a pause that is on already is never shortened or weakened by it. */
  public void begin(Pause asked, long untilMillis) {
    what = asked.compareTo(what) > 0 ? asked : what;
    endMillis = Math.max(untilMillis, endMillis);
    changed.run();
    long end = endMillis;
    loop.schedule(
        () -> {
          if (endMillis == end) {
            end();
          }
        },
        Math.max(1, end - clock.wallMillis()));
  }

  /** Ends the pause: what was postponed runs at the end of the turn. */
  public void end() {
    what = Pause.NOTHING;
    endMillis = 0;
    changed.run();
    resumePostponed();
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
