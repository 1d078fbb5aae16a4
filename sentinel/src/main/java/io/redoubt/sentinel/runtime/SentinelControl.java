package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.core.Input;
import io.redoubt.sentinel.core.Output;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.Settings;
import io.redoubt.sentinel.core.Timings;
import java.nio.file.Path;
import java.util.function.Supplier;

/** What commands can do with a running sentinel: read it, give it orders, change its settings. */
public final class SentinelControl {
  private final SentinelDriver driver;
  private final SentinelWords words;
  private final Supplier<Path> directory;
  private final Supplier<String> requirepass;
  private final LogLevel logLevel;
  private final Log log;

  /** How much is logged, by the words of the config file. */
  public interface LogLevel {
    /** The word of this moment. */
    String get();

    /** Sets it; false for an unknown word. */
    boolean set(String word);
  }

  /**
   * The control of that driver.
   *
   * @param words the lines of the config file, whose global options this changes
   * @param directory where relative paths start
   * @param requirepass the password that this sentinel asks for, which serves for other sentinels
   *     where they have no own
   */
  public SentinelControl(
      SentinelDriver driver,
      SentinelWords words,
      Supplier<Path> directory,
      Supplier<String> requirepass,
      LogLevel logLevel,
      Log log) {
    this.driver = driver;
    this.words = words;
    this.directory = directory;
    this.requirepass = requirepass;
    this.logLevel = logLevel;
    this.log = log;
  }

  /** The core, to be read. */
  public Sentinel sentinel() {
    return driver.sentinel();
  }

  /**
   * Gives an order.
   *
   * @throws IllegalStateException when the order is one that nothing answers
   */
  public Output order(Input input) {
    Output answer = driver.order(input);
    if (answer == null) {
      throw new IllegalStateException("no answer to " + input);
    }
    return answer;
  }

  /** The programs that run and wait to. */
  public ScriptQueue scripts() {
    return driver.scripts();
  }

  /** What is on disk of what orders changed. */
  public StateKeeper keeper() {
    return driver.keeper();
  }

  /** Lets the sentinel know what somebody published on the hello channel here. */
  public void hello(String payload) {
    driver.submit(new Input.HelloHeard(Input.HelloHeard.NO_LINK, payload));
  }

  /** Where relative paths start. */
  public Path directory() {
    return directory.get();
  }

  /** How much is logged. */
  public LogLevel logLevel() {
    return logLevel;
  }

  /** What holds for all masters. */
  public GlobalOptions globalOptions() {
    return words.global();
  }

  /** Changes what holds for all masters, and writes it to the config file. */
  public void change(GlobalOptions options) {
    boolean keepsNames = words.global().resolveHostnames() && !options.resolveHostnames();
    words.global(options);
    if (keepsNames && sentinel().state().hasHostNames()) {
      log.warning(
          "Nodes are known by name: the config file keeps 'resolve-hostnames yes' while any is,"
              + " since the next start could not read it otherwise.");
    }
    Settings now = sentinel().settings();
    order(
        new Input.Configure(
            settings(
                options,
                requirepass.get(),
                now.port(),
                now.timings(),
                now.crashAfterElection(),
                now.crashAfterPromotion())));
  }

  /** SENTINEL DEBUG: changes periods and limits until the next start. */
  public void change(Timings timings) {
    order(new Input.Configure(sentinel().settings().with(timings)));
  }

  /** SENTINEL SIMULATE-FAILURE: when to die. */
  public void crash(boolean afterElection, boolean afterPromotion) {
    Settings now = sentinel().settings();
    order(
        new Input.Configure(
            new Settings(
                now.port(),
                now.announceIp(),
                now.announcePort(),
                now.resolveHostnames(),
                now.announceHostnames(),
                now.sentinelUser(),
                now.sentinelPass(),
                afterElection,
                afterPromotion,
                now.timings())));
  }

  /** The core's settings that follow from options of the config file. */
  public static Settings settings(
      GlobalOptions options,
      String requirepass,
      int port,
      Timings timings,
      boolean crashAfterElection,
      boolean crashAfterPromotion) {
    return new Settings(
        port,
        options.announceIp(),
        options.announcePort(),
        options.resolveHostnames(),
        options.announceHostnames(),
        options.sentinelUser(),
        options.sentinelPass().isEmpty() ? requirepass : options.sentinelPass(),
        crashAfterElection,
        crashAfterPromotion,
        timings);
  }
}
