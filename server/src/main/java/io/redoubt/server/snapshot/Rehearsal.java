package io.redoubt.server.snapshot;

import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.ThreadPriority;
import io.redoubt.server.memory.Slabs;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The first snapshot of a process: of a small data set of its own, which changes meanwhile, to
 * nowhere. When a piece of code runs for the first time, a JVM looks up what it refers to, which
 * takes longer than the code itself by far: at the first BGSAVE of a server commands would wait for
 * that for some milliseconds.
 */
public final class Rehearsal implements LoopTurns {

  /** What settings for this are to say of when a value is large ({@link SnapshotSettings}). */
  public static final long LARGE_ELEMENTS = RehearsalData.LARGE_ELEMENTS;

  /** Who starts a server wants it to serve; a first save comes later. */
  private static final long WAIT_MILLIS = 1_000;

  private static final long LONGEST_TURN_SECONDS = 10;

  private final SnapshotContext real;
  private final SnapshotSettings settings;
  private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private boolean over;

  Rehearsal(SnapshotContext real, SnapshotSettings settings) {
    this.real = real;
    this.settings = settings;
  }

  /**
   * Rehearses what a server will do, in the background and with a low priority, a second from now.
   */
  public static void start(SnapshotContext real, SnapshotSettings settings) {
    Rehearsal rehearsal = new Rehearsal(real, settings);
    real.threads().unstarted("redoubt-rehearsal", rehearsal::run).start();
  }

  private void run() {
    ThreadPriority.lowerPriority();
    try {
      Thread.sleep(WAIT_MILLIS);
      snapshot(Slabs.create());
    } catch (InterruptedException e) {
      return; // the process ends
    }
  }

  /**
   * Does with a keyspace what a loop does while a snapshot is under way.
   *
   * @param slabs what the keyspace is made of; closed at the end
   * @return how many keys it has saved
   */
  long snapshot(Slabs slabs) throws InterruptedException {
    long now = real.clock().wallMillis();
    try (RehearsalData data = new RehearsalData(slabs, real.values().limits(), now)) {
      Snapshot snapshot =
          new Snapshot(context(data), null, List.of(), true, () -> {}, failure -> over = true);
      try {
        for (int turn = 0; !over; turn++) {
          if (turn < RehearsalData.ELEMENTS && !snapshot.writesMustWait()) {
            data.change(turn);
          } else if (turn == RehearsalData.ELEMENTS) {
            data.remove();
          }
          Runnable task = tasks.poll(LONGEST_TURN_SECONDS, TimeUnit.SECONDS);
          if (task == null) {
            break;
          }
          task.run();
        }
        return snapshot.keysWritten();
      } finally {
        snapshot.close();
      }
    }
  }

  private SnapshotContext context(RehearsalData data) {
    return new SnapshotContext(
        new SnapshotContents(data.values(), FunctionLibraries.NONE, () -> null),
        real.disk(),
        real.threads(),
        settings,
        this,
        real.clock(),
        Log.silent(real.clock()));
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void nextTurn(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void soon(Runnable task) {
    tasks.add(task);
  }

  /** None: nobody waits for the walk to make way. */
  @Override
  public long commands() {
    return 0;
  }

  @Override
  public boolean isInTurn() {
    return false;
  }
}
