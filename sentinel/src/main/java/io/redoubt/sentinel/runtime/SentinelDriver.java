package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.flight.FailoverStepEvent;
import io.redoubt.protocol.flight.FlightRecording;
import io.redoubt.protocol.machine.StepQueue;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.StepTimer;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.core.Link;
import io.redoubt.sentinel.core.NodeRequest;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.core.SentinelOutput;
import io.redoubt.sentinel.core.SentinelState;
import org.jspecify.annotations.Nullable;

/**
 * Runs a sentinel's core on an event loop: steps it for inputs and at requested times, and performs
 * its outputs in order. Outputs that depend on the state wait until it is durable, and are withheld
 * while it can't be written; all others proceed. Confined to the event loop.
 */
public final class SentinelDriver {
  /** Receives the events that clients may subscribe to. */
  @FunctionalInterface
  public interface EventListener {
    /**
     * Handles an event.
     *
     * @param channel its type, such as {@code +sdown}
     * @param message its payload
     */
    void onEvent(String channel, String message);
  }

  private final Sentinel sentinel;
  private final Clock clock;
  private final Log log;
  private final StateKeeper keeper;
  private final EventListener listener;
  private final ScriptQueue scripts;
  private final Runnable crash;
  private final NodeConnections connections;
  private final StepTimer timer;
  private final StepQueue<SentinelInput> inputs = new StepQueue<>(this::step);

  /** The answer to the order in progress. */
  private @Nullable SentinelOutput answer;

  /**
   * Creates a stopped driver.
   *
   * @param store the persistent state; its writes run on a separate thread
   * @param scripts runs notification scripts
   * @param crash ends the process at once, for SENTINEL SIMULATE-FAILURE
   */
  public SentinelDriver(
      Sentinel sentinel,
      NodeDialer dialer,
      Clock clock,
      Log log,
      StateStore store,
      EventListener listener,
      ScriptQueue scripts,
      Runnable crash) {
    this.sentinel = sentinel;
    Loop loop = dialer.transport().loop();
    this.clock = clock;
    this.log = log;
    this.keeper =
        new StateKeeper(
            store,
            write -> dialer.threads().unstarted("save state", write).start(),
            loop::report,
            log);
    this.listener = listener;
    this.scripts = scripts;
    this.crash = crash;
    this.connections = new NodeConnections(dialer, this::submit);
    this.timer = new StepTimer(loop, clock, this::tick, () -> submit(new SentinelInput.Tick()));
  }

  /** Returns the core, for reading only. */
  public Sentinel sentinel() {
    return sentinel;
  }

  public StateKeeper keeper() {
    return keeper;
  }

  public void start() {
    submit(new SentinelInput.Tick());
    timer.start();
  }

  private void tick() {
    submit(new SentinelInput.Tick());
    scripts.tick(sentinel.settings().timings());
  }

  /**
   * Stops for good and closes the connections to nodes.
   *
   * @param done run once no write is pending
   */
  public void stop(Runnable done) {
    inputs.stop();
    timer.stop();
    connections.close();
    scripts.close();
    keeper.whenSettled(kept -> done.run());
  }

  public ScriptQueue scripts() {
    return scripts;
  }

  /** Steps with an input, now or after the current step. */
  public void submit(SentinelInput input) {
    inputs.submit(input);
  }

  /**
   * Steps with a client's order; returns {@code Done}, {@code Refused} or {@code Opinion}. The
   * client must not receive it before the {@link #keeper} has settled.
   */
  public @Nullable SentinelOutput order(SentinelInput input) {
    inputs.requireIdle();
    answer = null;
    inputs.submit(input);
    return answer;
  }

  private long nowMillis() {
    return clock.monotonicMillis();
  }

  private void step(SentinelInput input) {
    if (input instanceof SentinelInput.Tick) {
      keeper.retry();
    }
    for (SentinelOutput output : sentinel.step(nowMillis(), input)) {
      perform(output);
    }
    timer.plan(sentinel.wakeAtMillis());
  }

  private void perform(SentinelOutput output) {
    switch (output) {
      case SentinelOutput.Persist(SentinelState state) -> keeper.save(state);
      case SentinelOutput.Connect(var link, Link.Kind kind, var address) ->
          connections.connect(link, kind, address);
      case SentinelOutput.Disconnect(var link, Link.Kind kind) -> {
        Runnable closing = connections.disconnecting(link, kind);
        keeper.whenSettled(kept -> closing.run()); // after sends that wait for the state
      }
      case SentinelOutput.Send(var link, Link.Kind kind, NodeRequest request) ->
          send(link, kind, request);
      case SentinelOutput.Event event -> {
        log(event.level(), event.type() + " " + event.payload());
        if (FlightRecording.isOn()) {
          FailoverStepEvent.record(event.type(), event.payload());
        }
        if (event.published()) {
          keeper.whenSettled(kept -> listener.onEvent(event.type(), event.payload()));
        }
      }
      case SentinelOutput.RunScript(String path, var arguments) ->
          keeper.whenSettled(kept -> scripts.add(path, arguments));
      case SentinelOutput.Remark(SentinelOutput.Level level, String text) -> log(level, text);
      case SentinelOutput.Opinion opinion -> keepAnswer(opinion);
      case SentinelOutput.Done done -> keepAnswer(done);
      case SentinelOutput.Refused refused -> keepAnswer(refused);
      case SentinelOutput.Crash(String why) -> {
        log.warning("Sentinel CRASH because of SENTINEL simulate-failure %s", why);
        keeper.whenSettled(kept -> crash.run());
      }
    }
  }

  /** Keeps the first answer, which is that to the order; later steps only follow from it. */
  private void keepAnswer(SentinelOutput output) {
    if (answer == null) {
      answer = output;
    }
  }

  private void send(int link, Link.Kind kind, NodeRequest request) {
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

  private void log(SentinelOutput.Level level, String text) {
    switch (level) {
      case DEBUG -> log.debug("%s", text);
      case VERBOSE -> log.verbose("%s", text);
      case NOTICE -> log.notice("%s", text);
      case WARNING -> log.warning("%s", text);
    }
  }
}
