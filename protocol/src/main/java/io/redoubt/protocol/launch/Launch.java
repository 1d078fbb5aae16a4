package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.CommonDirectives.Supervision;
import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistake;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.config.UnreadableConfigFile;
import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.net.SystemSockets;
import io.redoubt.protocol.process.Arguments;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Daemon;
import io.redoubt.protocol.process.JavaLogging;
import io.redoubt.protocol.process.LocalZone;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.LogFormat;
import io.redoubt.protocol.process.OpenFilesLimit;
import io.redoubt.protocol.process.PidFile;
import io.redoubt.protocol.process.ProcessTitle;
import io.redoubt.protocol.process.Signals;
import io.redoubt.protocol.process.Supervisor;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.process.TitleTemplate;
import io.redoubt.protocol.process.Usage;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.process.os.IdleMemory;
import io.redoubt.protocol.process.os.Syslog;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The run of a program from its command line to its exit status: configuration, background, log,
 * pid file, signals, supervisor and the {@link Service} that a subclass starts.
 *
 * @param <D> the program's directives
 */
public abstract class Launch<D extends Directives> {
  private static final String BACKGROUND_PIDFILE = "/var/run/redis.pid";

  /** The time from the start until memory that only the start has used is released. */
  private static final long SETTLING_MILLIS = 500;

  /** The time that the first clients have for themselves. */
  private static final long OPENING_MILLIS = 100;

  private static final int SETTLING_FACTOR = 4;
  private static final long RELEASE_MILLIS = 5_000;

  /** The status of a process that serves. */
  public static final String READY = "Ready to accept connections";

  /** The property with the command that called the launcher, possibly with a path. */
  private static final String CALLED = "redoubt.called";

  private final String program;
  private final Arguments arguments;
  private final Map<String, String> environment;
  private final D directives;
  private final Clock clock = Clock.system();
  private final Log log = Log.ofThisProcess(clock);
  private final long pid = ProcessHandle.current().pid();

  /** Creates a launch of {@code program} with the given arguments. */
  protected Launch(String program, String[] words, Map<String, String> environment, D directives) {
    this.program = program;
    this.arguments = Arguments.parse(program, words);
    this.environment = environment;
    this.directives = directives;
  }

  /** Returns the configuration, which is loaded before {@link #start}. */
  protected final D directives() {
    return directives;
  }

  protected final Arguments arguments() {
    return arguments;
  }

  /** Returns the process' clock. */
  protected final Clock clock() {
    return clock;
  }

  /** Returns the process' log. */
  protected final Log log() {
    return log;
  }

  /**
   * Reports mistakes on which {@link #start} would fail although each line of the configuration is
   * valid. Starts nothing.
   */
  protected abstract void check(Mistakes mistakes) throws FatalConfigError;

  /** Returns true if the program can start with this configuration. */
  protected boolean mayStart() {
    return true;
  }

  /**
   * Initializes classes that {@link #start} needs and that depend on no configuration. Runs on a
   * thread of its own while the configuration is read, and ends before {@code start}.
   */
  protected void prepare() {
    SystemSockets.prepare();
  }

  /**
   * Starts the service, and calls {@link #showLogo} as soon as it listens; returns then.
   *
   * @throws IOException if an address cannot be listened on
   * @throws FatalConfigError if the configuration is refused
   */
  protected abstract Service start() throws IOException, FatalConfigError;

  /** Runs the program and returns its exit status. */
  public final int run() throws IOException, InterruptedException {
    if (arguments.job() == Arguments.Job.CHECK_CONFIG) {
      return checkConfig();
    }
    if (arguments.job() != Arguments.Job.SERVE) {
      return Usage.run(arguments.job(), System.out, System.err);
    }
    JavaLogging.forwardTo(log);
    Thread preparation =
        Threads.ofSystem()
            .unstarted(
                "prepare",
                () -> {
                  SystemSockets.ownProcess(log);
                  prepare();
                });
    preparation.start();
    byte[] standardInput;
    try {
      standardInput = arguments.readStandardInput(System.in);
      directives.load(arguments.configFile(), standardInput, arguments.options());
    } catch (FatalConfigError e) {
      System.err.print(e.text());
      return 1;
    } catch (UnreadableConfigFile e) {
      log.warning("%s", e.getMessage());
      return 1;
    } catch (IOException e) {
      log.warning("Can't read standard input: %s", e.getMessage());
      return 1;
    }
    log.setLevel(directives.common.loglevel.value());
    log.setHidesUserData(directives.common.hideUserDataFromLog.value());
    formatLog();
    directives.common.logFormat.onChange(this::formatLog);
    directives.common.logTimestampFormat.onChange(this::formatLog);
    if (!mayStart()) {
      return 1;
    }
    boolean background = directives.common.daemonize.value();
    if (background && !Daemon.isChild(environment)) {
      return Daemon.start(standardInput, System.out);
    }
    if (background) {
      Daemon.detach();
    }
    String logfile = directives.common.logfile.value();
    if (!logfile.isEmpty()) {
      try {
        log.setFile(directives.path(logfile));
      } catch (IOException e) {
        String reason = "Can't open the log file: " + SystemErrors.text(e);
        System.err.print(FatalConfigError.ofWhole(reason).text());
        return 1;
      }
    }
    if (directives.common.syslogEnabled.value()) {
      copyToSyslog();
    }
    return serve(background, preparation);
  }

