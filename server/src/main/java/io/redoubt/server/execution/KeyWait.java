package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client blocked on keys, with the request to execute again when one of them is ready. */
final class KeyWait implements Waiting {
  /** The condition that ends a wait. */
  enum Until {
    /** A key has a value of the type. */
    READY,
    /** A key has a value of the type, or no longer has one. */
    READY_OR_GONE
  }

  /** A client's position in the queue of one key. */
  static final class Place {
    final KeyWait wait;
    final WaitingLine line;
    @Nullable Place before;
    @Nullable Place after;

    Place(KeyWait wait, WaitingLine line) {
      this.wait = wait;
      this.line = line;
    }
  }

  /** The heap size of a place in a queue, without the key. */
  private static final long PLACE_BYTES = 200;

  /** The pause after which a client is served if a pause of clients forbade it. */
  private static final long HELD_MILLIS = 5;

  private final BlockedClients owner;
  private final ServerClient client;
  private final Command<?> command;
  private final BufferMemory.Block block;
  private final Request request;
  private final Type type;
  private final Until until;
  private final boolean nilArray;

  /**
   * The places by queue; a map, because a list would take quadratic time for a request of many
   * keys.
   */
  private final Map<WaitingLine, Place> places = new LinkedHashMap<>();

  private @Nullable Cancellable timer;
  private boolean waitsOn;
  private boolean served;
  private long spentNanos;

  /**
   * The condition of a wait.
   *
   * @param timeoutMillis from now; 0 for no timeout
   * @param nilArray true to reply with a nil array after a timeout, false with nil
   */
  record Wish(Type type, Until until, long timeoutMillis, boolean nilArray) {}

  KeyWait(BlockedClients owner, RegionCall call, ServerClient client, Wish wish) {
    this.owner = owner;
    this.client = client;
    this.command = call.command();
    this.type = wish.type();
    this.until = wish.until();
    this.nilArray = wish.nilArray();
    block = client.context().memory().allocate(Math.max(call.request().argumentBytes(), 1));
    this.request = call.request().copyTo(block.memory(), block.offset());
  }

  /** Joins the queue of a key, unless the client is already in it. */
  void join(WaitingLine line) {
    if (!places.containsKey(line)) {
      Place place = new Place(this, line);
      line.add(place);
      places.put(line, place);
    }
  }

  Command<?> command() {
    return command;
  }

  Request request() {
    return request;
  }

  boolean endsWithLoss() {
    return until == Until.READY_OR_GONE;
  }

  /** Returns true if the request may succeed. */
  boolean isReady(long entry) {
    return endsWithLoss() || (entry != Entry.NONE && Entry.type(entry) == type);
  }

  /** Returns true if a pause forbids serving the client, although the key is ready. */
  boolean isHeld() {
    return client.pauses(command);
  }

  /** Executes the request again; a client that remains blocked keeps its position. */
  void serve() {
    if (client.isEnding()) {
      return;
    }
    waitsOn = false;
    client.executeAgain(request);
    if (!waitsOn) {
      served = true;
      client.unblock();
    }
  }

  /** Keeps the client blocked, because the repeated request found nothing. */
  void keepBlocked() {
    waitsOn = true;
  }

  /** Executes the request again after a pause if the client is still blocked by then. */
  void repeatAfter(long millis) {
    if (timer != null) {
      timer.cancel();
    }
    timer = client.context().loop().schedule(this::repeat, millis);
  }

  private void repeat() {
    timer = null;
    if (isHeld()) {
      repeatAfter(HELD_MILLIS);
    } else {
      serve();
    }
  }

  /** Adds the duration of an execution that left the client blocked. */
  void addSpent(long nanos) {
    spentNanos += nanos;
  }

  /** Returns the duration of all executions so far. */
  long spentNanos() {
    return spentNanos;
  }

  /** A client that may read from a replica keeps waiting on one. */
  @Override
  public boolean endsWithRole() {
    return !(client.followsRedirects() && client.mayStayOnReplica(command));
  }

  @Override
  public long argumentBytes() {
    return request.argumentBytes();
  }

  @Override
  public long memoryBytes() {
    return block.sizeBytes();
  }

  @Override
  public long heapBytes() {
    return places.size() * PLACE_BYTES;
  }

  @Override
  public void onTimeout() {
    owner.countTimeOut(command, spentNanos);
    owner.replyToTimeOut(client, command, this::replyNil);
  }

  private void replyNil() {
    if (nilArray) {
      client.reply().nilArray();
    } else {
      client.reply().nil();
    }
  }

  @Override
  public void onFailure(String code) {
    owner.countFailure(command, spentNanos, code);
  }

  @Override
  public void onEnd() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    for (Place place : places.values()) {
      owner.leave(place);
    }
    if (!served && !client.isReleased()) {
      owner.logUnserved(client, command, request, spentNanos);
    }
    client.context().memory().free(block);
  }
}
