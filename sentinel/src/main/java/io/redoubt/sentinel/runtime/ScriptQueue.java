package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.core.Timings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The programs that a sentinel runs to tell others of events: some at once, the others wait their
 * turn; one that takes too long is killed, one that ends with status 1 or by a signal is run again
 * later, each time after twice as long. Belongs to the loop; processes are started off it.
 */
public final class ScriptQueue {
  private static final int MAX_QUEUED = 256;
  private static final int MAX_RUNNING = 16;
  private static final int MAX_RUNS = 10;

  /** The exit status by which a script asks to be run again. */
  private static final int RETRY_STATUS = 1;

  /** How the exit status of a process that a signal ended begins, as Java and shells tell it. */
  private static final int SIGNAL_STATUS = 128;

  /** Exit status of what could not be started. */
  private static final int NOT_STARTED = 99;

  private static final int MAX_SIGNAL = 64;

  /** A program with its arguments, waiting or running. */
  public static final class Job {
    private final List<String> command;
    private boolean running;
    private boolean killed;
    private int runs;
    private long startMillis;
    private @Nullable Process process;

    private Job(List<String> command) {
      this.command = command;
    }

    /** The program and its arguments. */
    public List<String> command() {
      return command;
    }

    /** Whether it runs now. */
    public boolean isRunning() {
      return running;
    }

    /** The process id, 0 when it does not run. */
    public long pid() {
      Process current = process;
      return current == null ? 0 : current.pid();
    }

    /** For how long it has run, or how long it will still wait; in milliseconds. */
    public long millis(long now) {
      return running ? now - startMillis : Math.max(0, startMillis - now);
    }

    /** How often it was started. */
    public int runs() {
      return runs;
    }
  }

  private final List<Job> jobs = new ArrayList<>();
  private final Loop loop;
  private final Clock clock;
  private final Log log;
  private final Supplier<Path> directory;
  private final SentinelDriver.EventListener listener;

  /**
   * An empty queue.
   *
   * @param directory where relative paths start, and where the programs run
   * @param listener hears of scripts that failed
   */
  public ScriptQueue(
      Loop loop,
      Clock clock,
      Log log,
      Supplier<Path> directory,
      SentinelDriver.EventListener listener) {
    this.loop = loop;
    this.clock = clock;
    this.log = log;
    this.directory = directory;
    this.listener = listener;
  }

  /** The jobs in the order in which they came. */
  public List<Job> jobs() {
    return List.copyOf(jobs);
  }

  /** How many run now. */
  public int running() {
    return (int) jobs.stream().filter(Job::isRunning).count();
  }

  /** The time in which {@link Job#millis} is told. */
  public long nowMillis() {
    return TimeUnit.NANOSECONDS.toMillis(clock.monotonicNanos());
  }

  /** Has a program run as soon as there is room; of too many that wait the oldest is dropped. */
  void add(String path, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(directory.get().resolve(path).toString());
    command.addAll(arguments);
    Job job = new Job(List.copyOf(command));
    job.startMillis = nowMillis();
    jobs.add(job);
    if (jobs.size() > MAX_QUEUED) {
      jobs.stream().filter(each -> !each.running).findFirst().ifPresent(jobs::remove);
    }
  }

  /** Starts what is due and kills what takes too long; called at every tick. */
  void tick(Timings timings) {
    long now = nowMillis();
    int running = running();
    for (Job job : jobs) {
      if (job.running) {
        Process process = job.process;
        if (process != null
            && !job.killed
            && now - job.startMillis > timings.scriptMaxRuntimeMillis()) {
          job.killed = true;
          warn("-script-timeout", job.command.getFirst() + " " + process.pid());
          process.destroyForcibly();
        }
      } else if (running < MAX_RUNNING && job.startMillis <= now) {
        running++;
        start(job, timings);
      }
    }
  }

  private void start(Job job, Timings timings) {
    job.running = true;
    job.runs++;
    job.startMillis = nowMillis();
    ProcessBuilder builder =
        new ProcessBuilder(job.command)
            .directory(directory.get().toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(NULL_DEVICE.toFile()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    Thread.ofVirtual()
        .name("script")
        .start(() -> {
          try {
            Process process = builder.start();
            loop.execute(() -> started(job, process));
            int status = process.waitFor();
            loop.execute(() -> ended(job, status, timings));
          } catch (IOException | InterruptedException e) {
            loop.execute(() -> notStarted(job));
          }
        });
  }

  private static final Path NULL_DEVICE = Path.of("/dev/null");

  private void started(Job job, Process process) {
    job.process = process;
    log.debug("+script-child %d", process.pid());
  }

  private void notStarted(Job job) {
    jobs.remove(job);
    warn("-script-error", job.command.getFirst() + " " + NOT_STARTED + " 0");
  }

  private void ended(Job job, int status, Timings timings) {
    boolean bySignal = status > SIGNAL_STATUS && status <= SIGNAL_STATUS + MAX_SIGNAL;
    int signal = bySignal ? status - SIGNAL_STATUS : 0;
    log.debug("-script-child %d %d %d", job.pid(), bySignal ? 0 : status, signal);
    job.process = null;
    job.running = false;
    job.killed = false;
    if ((bySignal || status == RETRY_STATUS) && job.runs < MAX_RUNS) {
      job.startMillis = nowMillis() + (timings.scriptRetryDelayMillis() << (job.runs - 1));
      return;
    }
    jobs.remove(job);
    if (status != 0) {
      warn("-script-error", job.command.getFirst() + " " + signal + " " + (bySignal ? 0 : status));
    }
  }

  private void warn(String type, String payload) {
    log.warning("%s %s", type, payload);
    listener.happened(type, payload);
  }

  /** Kills what runs and drops what waits. */
  void close() {
    for (Job job : jobs) {
      Process process = job.process;
      if (process != null) {
        process.destroyForcibly();
      }
    }
    jobs.clear();
  }
}
