package io.redoubt.server.snapshot;

import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.tuning.ThreadPriority;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.snapshot.context.FunctionLibraries;
import io.redoubt.server.snapshot.context.LoopTurns;
import io.redoubt.server.snapshot.context.SnapshotContents;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.snapshot.context.SnapshotSettings;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The first snapshot of a process: of a small data set of its own, with concurrent changes and
 * without output. On the first execution of code, a JVM resolves its references, which takes far
 * longer than the code itself: at the first BGSAVE of a server, commands would wait some
 * milliseconds for that.
 */
public final class Rehearsal implements LoopTurns {

  /** The threshold of large values in the settings of a rehearsal ({@link SnapshotSettings}). */
  public static final long LARGE_ELEMENTS = RehearsalData.LARGE_ELEMENTS;

  /** The delay after the start of a server, which is to serve first. */
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

  /** Starts a rehearsal in the background, at low priority, in a second. */
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
      return; // the process exits
    }
  }

  /**
   * Changes a keyspace as a loop does while a snapshot is in progress.
   *
   * @param slabs the memory of the keyspace; closed at the end
   * @return the number of saved keys
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

  /** None: no command waits for the walk. */
  @Override
  public long commands() {
    return 0;
  }

  @Override
  public boolean isInTurn() {
    return false;
  }
}
