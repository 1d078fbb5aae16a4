package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The queue of notification scripts: a limited number runs concurrently. A script that takes too
 * long is killed; one that exits with status 1 or by a signal is retried with exponential back-off.
 * Confined to the event loop; processes are started off it.
 */
public final class ScriptQueue {
  private static final int MAX_QUEUED = 256;
  private static final int MAX_RUNNING = 16;
  private static final int MAX_RUNS = 10;

  /** The exit status of a script that requests to be retried. */
  private static final int RETRY_STATUS = 1;

  /** The base of the exit status of a process ended by a signal, in Java and in shells. */
  private static final int SIGNAL_STATUS = 128;

  /** The exit status of a script that could not be started. */
  private static final int NOT_STARTED = 99;

  private static final int MAX_SIGNAL = 64;

  /** A script with its arguments, waiting or running. */
  public static final class Job {
    private final List<String> command;
    private boolean running;
    private boolean killed;
    private int runs;
    private long startMillis;

    /** Set by the thread that starts it. */
    private volatile @Nullable Process process;

    private Job(List<String> command) {
      this.command = command;
    }

    public List<String> command() {
      return command;
    }

    public boolean isRunning() {
      return running;
    }

    /** Returns the process id, 0 if it is not running. */
    public long pid() {
      Process current = process;
      return current == null ? 0 : current.pid();
    }

    /** Returns the milliseconds since its start, or until its retry. */
    public long millis(long now) {
      return running ? now - startMillis : Math.max(0, startMillis - now);
    }

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
   * Creates an empty queue.
   *
   * @param directory the working directory of the scripts, and the base of relative paths
   * @param listener notified of failed scripts
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

  /** Returns the jobs in the order of their arrival. */
  public List<Job> jobs() {
    return List.copyOf(jobs);
  }

  public int running() {
    return (int) jobs.stream().filter(Job::isRunning).count();
  }

  /** Returns the clock for {@link Job#millis}. */
  public long nowMillis() {
    return clock.monotonicMillis();
  }

  /** Queues a script; if there are too many, drops the oldest one that is not running. */
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

  /** Starts due jobs and kills those over the time limit; called at every tick. */
  void tick(Timings timings) {
    long now = nowMillis();
    int running = running();
    for (Job job : jobs) {
      if (job.running) {
        Process process = job.process;
        if (process != null
            && !job.killed
            && now - job.startMillis > timings.millis(Timing.SCRIPT_MAX_RUNTIME)) {
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
            job.process = process;
            loop.report(() -> log.debug("+script-child %d", process.pid()));
            int status = process.waitFor();
            loop.report(() -> onEnd(job, status, timings));
          } catch (IOException | InterruptedException e) {
            loop.report(() -> onStartFailure(job));
          }
        });
  }

  private static final Path NULL_DEVICE = Path.of("/dev/null");

  private void onStartFailure(Job job) {
    jobs.remove(job);
    warn("-script-error", job.command.getFirst() + " " + NOT_STARTED + " 0");
  }

  private void onEnd(Job job, int status, Timings timings) {
    boolean bySignal = status > SIGNAL_STATUS && status <= SIGNAL_STATUS + MAX_SIGNAL;
    int signal = bySignal ? status - SIGNAL_STATUS : 0;
    log.debug("-script-child %d %d %d", job.pid(), bySignal ? 0 : status, signal);
    job.process = null;
    job.running = false;
    job.killed = false;
    if ((bySignal || status == RETRY_STATUS) && job.runs < MAX_RUNS) {
      job.startMillis = nowMillis() + (timings.millis(Timing.SCRIPT_RETRY_DELAY) << (job.runs - 1));
      return;
    }
    jobs.remove(job);
    if (status != 0) {
      warn("-script-error", job.command.getFirst() + " " + signal + " " + (bySignal ? 0 : status));
    }
  }

  private void warn(String type, String payload) {
    log.warning("%s %s", type, payload);
    listener.onEvent(type, payload);
  }

  /** Drops the waiting jobs; running ones go on, so that none ends halfway. */
  void close() {
    jobs.removeIf(job -> !job.running);
  }
}
