package io.redoubt.protocol.session;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.input.ClientInput;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Executes the requests of all clients of an event loop. The input of a client is decoded into a
 * {@link RequestBatch}, which is dispatched when it is full or when all ready connections of the
 * turn have been read.
 *
 * <p>Calls have one direction: events of connections come in through {@link Client}, requests go
 * out to the {@link Dispatcher}. {@link ClientInput} only holds the state of one client's input.
 */
public final class RequestExecutor {
  private final ClientRegistry registry;
  private final Dispatcher dispatcher;
  private RequestBatch batch = new RequestBatch();

  /** The index of the next request of the batch to execute. */
  private int next;

  /** The number of clients whose requests continue in the next turn. */
  private int waitingForTurn;

  private boolean running;
  private @Nullable Client current;
  private @Nullable Request currentRequest;

  RequestExecutor(ClientRegistry registry, Dispatcher dispatcher) {
    this.registry = registry;
    this.dispatcher = dispatcher;
  }

  /** Receives input in the loop's shared buffer, where it remains until {@link #finish}. */
  void receive(Client client, MemorySegment memory, long start, long end) {
    finish(client);
    ClientInput input = client.input();
    if (input.kept().isEmpty() && client.mayExecute()) {
      input.take(memory, start, end);
      decode(client, input);
    } else {
      input.keep(memory, start, end);
      executeKept(client);
    }
  }

  /** Executes input in the shared buffer as far as the client may, and keeps the rest. */
  void finish(Client client) {
    ClientInput input = client.input();
    if (input.inHandBytes() == 0) {
      return;
    }
    executeDecoded(client, input);
    input.release(!client.isEnding());
  }

  /** Executes kept input as far as the client may. */
  void executeKept(Client client) {
    finish(client);
    ClientInput input = client.input();
    if (input.kept().isEmpty() || !client.mayExecute()) {
      return;
    }
    input.takeKept();
    decode(client, input);
    executeDecoded(client, input);
    input.releaseKept(!client.isEnding());
  }

  /** Adds the complete requests to the batch, which is executed when it is full. */
  private void decode(Client client, ClientInput input) {
    while (true) {
      if (batch.isFull()) {
        execute();
        if (client.isEnding()) {
          return; // its input may have been freed
        }
      }
      if (!input.decode(batch.next())) {
        return;
      }
      batch.add(client);
      if (!input.isAuthenticated()) {
        execute(); // the size limits of the next request depend on this one
      }
    }
  }

  /** Executes the batch, and then reports a protocol violation that follows its requests. */
  private void executeDecoded(Client client, ClientInput input) {
    execute();
    ProtocolException violation = input.endDecoding(client.mayExecute());
    if (violation != null) {
      String message = String.valueOf(violation.getMessage());
      registry.protocolError(client, message, input.memory(), input.rest(), input.end());
      client.reply().error("ERR " + message);
      client.closeAfterReply();
    }
  }

  /** Executes all requests of the batch. */
  private void execute() {
    if (batch.count() == 0 || running) {
      return;
    }
    running = true;
    RequestBatch current = batch;
    try {
      dispatcher.lookAhead(current);
      for (int i = 0; i < current.count(); i++) {
        next = i + 1;
        execute(current.client(i), current.request(i));
      }
    } finally {
      running = false;
      next = 0;
      dispatcher.batchDone(); // may still examine the last request
      current.clear();
    }
  }

  /** Executes a request, unless an earlier one of its client has to wait. */
  private void execute(@Nullable Client client, Request request) {
    if (client == null) {
      return; // executed during a long request of another client
    }
    ClientInput input = client.input();
    if (!input.isStopped()
        && !(client.mayExecute() && input.admits(request) && dispatch(client, request))) {
      input.stopBefore(request);
    }
  }

  /** Executes a request; returns false if it was postponed and must be executed again. */
  private boolean dispatch(Client client, Request request) {
    boolean executed = true;
    Client outer = current;
    Request outerRequest = currentRequest;
    current = client;
    currentRequest = request;
    client.executing(true);
    try {
      executed = dispatcher.dispatch(client, request);
    } catch (RuntimeException | LinkageError e) {
      registry.log().warning("Unexpected error while serving a client: %s", e);
      client.closeSoon();
    } catch (OutOfMemoryError e) {
      outOfMemory(client, e);
    } finally {
      client.executing(false);
      current = outer;
      currentRequest = outerRequest;
    }
    if (!executed) {
      client.postpone();
      return false;
    }
    if (client.is(ClientFlag.TRACKING)) {
      registry.trackedClients().commandEnded(client);
    }
    client.afterCommand();
    registry.accountMemory(client); // may close the client, which then executes nothing more
    return true;
  }

  /** Adds to the number of clients that wait for the next turn. */
  void waitsForTurn(int more) {
    waitingForTurn += more;
  }

  int waitingForTurn() {
    return waitingForTurn;
  }

  /** Returns the client of the innermost running request, or null. */
  @Nullable Client current() {
    return current;
  }

  /** Returns the length of the arguments of the running request, in bytes. */
  long currentArgumentBytes() {
    return currentRequest == null ? 0 : currentRequest.argumentBytes();
  }

  /** Closes a client after memory ran out for its requests or replies. */
  void outOfMemory(Client client, OutOfMemoryError failure) {
    dispatcher.outOfMemory("while serving a client", failure);
    client.closeSoon();
  }

  /** Executes a blocked client's request again; the client remains blocked meanwhile. */
  public void executeAgain(Client client, Request request) {
    if (!registry.isHalted()) {
      dispatch(client, request);
    }
  }

  /** Runs a task that executes requests of other clients during a long request of {@code busy}. */
  public void nested(Client busy, Runnable task) {
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

  /** Executes the remaining requests of other clients in a batch, and sends their replies. */
  private void executeOthers(RequestBatch outer, int from, Client busy) {
    for (int i = 0; i < outer.count(); i++) {
      Client client = outer.client(i);
      if (client != null && !client.equals(busy) && client.hasRequestsInHand()) {
        for (int j = Math.max(i, from); j < outer.count(); j++) {
          if (client.equals(outer.client(j))) {
            outer.remove(j);
            execute(client, outer.request(j));
          }
        }
        client.endInput();
      }
    }
  }
}
