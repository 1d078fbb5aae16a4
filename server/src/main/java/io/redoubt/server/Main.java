package io.redoubt.server;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.config.CommonDirectives.Supervision;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.UnreadableConfigFile;
import io.redoubt.protocol.process.Arguments;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Daemon;
import io.redoubt.protocol.process.JavaLogging;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.OpenFilesLimit;
import io.redoubt.protocol.process.PidFile;
import io.redoubt.protocol.process.ProcessTitle;
import io.redoubt.protocol.process.Signals;
import io.redoubt.protocol.process.Supervisor;
import io.redoubt.protocol.process.Usage;
import io.redoubt.protocol.process.Version;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** {@code redis-server [/path/to/redis.conf] [--name value ...] [-]}. */
public final class Main {
  private static final String PROGRAM = "redis-server";
  private static final String BACKGROUND_PIDFILE = "/var/run/redis.pid";

  private final Clock clock = Clock.system();
  private final Log log = Log.ofThisProcess(clock);
  private final long pid = ProcessHandle.current().pid();
  private final Map<String, String> environment;
  private final Arguments arguments;
  private final ServerDirectives settings = new ServerDirectives();

  private Main(Map<String, String> environment, Arguments arguments) {
    this.environment = environment;
    this.arguments = arguments;
  }

  /** Runs a server until it is told to end; the exit status is 0 then, 1 when it cannot serve. */
  public static void main(String[] words) throws IOException, InterruptedException {
    Arguments arguments = Arguments.parse(PROGRAM, words);
    int status =
        arguments.job() == Arguments.Job.SERVE
            ? new Main(System.getenv(), arguments).run()
            : Usage.answer(arguments.job(), System.out, System.err);
    System.exit(status);
  }

  private int run() throws IOException, InterruptedException {
    byte[] standardInput = arguments.readStandardInput(System.in);
    try {
      settings.load(arguments.configFile(), standardInput, arguments.options());
    } catch (FatalConfigError e) {
      System.err.print(e.text());
      return 1;
    } catch (UnreadableConfigFile e) {
      log.warning("%s", e.getMessage());
      return 1;
    }
    boolean background = settings.daemonize.value();
    if (background && !Daemon.isChild(environment)) {
      return Daemon.start(standardInput, System.out);
    }
    if (background) {
      Daemon.detach();
    }
    log.level(settings.loglevel.value());
    String logfile = settings.logfile.value();
    if (!logfile.isEmpty()) {
      log.file(settings.path(logfile));
    }
    JavaLogging.forwardTo(log);
    return serve(background);
  }

  private int serve(boolean background) throws IOException, InterruptedException {
    log.notice("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
    log.notice(
        "Redis version=%s, bits=64, commit=00000000, modified=0, pid=%d, just started",
        Version.REDIS, pid);
    if (arguments.configFile() == null && arguments.options().isEmpty()) {
      log.warning(
          "Warning: no config file specified, using the default config. In order to specify a"
              + " config file use redis-server /path/to/redis.conf");
    } else {
      log.notice("Configuration loaded");
    }
    showLogo();
    lowerMaxclients();
    if (settings.setProcTitle.value()) {
      ProcessTitle.set(PROGRAM);
    }
    RedisServer server;
    try {
      server = new RedisServer(settings, clock, log, new SecureRandom(), false);
    } catch (FatalConfigError e) {
      System.err.print(e.text());
      return 1;
    }
    Signals.install(log, signal -> server.shutDown(true, false, false), Runtime.getRuntime()::halt);
    PidFile pidFile = writePidFile(background);
    try {
      var loaded = server.start();
      if (background) {
        Daemon.ready();
        if (settings.logfile.value().isEmpty()) {
          log.withoutStandardOutput();
        }
      }
      loaded.get();
      log.notice("Ready to accept connections tcp");
      supervisor().ready("Ready to accept connections");
      int status = server.ended().get();
      supervisor().stopping();
      return status;
    } catch (ExecutionException e) {
      return failed(e.getCause());
    } catch (IOException e) {
      log.warning(
          "Failed listening on port %d (TCP), aborting. %s", settings.port.value(), e.getMessage());
      return 1;
    } finally {
      removePidFile(pidFile);
    }
  }

  private int failed(@Nullable Throwable cause) {
    if (cause instanceof RdbException rdb) {
      log.warning(
          "Fatal error loading the DB, check server logs. Exiting. (%s at offset %d)",
          rdb.getMessage(), rdb.offset());
    } else {
      log.warning("Fatal error loading the DB: %s. Exiting.", cause);
    }
    return 1;
  }

  /** Every client takes a file descriptor; the limit of this process is final. */
  private void lowerMaxclients() {
    long most = OpenFilesLimit.current() - OpenFilesLimit.RESERVED;
    long wanted = settings.maxclients.value();
    if (most < wanted && most > 0) {
      log.warning(
          "You requested maxclients of %d requiring at least %d max file descriptors. Current"
              + " maximum open files is %d. maxclients has been reduced to %d to compensate for low"
              + " ulimit. If you need higher maxclients increase 'ulimit -n'.",
          wanted, wanted + OpenFilesLimit.RESERVED, most + OpenFilesLimit.RESERVED, most);
      settings.maxclients.set(most);
    }
  }

  private void showLogo() {
    if (settings.alwaysShowLogo.value()) {
      System.out.printf(
          "%n  Redoubt, speaking Redis %s%n  Running in standalone mode%n  Port: %d%n  PID: %d%n%n",
          Version.REDIS, settings.port.value(), pid);
    }
  }

  private Supervisor supervisor() {
    Supervision supervised = settings.supervised.value();
    return Supervisor.of(
        environment,
        supervised == Supervision.SYSTEMD || supervised == Supervision.AUTO,
        supervised == Supervision.UPSTART || supervised == Supervision.AUTO);
  }

  private @Nullable PidFile writePidFile(boolean background) {
    String path = settings.pidfile.value();
    if (path.isEmpty() && !background) {
      return null;
    }
    Path file = path.isEmpty() ? Path.of(BACKGROUND_PIDFILE) : settings.path(path);
    try {
      return PidFile.write(file, pid);
    } catch (IOException e) {
      log.warning("Failed to write PID file: %s", e.getMessage());
      return null;
    }
  }

  private void removePidFile(@Nullable PidFile pidFile) {
    try {
      if (pidFile != null) {
        pidFile.remove();
      }
    } catch (IOException e) {
      log.warning("Failed to remove the PID file: %s", e.getMessage());
    }
  }
}
