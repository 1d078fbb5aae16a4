package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Moves accepted connections between the owner's loop and I/O threads, as {@link ThreadDemand}
 * says. The socket's channel is deregistered from the one and registered with the other while all
 * output of the connection is written and all that was read of its input has been handed over, so
 * that no order depends on the move: what the peer sends meanwhile waits in the socket. Confined to
 * the owner's loop.
 */
final class ConnectionMoves implements IoThreads.Moves {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** The time without a further attempt after a thread could not be started. */
  private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** The moves that start in a turn; each takes some microseconds. */
  private static final int MOST_IN_TURN = 16;

  private final OpenChannels open;
  private final IoThreads threads;
  private final LoopStats stats;
  private final LongSupplier nanoTime;
  private final LongSupplier idleNanos;
  private final ThreadDemand demand = new ThreadDemand();

  /** Connections to be moved, unless they have closed, are on their way, or are not at rest. */
  private final ArrayDeque<Connection> waiting = new ArrayDeque<>();

  private Consumer<IOException> refusals = refused -> {};
  private int allowed;
  private boolean alwaysActive;
  private long pauseEnd = Long.MIN_VALUE;
  private long periodStart;
  private long ownerBusyBefore;
  private long threadsBusyBefore;
  private long idleBefore = -1;
  private long joins;
  private long leaves;
  private long moves;

  /**
   * Creates the moves of a loop.
   *
   * @param nanoTime a monotonic clock
   * @param idleNanos the time for which processors were idle, negative if that is unknown
   */
  ConnectionMoves(
      OpenChannels open,
      IoThreads threads,
      LoopStats stats,
      LongSupplier nanoTime,
      LongSupplier idleNanos) {
    this.open = open;
    this.threads = threads;
    this.stats = stats;
    this.nanoTime = nanoTime;
    this.idleNanos = idleNanos;
    periodStart = nanoTime.getAsLong();
  }

  /**
   * Sets the number of threads that may serve, and moves the connections accordingly.
   *
   * @param always true for all of them to serve at once, whatever the load
   * @param refused receives why a thread could not join
   * @throws IOException if threads that are to serve at once can't be started; nothing is changed
   */
  void adapt(int count, boolean always, Consumer<IOException> refused) throws IOException {
    serveWith(always ? count : Math.min(threads.serving(), count));
    allowed = count;
    alwaysActive = always;
    refusals = refused;
    findMoves();
  }

  private void serveWith(int count) throws IOException {
    int before = threads.serving();
    threads.serveWith(count);
    joins += Math.max(0, count - before);
    leaves += Math.max(0, before - count);
  }

  /** Starts moves, at the end of a turn. */
  void endTurn() {
    long now = nanoTime.getAsLong();
    if (now - periodStart >= PERIOD_NANOS) {
      endPeriod(now, now - periodStart);
      periodStart = now;
    }
    for (int i = 0; i < MOST_IN_TURN && !waiting.isEmpty(); i++) {
      move(waiting.remove());
    }
  }

  private void endPeriod(long now, long nanos) {
    long ownerBusy = stats.totalBusyNanos();
    long threadsBusy = threads.busyNanos();
    double owner = (ownerBusy - ownerBusyBefore) / (double) nanos;
    double others = (threadsBusy - threadsBusyBefore) / (double) nanos;
    ownerBusyBefore = ownerBusy;
    threadsBusyBefore = threadsBusy;
    int before = threads.serving();
    int available = now < pauseEnd ? before : allowed;
    boolean mayJoin =
        !alwaysActive && before < available && ThreadDemand.isBusy(before, owner, others);
    double idle = idle(mayJoin, nanos);
    int clients = threads.isEmpty() && idle == 0 ? 0 : findMoves();
    if (!alwaysActive) {
      int after =
          demand.after(before, available, new ThreadDemand.Load(owner, others, clients, idle));
      if (after != before) {
        follow(after, now);
      }
    }
  }

  private void follow(int demanded, long now) {
    try {
      serveWith(demanded);
      findMoves();
    } catch (IOException refused) {
      pauseEnd = now + PAUSE_NANOS;
      refusals.accept(refused);
    }
  }

  /** Returns the mean number of idle processors in this period; 0 unless asked in the last, too. */
  private double idle(boolean needed, long nanos) {
    long before = idleBefore;
    idleBefore = needed ? idleNanos.getAsLong() : -1;
    return before < 0 || idleBefore < 0 ? 0 : (idleBefore - before) / (double) nanos;
  }

  /** Collects the connections to be moved. Returns the number of those read since the last time. */
  private int findMoves() {
    waiting.clear();
    int used = 0;
    for (Channel channel : open.all()) {
      Connection connection = Connection.over(channel);
      if (connection != null && isMovable(channel)) {
        boolean isUsed = connection.events().takeUsed();
        used += isUsed ? 1 : 0;
        if (channel instanceof LentChannel lent
            ? !lent.isRecalled() && !threads.keeps(lent.thread())
            : threads.serving() > 0 && (isUsed || alwaysActive)) {
          waiting.add(connection);
        }
      }
    }
    return used;
  }

  private static boolean isMovable(Channel channel) {
    return channel instanceof LentChannel || channel.pipeline().last() instanceof SocketEnd;
  }

  private void move(Connection connection) {
    Channel channel = connection.channel();
    if (!channel.isActive() || !connection.mayMove()) {
      return;
    }
    if (channel instanceof LentChannel lent) {
      if (!lent.isRecalled() && !threads.keeps(lent.thread())) {
        lent.recall();
      }
    } else if (threads.serving() > 0 && connection.isAtRest()) {
      SocketEnd end = SocketEnd.of(channel);
      if (!end.isLeaving()) {
        end.setLeaving(true);
        channel.deregister().addListener(done -> lend(connection, channel));
      }
    }
  }

  /** Lends the socket of a connection, which is not registered any more, to a thread. */
  private void lend(Connection connection, Channel socket) {
    if (!socket.isActive()) {
      connection.events().notifyInactive(); // its handlers were removed before that event
      return;
    }
    SocketEnd.of(socket).setLeaving(false);
    IoThread thread = threads.forNewConnection();
    if (thread == null || !connection.mayMove() || !connection.isAtRest()) {
      socket.eventLoop().register(socket);
      socket.flush();
      return;
    }
    open.release(socket);
    LentChannel lent = new LentChannel(thread, socket);
    connection.moveTo(lent);
    lent.takeOver(connection);
    lent.pipeline().addLast(connection.events());
    open.register(lent);
    moves++;
  }

  @Override
  public boolean arePending() {
    return !waiting.isEmpty();
  }

  /** Hands a socket that a thread has given up to the owner's loop. */
  @Override
  public void onLeft(LentChannel lent) {
    Connection connection = lent.connection();
    LentOutput output = (LentOutput) connection.output();
    Channel socket = lent.end();
    connection.moveTo(socket);
    SocketEnd.of(socket).serve(connection.events(), connection.reads());
    open.register(socket);
    moves++;
    if (!socket.isActive()) {
      connection.events().notifyInactive();
      output.drop();
      return;
    }
    connection.output().onActive();
    lent.finish();
    output.passTo((SendQueue) connection.output());
    socket.flush();
  }

  MoveStats stats() {
    return new MoveStats(joins, leaves, moves);
  }
}
