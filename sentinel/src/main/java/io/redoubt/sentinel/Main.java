package io.redoubt.sentinel;

import io.redoubt.protocol.config.CommonDirectives.Supervision;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.UnreadableConfigFile;
import io.redoubt.protocol.process.Arguments;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Daemon;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.PidFile;
import io.redoubt.protocol.process.ProcessTitle;
import io.redoubt.protocol.process.Signals;
import io.redoubt.protocol.process.Supervisor;
import io.redoubt.protocol.process.Usage;
import io.redoubt.protocol.process.Version;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** {@code redis-sentinel /path/to/sentinel.conf [--name value ...]}. */
public final class Main {
  private static final String PROGRAM = "redis-sentinel";
  private static final String BACKGROUND_PIDFILE = "/var/run/redis.pid";

  private final Clock clock = Clock.system();
  private final Log log = Log.ofThisProcess(clock);
  private final Map<String, String> environment;
  private final Arguments arguments;

  private Main(Map<String, String> environment, Arguments arguments) {
    this.environment = environment;
    this.arguments = arguments;
    log.role(() -> 'X');
  }

  /** Runs a sentinel until it is told to end; the process' exit status is 0 then, 1 on failure. */
  public static void main(String[] words) throws IOException, InterruptedException {
    Arguments arguments = Arguments.parse(PROGRAM, words);
    int status =
        arguments.job() == Arguments.Job.SERVE
            ? new Main(System.getenv(), arguments).run()
            : Usage.answer(arguments.job(), System.out, System.err);
    System.exit(status);
  }

  private int run() throws IOException, InterruptedException {
    SentinelDirectives directives = new SentinelDirectives();
    byte[] standardInput = arguments.readStandardInput(System.in);
    Path file = arguments.configFile();
    try {
      if (file != null || !isWithoutFile()) {
        directives.load(file, standardInput, arguments.options());
      }
    } catch (FatalConfigError e) {
      System.err.print(e.text());
      return 1;
    } catch (UnreadableConfigFile e) {
      log.warning("%s", e.getMessage());
      return 1;
    }
    log.level(directives.loglevel.value());
    if (!isWritable(file)) {
      return 1;
    }
    boolean background = directives.daemonize.value();
    if (background && !Daemon.isChild(environment)) {
      return Daemon.start(standardInput, System.out);
    }
    if (Daemon.isChild(environment)) {
      Daemon.detach();
    }
    String logfile = directives.logfile.value();
    if (!logfile.isEmpty()) {
      log.file(directives.path(logfile));
    }
    return serve(directives, background);
  }

  private boolean isWithoutFile() {
    return arguments.options().isEmpty() && !arguments.standardInput();
  }

  private boolean isWritable(@Nullable Path file) {
    if (file == null) {
      log.warning("Sentinel needs config file on disk to save state. Exiting...");
      return false;
    }
    if (!Files.isWritable(file)) {
      log.warning("Sentinel config file %s is not writable: Permission denied. Exiting...", file);
      return false;
    }
    return true;
  }

  private int serve(SentinelDirectives directives, boolean background)
      throws IOException, InterruptedException {
    long pid = ProcessHandle.current().pid();
    log.notice("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
    log.notice(
        "Redis version=%s, bits=64, commit=00000000, modified=0, pid=%d, just started",
        Version.REDIS, pid);
    log.notice("Configuration loaded");
    if (directives.setProcTitle.value()) {
      ProcessTitle.set(PROGRAM);
    }
    CountDownLatch stopped = new CountDownLatch(1);
    try (SentinelServer server =
        SentinelServer.start(directives, clock, log, new SecureRandom(), stopped::countDown)) {
      Signals.install(log, signal -> server.stop(), Runtime.getRuntime()::halt);
      PidFile pidFile = writePidFile(directives, background, pid);
      Supervisor supervisor = supervisor(directives);
      supervisor.ready("Ready to accept connections");
      if (background) {
        if (directives.logfile.value().isEmpty()) {
          log.withoutStandardOutput();
        }
        Daemon.ready();
      }
      stopped.await();
      supervisor.stopping();
      if (pidFile != null) {
        pidFile.remove();
      }
      return 0;
    } catch (FatalConfigError e) {
      System.err.print(e.text());
      return 1;
    } catch (IOException e) {
      log.warning("Failed listening on port %d (TCP), aborting.", directives.port.value());
      return 1;
    }
  }

  private Supervisor supervisor(SentinelDirectives directives) {
    Supervision supervised = directives.supervised.value();
    return Supervisor.of(
        environment,
        supervised == Supervision.SYSTEMD || supervised == Supervision.AUTO,
        supervised == Supervision.UPSTART || supervised == Supervision.AUTO);
  }

  private @Nullable PidFile writePidFile(
      SentinelDirectives directives, boolean background, long pid) {
    String path = directives.pidfile.value();
    if (path.isEmpty() && !background) {
      return null;
    }
    try {
      return PidFile.write(directives.path(path.isEmpty() ? BACKGROUND_PIDFILE : path), pid);
    } catch (IOException e) {
      log.warning("Failed to write PID file: %s", e.getMessage());
      return null;
    }
  }
}
