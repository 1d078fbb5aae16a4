package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.UserText;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestIndex;
import io.redoubt.protocol.session.input.ClientInput;
import io.redoubt.protocol.session.input.QueryExcerpt;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Conducts the requests of all clients through the turns of an event loop. The way of a request:
 *
 * <ol>
 *   <li>{@link #read}: bytes of a connection, where they lie in the loop's shared buffer;
 *   <li>{@link #decode}: into the {@link RequestBatch} that all connections of the turn fill;
 *   <li>look ahead, execute and propagate: {@link #run}, when the batch is full or all ready
 *       connections have been read; the {@link Dispatcher} of each server does the work;
 *   <li>flush and account: {@link #finish}, at the end of the read of each client.
 * </ol>
 *
 * <p>Replies that are written outside of this way, and clients that are resumed or closed, are
 * handled by one task at the end of the turn: {@link #endTurn}.
 */
public final class Turn implements Client.Conductor {
  private final ClientContext context;
  private final Dispatcher dispatcher;
  private final ClientMemory memory;
  private final TrackedClients trackedClients;

  private RequestBatch batch = new RequestBatch();

  /** The index of the next request of the batch to execute. */
  private int next;

  /** The clients whose requests continue in the next turn, the longest wait first. */
  private final ArrayDeque<Client> waiting = new ArrayDeque<>();

  private final Runnable nextTurn = this::nextTurn;
  private boolean nextTurnScheduled;

  private boolean running;
  private @Nullable Client current;
  private @Nullable Request currentRequest;

  private final ArrayList<Client> ending = new ArrayList<>();

  private final Runnable endTurn = this::endTurn;
  private boolean endTurnScheduled;

  private final Runnable endTime = this::endTime;
  private boolean endTimeScheduled;

  Turn(
      ClientContext context,
      Dispatcher dispatcher,
      ClientMemory memory,
      TrackedClients trackedClients) {
    this.context = context;
    this.dispatcher = dispatcher;
    this.memory = memory;
    this.trackedClients = trackedClients;
  }

  // ---- the way of a request

  @Override
  public void onBytes(
      Client client, MemorySegment bytes, long start, long end, @Nullable RequestIndex found) {
    if (client.isEnding()) {
      return;
    }
    client.recordInput(context.clock().wallMillis());
    context.countInput(end - start);
    try {
      read(client, bytes, start, end, found);
      if (client.input().awaitsLargeArgument()) {
        account(client); // before other clients' requests see or exceed the limit
      }
    } catch (OutOfMemoryError e) {
      outOfMemory(client, e);
    }
  }

  @Override
  public void onReadDone(Client client) {
    try {
      finish(client);
    } catch (OutOfMemoryError e) {
      outOfMemory(client, e);
    }
  }

  /** Takes input in the loop's shared buffer, where it remains until {@link #finish}. */
  private void read(
      Client client, MemorySegment bytes, long start, long end, @Nullable RequestIndex found) {
    ClientInput input = client.input();
    executeRead(client); // what an earlier read of this turn has left
    long from = start;
    if (client.mayExecute()) {
      from = input.keepRestOfArgument(bytes, start, end);
      if (from > start) {
        executeKept(client);
        if (client.isEnding()) {
          return; // its input has been freed
        }
      }
    }
    if (input.kept().isEmpty() && client.mayExecute()) {
      input.take(bytes, from, end, found);
      client.turn().decoding = true;
      try {
        decode(client);
      } finally {
        client.turn().decoding = false;
      }
    } else {
      input.keep(bytes, from, end);
      executeKept(client);
    }
  }

  /** Adds the complete requests of a client to the batch, which is executed when it is full. */
  private void decode(Client client) {
    ClientInput input = client.input();
    while (true) {
      if (batch.isFull()) {
        run(batch);
        if (client.isEnding()) {
          return; // its input may have been freed
        }
      }
      if (!input.decode(batch.next())) {
        return;
      }
      batch.add(client);
      if (!input.isAuthenticated()) {
        run(batch); // the size limits of the next request depend on this one
      }
    }
  }

  /**
   * Looks ahead over a batch, and executes its requests in the order of their arrival. The effects
   * of each are propagated before the next.
   */
  private void run(RequestBatch requests) {
    if (requests.count() == 0 || running) {
      return;
    }
    running = true;
    try {
      dispatcher.lookAhead(requests);
      for (int i = 0; i < requests.count(); i++) {
        next = i + 1;
        execute(requests.client(i), requests.request(i));
      }
    } finally {
      running = false;
      next = 0;
      dispatcher.finishBatch(); // may still examine the last request
      requests.clear();
    }
  }

  /**
   * Finishes the read of a client: executes what has been decoded, keeps the rest, and sends the
   * replies.
   */
  private void finish(Client client) {
    executeRead(client); // looks ahead, executes, propagates
    client.socket().expect(client.input().missingBytes(), client.input().sendsLargeRequests());
    limitQuery(client);
    continueNextTurn(client);
    client.flush(); // unless the effects must be durable or acknowledged first
    if (client.input().kept().isEmpty()) {
      client.delivery().onPipelineEnd();
    }
    client.updateReading();
    account(client);
    closeIfAnswered(client);
  }

  // ---- execution

  /** Executes input in the shared buffer as far as the client may, and keeps the rest. */
  private void executeRead(Client client) {
    ClientInput input = client.input();
    if (input.inHandBytes() > 0) {
      executeDecoded(client);
      input.release(!client.isEnding());
    }
  }

  /** Executes kept input as far as the client may. */
  private void executeKept(Client client) {
    executeRead(client);
    ClientInput input = client.input();
    if (!input.kept().isEmpty() && client.mayExecute()) {
      input.takeKept();
      client.turn().decoding = true;
      try {
        decode(client);
        executeDecoded(client);
      } finally {
        client.turn().decoding = false;
      }
      input.releaseKept(!client.isEnding());
    }
  }

  /** Executes the batch, and then reports a protocol violation that follows its requests. */
  private void executeDecoded(Client client) {
    run(batch);
    ProtocolException violation = client.input().endDecoding(client.mayExecute());
    if (violation != null) {
      String message = String.valueOf(violation.getMessage());
      logViolation(client, message);
      client.reply().error("ERR " + message);
      client.closeAfterReply();
    }
  }

  private void logViolation(Client client, String message) {
    ClientInput input = client.input();
    String query = QueryExcerpt.of(input.memory(), input.rest(), input.end());
    context.log().log(
        client.isMaster() ? Log.Level.WARNING : Log.Level.VERBOSE,
        "Protocol error (%s) from client: %s. Query buffer during protocol error: %s",
        message,
        client,
        UserText.of(query));
  }

  /** Executes a request, unless an earlier one of its client has to wait. */
  private void execute(@Nullable Client client, Request request) {
    if (client == null) {
      return; // executed during a long request of another client
    }
    ClientInput input = client.input();
    if (input.isStopped()) {
      return;
    }
    if (client.mayExecute() && input.admits(request)) {
      client.output().beforeRequest();
      if (dispatch(client, request)) {
        return;
      }
    }
    input.stopBefore(request);
  }

  /**
   * Executes a request and propagates its effects; returns false if it was postponed and must be
   * executed again.
   */
  private boolean dispatch(Client client, Request request) {
    boolean executed = true;
    Client outer = current;
    Request outerRequest = currentRequest;
    current = client;
    currentRequest = request;
    client.turn().executing = true;
    try {
      executed = dispatcher.dispatch(client, request);
    } catch (RuntimeException | LinkageError e) {
      context.log().warning("Unexpected error while serving a client: %s", e);
      client.closeSoon();
    } catch (OutOfMemoryError e) {
      outOfMemory(client, e);
    } finally {
      client.turn().executing = false;
      current = outer;
      currentRequest = outerRequest;
    }
    if (!executed) {
      client.postpone();
      return false;
    }
    if (client.is(ClientFlag.TRACKING)) {
      trackedClients.onCommandEnd(client);
    }
    client.afterCommand();
    account(client); // may close the client, which then executes nothing more
    return true;
  }

  @Override
  public void executeAgain(Client client, Request request) {
    if (!context.isHalted()) {
      dispatch(client, request);
    }
  }

  @Override
  public boolean isCurrent(Client client) {
    return client.equals(current);
  }

  @Override
  public long currentArgumentBytes() {
    return currentRequest == null ? 0 : currentRequest.argumentBytes();
  }

  /** Counts a client's memory, and evicts the largest clients while the total is too large. */
  private void account(Client client) {
    memory.update(client.account());
  }

  /** Closes a client after memory ran out for its requests or replies. */
  private void outOfMemory(Client client, OutOfMemoryError failure) {
    dispatcher.onOutOfMemory("while serving a client", failure);
    client.closeSoon();
  }

  private void limitQuery(Client client) {
    ByteQueue query = client.input().kept();
    if (!client.isMaster()
        && !client.is(ClientFlag.CLOSE_ASAP) // reported already
        && query.usedBytes() > context.settings().queryBufferLimitBytes()) {
      context.countQueryLimitDisconnection();
      context
          .log()
          .warning(
              "Closing client that reached max query buffer length: %s (qbuf initial bytes: %s)",
              client, UserText.of(QueryExcerpt.of(query)));
      client.closeSoon();
    }
  }

  // ---- long requests

  /** Runs a task that executes requests of other clients during a long request of {@code busy}. */
  public void runNested(Client busy, Runnable task) {
    RequestBatch outer = batch;
    int outerNext = next;
    boolean outerRunning = running;
    batch = new RequestBatch();
    next = 0;
    running = false;
    try {
      executeOthers(outer, outerNext, busy);
      task.run();
    } finally {
      batch = outer;
      next = outerNext;
      running = outerRunning;
    }
  }

  /**
   * Executes the remaining requests of other clients in a batch, and sends their replies. A client
   * waits if its pipeline has filled the batch, since the rest of it is still being decoded.
   */
  private void executeOthers(RequestBatch outer, int from, Client busy) {
    for (int i = 0; i < outer.count(); i++) {
      Client client = outer.client(i);
      if (client != null
          && !client.equals(busy)
          && client.hasRequestsInHand()
          && !client.turn().decoding) {
        for (int j = Math.max(i, from); j < outer.count(); j++) {
          if (client.equals(outer.client(j))) {
            outer.remove(j);
            execute(client, outer.request(j));
          }
        }
        finish(client);
      }
    }
  }

  // ---- the end of the turn

  /** Ends the client's share of this turn; its remaining requests run after other clients'. */
  private void continueNextTurn(Client client) {
    boolean more = client.input().endShare(client.mayExecute(), waiting.size());
    if (context.turnTime().isUsed() && !endTimeScheduled) {
      endTimeScheduled = true;
      context.loop().execute(endTime);
    }
    if (more && !client.turn().inNext) {
      client.turn().inNext = true;
      waiting.add(client);
      scheduleNextTurn();
    }
  }

  private void scheduleNextTurn() {
    if (!nextTurnScheduled) {
      nextTurnScheduled = true;
      context.loop().schedule(nextTurn, 0);
    }
  }

  /** Starts to measure the next turn. */
  private void endTime() {
    endTimeScheduled = false;
    context.turnTime().clear();
  }

  /**
   * Continues the requests of waiting clients until they have taken their time of this turn, so
   * that new input of others is read in between. At least one continues.
   */
  private void nextTurn() {
    nextTurnScheduled = false;
    int count = waiting.size(); // those added meanwhile have had their share
    do {
      Client client = waiting.poll();
      if (client == null) {
        return;
      }
      if (!waiting.isEmpty()) {
        scheduleNextTurn(); // before a request that may run for long
      }
      continueRequests(client);
    } while (--count > 0 && !context.turnTime().isUsedUp());
  }

  private void continueRequests(Client client) {
    client.turn().inNext = false;
    if (!client.isReleased()) {
      try {
        executeKept(client);
        finish(client);
      } catch (OutOfMemoryError e) {
        outOfMemory(client, e);
      }
    }
  }

  @Override
  public void atEndOfTurn(Client client) {
    if (client.turn().atEnd || client.isReleased()) {
      return;
    }
    client.turn().atEnd = true;
    ending.add(client);
    if (!endTurnScheduled) {
      endTurnScheduled = true;
      context.loop().execute(endTurn);
    }
  }

  /** Resumes, flushes or closes the clients that have asked for it in this turn. */
  private void endTurn() {
    endTurnScheduled = false;
    // Clients added meanwhile are handled by the next task.
    int count = ending.size();
    for (int i = 0; i < count; i++) {
      endTurn(ending.get(i));
    }
    ending.subList(0, count).clear();
  }

  private void endTurn(Client client) {
    client.turn().atEnd = false;
    try {
      resumeOrClose(client);
    } catch (OutOfMemoryError e) { // the turns of other clients continue
      outOfMemory(client, e);
    }
  }

  private void resumeOrClose(Client client) {
    if (client.is(ClientFlag.CLOSE_ASAP)) {
      client.close();
      return;
    }
    if (client.is(ClientFlag.UNBLOCKED)) {
      client.setFlag(ClientFlag.UNBLOCKED, false);
      executeKept(client);
      continueNextTurn(client);
    }
    client.flush();
    account(client);
    closeIfAnswered(client);
  }

  /**
   * Handles the end of the peer's output: answers the remaining requests, then closes. A blocked
   * client is closed at once.
   */
  @Override
  public void onInputEnd(Client client) {
    client.turn().inputEnded = true;
    client.updateReading();
    closeIfAnswered(client);
  }

  @Override
  public void onPossibleEnd(Client client) {
    client.turn().endHeld = true;
    closeIfAnswered(client);
  }

  /**
   * Handles the end of a connection that the peer has closed: executes the remaining requests
   * without replies, since the peer may have closed because it wants none. A blocked or paused
   * client is closed at once.
   */
  @Override
  public void onGone(Client client) {
    client.turn().gone = true;
    client.turn().inputEnded = true;
    client.output().discardAll();
    closeIfAnswered(client);
  }

  /** Closes if the peer has ended its output and all of its requests have run. */
  private void closeIfAnswered(Client client) {
    TurnState turn = client.turn();
    if (!(turn.inputEnded || turn.endHeld)
        || client.isReleased()
        || (client.isEnding() && !turn.gone) // its connection ends it
        || (client.mayExecute() && hasMoreToRun(client))) {
      return;
    }
    if (turn.endHeld && !turn.inputEnded) {
      turn.endHeld = false;
      client.socket().connection().passEnd();
      return;
    }
    if (!turn.gone
        && client.mayExecute()
        && client.type() == ClientType.NORMAL
        && client.queuedOutputBytes() > 0) {
      client.closeAfterReply();
    } else {
      client.close();
    }
  }

  private static boolean hasMoreToRun(Client client) {
    return client.turn().inNext || client.is(ClientFlag.UNBLOCKED) || client.hasRequestsInHand();
  }
}
