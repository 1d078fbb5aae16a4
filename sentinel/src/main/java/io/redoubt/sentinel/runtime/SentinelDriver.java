package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.core.Input;
import io.redoubt.sentinel.core.Link;
import io.redoubt.sentinel.core.Output;
import io.redoubt.sentinel.core.Request;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelState;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a sentinel's core on a loop: steps it when something happens and at the times it asks for,
 * and carries out what it wants, in order. What rests on the state leaves when that is on disk, and
 * does not while it can't be written; all else goes on. Belongs to the loop.
 */
public final class SentinelDriver {
  private static final long TICK_MILLIS = 100;

  /** Takes an event that clients may have subscribed to. */
  @FunctionalInterface
  public interface EventListener {
    /**
     * An event happened.
     *
     * @param channel its type, such as {@code +sdown}
     * @param message its payload
     */
    void happened(String channel, String message);
  }

  private final Sentinel sentinel;
  private final Loop loop;
  private final Clock clock;
  private final Log log;
  private final StateKeeper keeper;
  private final EventListener listener;
  private final ScriptQueue scripts;
  private final Runnable crash;
  private final NodeConnections connections;
  private final Deque<Input> waiting = new ArrayDeque<>();

  private boolean stepping;
  private boolean stopped;
  private @Nullable Cancellable ticks;
  private @Nullable Cancellable wake;
  private long wakeAtMillis = Long.MAX_VALUE;

  /**
   * A driver at rest.
   *
   * @param source the address that connections are made from, null for any
   * @param tls how connections to nodes are encrypted, null for not at all
   * @param lookup knows the names of hosts
   * @param store where the state survives; its writes run on a thread of their own
   * @param scripts runs programs
   * @param crash ends the process at once, for SENTINEL SIMULATE-FAILURE
   */
  public SentinelDriver(
      Sentinel sentinel,
      Transport transport,
      @Nullable InetAddress source,
      @Nullable Tls tls,
      HostNames.Lookup lookup,
      Clock clock,
      Log log,
      StateStore store,
      EventListener listener,
      ScriptQueue scripts,
      Runnable crash) {
    this.sentinel = sentinel;
    this.loop = transport.loop();
    this.clock = clock;
    this.log = log;
    this.keeper = new StateKeeper(store, SentinelDriver::save, loop::execute, log);
    this.listener = listener;
    this.scripts = scripts;
    this.crash = crash;
    this.connections = new NodeConnections(transport, source, tls, lookup, this::submit);
  }

  /** The core, to be read. */
  public Sentinel sentinel() {
    return sentinel;
  }

  private static void save(Runnable write) {
    Thread.ofPlatform().daemon().name("save state").start(write);
  }

  /** What is on disk of the core's state. */
  public StateKeeper keeper() {
    return keeper;
  }

  /** Begins to tick. */
  public void start() {
    submit(new Input.Tick());
    ticks = loop.every(this::tick, TICK_MILLIS);
  }

  private void tick() {
    submit(new Input.Tick());
    scripts.tick(sentinel.settings().timings());
  }

  /**
   * Stops for good and closes the connections to nodes.
   *
   * @param done is run when nothing is being written any more
   */
  public void stop(Runnable done) {
    stopped = true;
    if (ticks != null) {
      ticks.cancel();
    }
    if (wake != null) {
      wake.cancel();
    }
    connections.close();
    scripts.close();
    keeper.whenSettled(kept -> done.run());
  }

  /** The programs that run and wait to. */
  public ScriptQueue scripts() {
    return scripts;
  }

  /** Steps with an input, now or after the step that is on. */
  public void submit(Input input) {
    waiting.add(input);
    if (!stepping) {
      drain();
    }
  }

  /**
   * Steps with what a client asked for; gives {@code Done}, {@code Refused} or {@code Opinion}. A
   * client may hear of it when the {@link #keeper} has settled.
   */
  public @Nullable Output order(Input input) {
    if (stepping) {
      throw new IllegalStateException("an order within a step");
    }
    Output answer = step(input);
    drain();
    return answer;
  }

  private void drain() {
    Input next = waiting.poll();
    while (next != null) {
      step(next);
      next = waiting.poll();
    }
  }

  private long nowMillis() {
    return TimeUnit.NANOSECONDS.toMillis(clock.monotonicNanos());
  }

  private @Nullable Output step(Input input) {
    if (stopped) {
      return null;
    }
    stepping = true;
    Output answer = null;
    try {
      if (input instanceof Input.Tick) {
        keeper.retry();
      }
      for (Output output : sentinel.step(nowMillis(), input)) {
        Output given = perform(output);
        answer = given == null ? answer : given;
      }
    } finally {
      stepping = false;
    }
    planWake();
    return answer;
  }

  /** Carries out one output, or gives it back when it is for whoever ordered the step. */
  private @Nullable Output perform(Output output) {
    switch (output) {
      case Output.Persist(SentinelState state) -> keeper.changed(state);
      case Output.Connect(var link, Link.Kind kind, var address) ->
          connections.connect(link, kind, address);
      case Output.Disconnect(var link, Link.Kind kind) -> {
        Runnable closing = connections.disconnecting(link, kind);
        keeper.whenSettled(kept -> closing.run()); // after what is still to be sent
      }
      case Output.Send(var link, Link.Kind kind, Request request) -> send(link, kind, request);
      case Output.Event event -> {
        log(event.level(), event.type() + " " + event.payload());
        if (event.published()) {
          keeper.whenSettled(kept -> listener.happened(event.type(), event.payload()));
        }
      }
      case Output.RunScript(String path, var arguments) ->
          keeper.whenSettled(kept -> scripts.add(path, arguments));
      case Output.Remark(Output.Level level, String text) -> log(level, text);
      case Output.Opinion opinion -> {
        return opinion;
      }
      case Output.Done done -> {
        return done;
      }
      case Output.Refused refused -> {
        return refused;
      }
      case Output.Crash(String why) -> {
        log.warning("Sentinel CRASH because of SENTINEL simulate-failure %s", why);
        keeper.whenSettled(kept -> crash.run());
      }
    }
    return null;
  }

  private void send(int link, Link.Kind kind, Request request) {
    Runnable sending = connections.sending(link, kind, request);
    switch (request.rest()) {
      case NOTHING -> sending.run();
      case STATE_IF_POSSIBLE -> keeper.whenSettled(kept -> sending.run());
      case STATE -> {
        long wantedAt = nowMillis();
        keeper.whenSettled(kept -> {
          if (kept && !request.isStale(nowMillis() - wantedAt)) {
            sending.run();
          }
        });
      }
    }
  }

  private void log(Output.Level level, String text) {
    switch (level) {
      case DEBUG -> log.debug("%s", text);
      case VERBOSE -> log.verbose("%s", text);
      case NOTICE -> log.notice("%s", text);
      case WARNING -> log.warning("%s", text);
    }
  }

  /** Has the core step at the moment it asked for, when that is before the next tick. */
  private void planWake() {
    long wanted = sentinel.wakeAtMillis();
    long now = nowMillis();
    boolean planned = wakeAtMillis > now && wakeAtMillis <= wanted;
    if (planned || wanted > now + TICK_MILLIS) {
      return;
    }
    if (wake != null) {
      wake.cancel();
    }
    wakeAtMillis = wanted;
    wake = loop.schedule(() -> submit(new Input.Tick()), Math.max(0, wanted - now));
  }
}