  private void formatLog() {
    log.setFormat(
        new LogFormat(
            directives.common.logFormat.value(), directives.common.logTimestampFormat.value()));
  }

  private void copyToSyslog() throws IOException {
    Syslog system =
        new Syslog(
            Syslog.ADDRESS,
            directives.common.syslogFacility.value().code(),
            directives.common.syslogIdent.value(),
            pid,
            LocalZone.get());
    log.copyTo((level, millis, text) -> system.log(level.syslogSeverity(), millis, text));
  }

  /** Prints all mistakes of the configuration; the exit status is 1 if there are any. */
  private int checkConfig() throws IOException {
    byte[] standardInput = arguments.readStandardInput(System.in);
    log.setLevel(Log.Level.NOTHING); // the list says all
    SystemSockets.ownProcess(log);
    List<String> found = new ArrayList<>();
    Path file = arguments.configFile();
    String name = file == null ? "configuration" : file.toString();
    Mistakes mistakes = mistake -> found.add(mistake.entry(name));
    try {
      directives.mistakes(file, standardInput, arguments.options()).stream()
          .map(Mistake::text)
          .forEach(found::add);
      new StartCheck(directives, log).run(mistakes);
      check(mistakes);
    } catch (FatalConfigError e) {
      found.add(e.entry(name));
    } catch (UnreadableConfigFile e) {
      found.add(String.valueOf(e.getMessage()));
    }
    found.forEach(System.err::println);
    if (found.isEmpty()) {
      System.out.println("The configuration is valid.");
    }
    return found.isEmpty() ? 0 : 1;
  }

  private int serve(boolean background, Thread preparation)
      throws IOException, InterruptedException {
    introduce();
    lowerMaxclients();
    List<String> listeners = directives.listeners();
    if (listeners.isEmpty()) {
      log.warning("Configured to not listen anywhere, exiting.");
      return 1;
    }
    if (directives.common.setProcTitle.value()) {
      ProcessTitle.set(program);
      followTitle(); // before clients can connect and see it
    }
    Supervisor supervisor = supervisor();
    log.statusTo(supervisor::tryStatus);
    PidFile pidFile = null;
    CompletableFuture<Service> started = new CompletableFuture<>();
    try {
      // Installed before the process becomes visible; an earlier signal takes effect once the
      // service has started.
      Signals.install(log, new Stop(started));
      preparation.join();
      Service service = start();
      started.complete(service);
      pidFile = writePidFile(background);
      if (background) {
        if (directives.common.logfile.value().isEmpty()) {
          log.withoutStandardOutput();
        }
        Daemon.ready();
      }
      service.ready().get();
      listeners.forEach(kind -> log.notice("Ready to accept connections %s", kind));
      supervisor.ready(READY);
      int status = awaitEnd(service.ended());
      if (pidFile != null) {
        log.notice("Removing the pid file.");
      }
      supervisor.stopping();
      return status;
    } catch (FatalConfigError e) {
      System.err.print(e.text());
      if (!directives.common.logfile.value().isEmpty() || directives.common.syslogEnabled.value()) {
        log.warning("Can't start: %s", e.getMessage()); // standard error may be discarded
      }
      return 1;
    } catch (ExecutionException e) {
      return 1; // the service has logged why
    } catch (ListenException e) {
      log.warning("%s", e.getMessage());
      return 1;
    } catch (IOException e) {
      log.warning("Can't start: %s", SystemErrors.textWithFile(e));
      return 1;
    } catch (OutOfMemoryError full) {
      log.warning("Can't start: out of memory: %s", full.getMessage());
      return 1;
    } catch (RuntimeException e) {
      log.fault("at the start", e); // otherwise running threads would keep the process alive
      return 1;
    } finally {
      remove(pidFile);
    }
  }

