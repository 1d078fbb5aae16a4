package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.core.SentinelOutput;
import io.redoubt.sentinel.settings.NodeAccess;
import io.redoubt.sentinel.settings.Settings;
import io.redoubt.sentinel.settings.SimulatedCrash;
import io.redoubt.sentinel.settings.Timings;
import java.nio.file.Path;
import java.util.function.Supplier;

/** The access of commands to a running sentinel: its state, orders and settings. */
public final class SentinelControl {
  private final SentinelDriver driver;
  private final SentinelConfig words;
  private final Supplier<Path> directory;
  private final Supplier<String> requirepass;
  private final ProcessSettings process;
  private final Log log;

  /**
   * Creates the access to a driver.
   *
   * @param words the sentinel lines of the config file, whose global options this object changes
   * @param directory the base of relative paths
   * @param requirepass this sentinel's own password, by default also used at other sentinels
   */
  public SentinelControl(
      SentinelDriver driver,
      SentinelConfig words,
      Supplier<Path> directory,
      Supplier<String> requirepass,
      ProcessSettings process,
      Log log) {
    this.driver = driver;
    this.words = words;
    this.directory = directory;
    this.requirepass = requirepass;
    this.process = process;
    this.log = log;
  }

  /** Returns the core, for reading only. */
  public Sentinel sentinel() {
    return driver.sentinel();
  }

  /**
   * Submits an order and returns its outcome.
   *
   * @throws IllegalStateException if the core does not answer this kind of input
   */
  public SentinelOutput order(SentinelInput input) {
    SentinelOutput answer = driver.order(input);
    if (answer == null) {
      throw new IllegalStateException("no answer to " + input);
    }
    return answer;
  }

  public ScriptQueue scripts() {
    return driver.scripts();
  }

  public StateKeeper keeper() {
    return driver.keeper();
  }

  /** Passes a message published on this sentinel's hello channel to the core. */
  public void hello(String payload) {
    driver.submit(new SentinelInput.HelloHeard(SentinelInput.HelloHeard.NO_LINK, payload));
  }

  /** Returns the base of relative paths. */
  public Path directory() {
    return directory.get();
  }

  /** Returns the process directives that SENTINEL CONFIG can change. */
  public ProcessSettings process() {
    return process;
  }

  /** Returns the options for all masters. */
  public GlobalOptions globalOptions() {
    return words.global();
  }

  /** Changes the options for all masters and saves them. */
  public void change(GlobalOptions options) {
    boolean keepsNames = words.global().resolveHostnames() && !options.resolveHostnames();
    words.setGlobal(options);
    if (keepsNames && sentinel().state().hasHostNames()) {
      log.warning(
          "Some nodes are known by name: the config file keeps 'resolve-hostnames yes', because the"
              + " next start could not read it otherwise.");
    }
    Settings now = sentinel().settings();
    order(
        new SentinelInput.Configure(
            settings(options, requirepass.get(), now.port(), now.timings(), now.crash())));
  }

  /** Changes periods and limits until the next start, for SENTINEL DEBUG. */
  public void change(Timings timings) {
    order(new SentinelInput.Configure(sentinel().settings().with(timings)));
  }

  /** Sets the points of a simulated crash, for SENTINEL SIMULATE-FAILURE. */
  public void crash(boolean afterElection, boolean afterPromotion) {
    var crash = new SimulatedCrash(afterElection, afterPromotion);
    order(new SentinelInput.Configure(sentinel().settings().with(crash)));
  }

  /** Returns the core's settings for the given options. */
  public static Settings settings(
      GlobalOptions options, String requirepass, int port, Timings timings, SimulatedCrash crash) {
    return new Settings(
        port,
        options.announceIp(),
        options.announcePort(),
        options.resolveHostnames(),
        options.announceHostnames(),
        NodeAccess.of(
            options.sentinelUser(),
            options.sentinelPass().isEmpty() ? requirepass : options.sentinelPass()),
        crash,
        timings);
  }
}
