package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the keys that cost most processor time and network traffic, while HOTKEYS collects them.
 * The cost of a command is divided among its keys; a script counts as a whole, and commands from
 * the master don't. Confined to the event loop. Costs one comparison per command while it is off,
 * and has no memory before the first collection and after {@link #reset}.
 */
public final class KeyCosts {
  /**
   * The options of a collection.
   *
   * @param cpu true to find keys by processor time
   * @param net true to find keys by bytes of requests and replies
   * @param keys the number of keys to find
   * @param seconds the duration, 0 for no limit
   * @param ratio charges the keys of one command of so many
   * @param slots the slots whose keys count, null for all
   */
  public record Plan(
      boolean cpu, boolean net, int keys, long seconds, int ratio, @Nullable SlotSet slots) {}

  /** The use of the whole process. */
  public interface ProcessCosts {
    long userMillis();

    long systemMillis();

    long netBytes();
  }

  private static final Request NONE = new Request();

  private final Clock clock;
  private final RandomGenerator random;
  private final KeyVisitor counter = (argument, flags) -> count(argument);
  private final KeyVisitor charger = (argument, flags) -> charge(argument);
  private @Nullable CostCollection collection;
  private boolean on;

  /** True between the start of a command and its end. */
  private boolean measures;

  private long writtenBefore;

  // The command that is counted.
  private Request request = NONE;
  private @Nullable SlotSet slots;
  private int keys;
  private boolean isSelected;
  private long nanosEach;
  private long bytesEach;

  /** Creates the collector, off. */
  public KeyCosts(Clock clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  /** Starts a collection in place of an earlier one. */
  public void start(Plan plan, ProcessCosts process) {
    collection = new CostCollection(plan, clock, process);
    on = true;
    measures = false; // the running command, which has not been passed to starts
  }

  /** Stops the collection and keeps its result; returns false if there is none. */
  public boolean stop() {
    if (on && collection != null) {
      on = false;
      collection.stop();
    }
    return collection != null;
  }

  /** Releases the result of the last collection, which must not run. */
  public void reset() {
    collection = null;
  }

  /** Returns true if a collection runs; stops one whose time is over. */
  public boolean isRunning() {
    if (on && collection != null && collection.isOver()) {
      stop();
    }
    return on;
  }

  /** Writes the result of the collection, or nil if there is none. */
  public void reply(ReplyWriter reply) {
    boolean unused = isRunning();
    if (collection == null) {
      reply.nil();
    } else {
      collection.reply(reply);
    }
  }

  /** Returns true if commands must be passed to {@link #starts} and {@link #ran}. */
  boolean isOn() {
    return on;
  }

  /** Receives a command of a client that is about to run. */
  void starts(ServerClient client) {
    measures = true;
    writtenBefore = client.writtenBytes();
  }

  /** Counts a command that ran outside of scripts. */
  void ran(ServerClient client, Command<?> command, Request words, long nanos) {
    CostCollection to = collection;
    // The commands of EXEC are counted one by one.
    boolean isCounted = measures && !client.isMaster() && !command.has(Flag.SKIP_SLOWLOG);
    measures = false;
    if (to == null || !isCounted || !isRunning()) {
      return;
    }
    long bytes = words.end() - words.start() + client.writtenBytes() - writtenBefore;
    to.all.add(nanos, bytes);
    request = words;
    slots = to.slots();
    keys = 0;
    isSelected = slots == null;
    command.keySpecs().forEach(words, counter);
    if (keys > 0 && isSelected) {
      to.selected.add(nanos, bytes);
      int ratio = to.ratio();
      if (ratio == 1 || random.nextInt(ratio) == 0) {
        to.sampled.add(nanos, bytes);
        nanosEach = nanos / keys;
        bytesEach = bytes / keys;
        command.keySpecs().forEach(words, charger);
      }
    }
    request = NONE;
  }

  private void count(int argument) {
    keys++;
    if (slots != null && !isSelected) {
      int length = request.length(argument);
      isSelected = slots.contains(KeySlot.of(request.memory(), request.offset(argument), length));
    }
  }

  private void charge(int argument) {
    if (collection != null) {
      collection.charge(request, argument, nanosEach, bytesEach);
    }
  }
}