  /**
   * Waits for the end of the server. Meanwhile releases idle memory: after the start, again when
   * the JVM has compiled its code, and then regularly.
   */
  private static int awaitEnd(CompletableFuture<Integer> ended)
      throws InterruptedException, ExecutionException {
    try {
      return ended.get(OPENING_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      openForLater();
    }
    long waitMillis = SETTLING_MILLIS;
    Optional<IdleMemory> idle = Optional.empty();
    while (true) {
      try {
        return ended.get(waitMillis, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (idle.isEmpty()) {
          idle = IdleMemory.ofThisProcess();
        }
      }
      try {
        if (idle.isEmpty()) {
          return ended.get();
        }
        idle.get().release();
      } catch (IOException e) {
        return ended.get(); // /proc is hidden from this process
      }
      waitMillis = Math.min(waitMillis * SETTLING_FACTOR, RELEASE_MILLIS);
    }
  }

  /**
   * Opens files that are needed only later: all jars of the program, by a search for a missing
   * resource, and Java's cryptography settings. Once clients have used up all file descriptors it
   * would be too late: a class that fails to load is missing for good.
   */
  private static void openForLater() {
    URL _ = ClassLoader.getSystemResource("none");
    try {
      MessageDigest _ = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /** Sets the title from the template, now and after each change of its variables. */
  private void followTitle() {
    showTitle();
    directives.common.procTitleTemplate.onChange(this::showTitle);
    directives.common.port.onChange(this::showTitle);
    directives.tls.tlsPort.onChange(this::showTitle);
    directives.common.bind.onChange(this::showTitle);
  }

  private void showTitle() {
    String unixSocket = directives.common.unixsocket.value();
    int plain = directives.common.port.value();
    int encrypted = directives.tls.tlsPort.value();
    String listens =
        plain == 0 && encrypted == 0
            ? "unixsocket:" + unixSocket
            : firstAddress() + ":" + (plain == 0 ? encrypted : plain);
    ProcessTitle.show(
        TitleTemplate.render(
            directives.common.procTitleTemplate.value(),
            Map.of(
                "title",
                System.getProperty(CALLED, program),
                "listen-addr",
                listens,
                "server-mode",
                program.equals("redis-sentinel") ? "[sentinel]" : "",
                "config-file",
                arguments.configFile() == null ? "-" : arguments.configFile().toString(),
                "port",
                Integer.toString(plain),
                "tls-port",
                Integer.toString(encrypted),
                "unixsocket",
                unixSocket)));
  }

  private String firstAddress() {
    List<BindAddress> addresses = directives.common.bind.value();
    return addresses.isEmpty() ? "*" : addresses.getFirst().toString();
  }

  private void introduce() {
    Version version = Version.ofThisProcess();
    log.notice("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo %s", version.describe());
    log.notice(
        "Redis version=%s, bits=64, commit=%s, modified=%d, pid=%d, just started",
        Version.REDIS, version.commit(), version.dirty(), pid);
    if (arguments.configFile() == null && arguments.options().isEmpty()) {
      log.warning(
          "Warning: no config file specified, using the default config. In order to specify a"
              + " config file use %s /path/to/redis.conf",
          program);
    } else {
      log.notice("Configuration loaded");
    }
    List<String> ignored = directives.passedOver();
    if (!ignored.isEmpty()) {
      log.notice(
          "Ignored directives of the configuration that have no meaning here: %s",
          String.join(", ", ignored));
    }
    for (String name : directives.setInVain()) {
      log.warning("WARNING %s has no effect in this version", name);
    }
  }

  /** Prints the logo. Scripts take it as the sign that clients may connect. */
  protected final void showLogo() {
    if (directives.common.alwaysShowLogo.value()) {
      System.out.printf(
          Locale.ROOT,
          "%n  Redoubt, speaking Redis %s%n  Port: %d%n  PID: %d%n%n",
          Version.REDIS,
          directives.common.port.value(),
          pid);
    }
  }

  /** Lowers maxclients to the limit of open files: each client takes a descriptor. */
  private void lowerMaxclients() {
    long most = OpenFilesLimit.current() - OpenFilesLimit.RESERVED;
    long wanted = directives.common.maxclients.value();
    if (most < wanted && most > 0) {
      log.warning(
          "You requested maxclients of %d requiring at least %d max file descriptors. Current"
              + " maximum open files is %d. maxclients has been reduced to %d to compensate for low"
              + " ulimit. If you need higher maxclients increase 'ulimit -n'.",
          wanted, wanted + OpenFilesLimit.RESERVED, most + OpenFilesLimit.RESERVED, most);
      directives.common.maxclients.set(most);
    }
  }

  private Supervisor supervisor() {
    Supervision supervised = directives.common.supervised.value();
    return Supervisor.of(
        environment,
        supervised == Supervision.SYSTEMD || supervised == Supervision.AUTO,
        supervised == Supervision.UPSTART || supervised == Supervision.AUTO);
  }

  private @Nullable PidFile writePidFile(boolean background) {
    String path = directives.common.pidfile.value();
    if (path.isEmpty() && !background) {
      return null;
    }
    try {
      return PidFile.write(directives.path(path.isEmpty() ? BACKGROUND_PIDFILE : path), pid);
    } catch (IOException e) {
      log.warning("Failed to write PID file: %s", SystemErrors.text(e));
      return null;
    }
  }

  private void remove(@Nullable PidFile pidFile) {
    try {
      if (pidFile != null) {
        pidFile.remove();
      }
    } catch (IOException e) {
      log.warning("Failed to remove the PID file: %s", SystemErrors.text(e));
    }
  }

  /** Passes signals to the service; a signal before its start is kept until then. */
  private static final class Stop implements Signals.Target {
    private final CompletableFuture<Service> started;
    private volatile boolean early;

    Stop(CompletableFuture<Service> started) {
      this.started = started;
    }

    @Override
    public boolean isStopping() {
      return started.isDone() ? started.join().isShuttingDown() : early;
    }

    @Override
    public void stop(String signal) {
      early = true;
      started.thenAccept(service -> service.shutDown(signal));
    }

    @Override
    public void halt() {
      if (started.isDone()) {
        started.join().abandon();
      }
      Runtime.getRuntime().halt(1);
    }
  }
}
