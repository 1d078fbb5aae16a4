package io.redoubt.sentinel;

import io.redoubt.protocol.acl.AclFile;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.acl.UsersFile;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandCommands;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.config.CommonDirectives.PubsubDefault;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.config.directive.Change;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.launch.CommandNames;
import io.redoubt.protocol.launch.ConfiguredSession;
import io.redoubt.protocol.launch.Listeners;
import io.redoubt.protocol.launch.ProcessInfo;
import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.protocol.launch.TlsReload;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientContext;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.HeldOutput;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.protocol.session.TrackedClients;
import io.redoubt.protocol.session.command.AclCommands;
import io.redoubt.protocol.session.command.ClientCommands;
import io.redoubt.protocol.session.command.ConnectionCommands;
import io.redoubt.protocol.session.command.Hello;
import io.redoubt.protocol.session.command.PubSubCommands;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.sentinel.command.SelfCommands;
import io.redoubt.sentinel.command.SentinelCall;
import io.redoubt.sentinel.command.SentinelCommands;
import io.redoubt.sentinel.command.SentinelServerCommands;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.core.SentinelState;
import io.redoubt.sentinel.runtime.NodeDialer;
import io.redoubt.sentinel.runtime.ProcessSettings;
import io.redoubt.sentinel.runtime.ScriptQueue;
import io.redoubt.sentinel.runtime.SentinelControl;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.sentinel.runtime.SentinelDriver;
import io.redoubt.sentinel.runtime.StateStore;
import io.redoubt.sentinel.settings.SimulatedCrash;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A sentinel in this process: its event loop, clients and core. */
public final class SentinelServer implements AutoCloseable {
  private static final String THREAD_NAME = "redis-sentinel";
  private static final int ID_BYTES = 20;
  private static final int EVERY_SECOND_MILLIS = 1000;

  /** The limit of an argument: a sentinel needs only names and addresses, and has a small heap. */
  private static final long MAX_ARGUMENT_BYTES = 64 << 10;

  private static final int CLOSE_LIMIT_SECONDS = 10;

  /** Commands of the protocol module that Redis lacks in sentinel mode. */
  private static final List<String> ABSENT =
      List.of("echo", "quit", "reset", "ssubscribe", "sunsubscribe", "spublish", "pubsub");

  private final SentinelDirectives directives;
  private final SentinelHost host;
  private final Clock clock;
  private final Log log;
  private final RandomGenerator random;
  private final Runnable stopped;
  private final Transport transport;
  private final CompletableFuture<Parts> parts = new CompletableFuture<>();
  private @Nullable SentinelMetrics metrics;
  private boolean ending;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** The parts created on the event loop. */
  private record Parts(SentinelDriver driver, Listeners listeners, ClientRegistry clients) {}

  private SentinelServer(SentinelDirectives directives, SentinelHost host, Runnable stopped) {
    this.directives = directives;
    this.host = host;
    this.clock = host.environment().clock();
    this.log = host.environment().log();
    this.random = host.environment().random();
    this.stopped = stopped;
    this.transport = Transport.open(THREAD_NAME, BufferMemory.offHeap(), host.sockets());
    transport
        .loop()
        .thread()
        .setUncaughtExceptionHandler((thread, fault) -> log.fault("on the loop", fault));
  }

  /**
   * Starts a sentinel; returns once it listens.
   *
   * @param directives the loaded directives; their file holds the sentinel's state
   * @param stopped called on the event loop once SHUTDOWN or {@link #stop} has stopped the
   *     sentinel, which another thread must then close
   * @throws IOException if an address can't be listened on
   * @throws FatalConfigError if the configuration is refused
   */
  public static SentinelServer start(
      SentinelDirectives directives, SentinelHost host, Runnable stopped)
      throws IOException, FatalConfigError {
    directives.finish();
    SentinelServer server = new SentinelServer(directives, host, stopped);
    server.transport.loop().execute(server::build);
    try {
      server.parts.join();
    } catch (CompletionException e) {
      server.transport.close();
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      if (e.getCause() instanceof FatalConfigError wrong) {
        throw wrong;
      }
      throw e;
    }
    return server;
  }

  @SuppressWarnings("CatchingUnchecked") // the starting thread rethrows any failure
  private void build() {
    try {
      parts.complete(made());
    } catch (IOException | FatalConfigError | RuntimeException | Error e) { // the caller waits
      transport.closeChannels(); // before an open listener accepts a request
      closeMetrics();
      parts.completeExceptionally(e);
    }
  }

  private void closeMetrics() {
    SentinelMetrics open = metrics;
    if (open != null) {
      open.close();
    }
  }

  /**
   * The parts created from a configuration before any listener is open.
   *
   * @param state the state in the configuration
   * @param core the state machine
   * @param driver runs the state machine
   * @param table the commands, under their configured names
   * @param heap limits the use of the Java heap by clients
   */
  private record Configured(
      SentinelState state,
      Sentinel core,
      StateStore store,
      SentinelDriver driver,
      ClientRegistry clients,
      CommandTable<SentinelCall> table,
      Info info,
      HeapGate heap) {}

  /**
   * Reports the errors in commands and users of a configuration that would prevent a start, without
   * starting anything.
   */
  public static void check(SentinelDirectives directives, SentinelHost host, Mistakes mistakes)
      throws FatalConfigError {
    SentinelServer server = new SentinelServer(directives, host, () -> {});
    CompletableFuture<Void> checked = new CompletableFuture<>();
    server
        .transport
        .loop()
        .execute(() -> {
          try {
            server.configured(new TlsSettings(directives), null, mistakes);
          } catch (IOException | FatalConfigError | RuntimeException | Error e) {
            checked.completeExceptionally(e);
          }
          checked.complete(null);
        });
    try {
      checked.join();
    } catch (CompletionException e) {
      mistakes.onMistake(
          FatalConfigError.ofWhole(SystemErrors.text(Objects.requireNonNullElse(e.getCause(), e))));
    } finally {
      server.transport.close();
    }
  }

  private Parts made() throws IOException, FatalConfigError {
    TlsSettings tls = new TlsSettings(directives);
    tls.start(log);
    Change reload = () -> reload(tls);
    directives.tls.certificates().forEach(each -> each.onChange(reload));
    directives.common.loglevel.onChange(log::setLevel);
    log.setHidesUserData(directives.common.hideUserDataFromLog.value());
    directives.common.hideUserDataFromLog.onChange(
        () -> log.setHidesUserData(directives.common.hideUserDataFromLog.value()));
    Configured made = configured(tls, tls.client(), Mistakes.FIRST);
    ClientRegistry clients = made.clients();
    Listeners listeners =
        new Listeners(
            transport,
            directives,
            tls,
            log,
            false,
            connection -> clients.admission().accept(connection, () -> new Client(clients) {}));
    listeners.open();
    new TlsReload(directives.tls.tlsAutoReloadInterval, tls, transport.loop(), host.threads(), log)
        .start();
    SentinelMetrics watching =
        new SentinelMetrics(
            directives,
            tls,
            made.core(),
            clients,
            made.info(),
            made.table(),
            transport.loop(),
            host);
    try {
      watching.open();
    } catch (IOException e) {
      listeners.close();
      throw e;
    }
    metrics = watching;
    log.notice("Running mode=sentinel, port=%d.", directives.common.port.value());
    made.store().prepare(made.state()).run();
    log.notice("Sentinel ID is %s", made.core().myId());
    made.driver().start();
    transport
        .loop()
        .every(
            () -> {
              clients.everySecond();
              made.heap().relieve(clients::closeLargestOnHeap);
              watching.everySecond();
            },
            EVERY_SECOND_MILLIS);
    return new Parts(made.driver(), listeners, clients);
  }

  /**
   * Creates the parts that need no listener; called on the loop.
   *
   * @param client encrypts connections to nodes, null for plain ones
   */
  private Configured configured(TlsSettings tls, @Nullable Tls client, Mistakes mistakes)
      throws IOException, FatalConfigError {
    String requirepass = directives.common.requirepass.value();
    SentinelState state = directives.words().state(newId());
    Sentinel core =
        new Sentinel(
            state,
            SentinelControl.settings(
                directives.words().global(),
                requirepass,
                tls.announcedPort(directives.common.port.value()),
                host.timings(),
                SimulatedCrash.NONE),
            random,
            clock.monotonicMillis());
    StateStore store = host.stores().open(directives, state);
    Channels channels = new Channels();
    SentinelDriver.EventListener listener =
        (channel, message) -> {
          channels.publish(ByteString.of(channel), ByteString.of(message));
          SentinelMetrics watching = metrics;
          if (watching != null) {
            watching.onEvent(channel, message);
          }
        };
    ScriptQueue scripts =
        new ScriptQueue(transport.loop(), clock, log, directives.common.dir::value, listener);
    SentinelDriver driver =
        new SentinelDriver(
            core,
            new NodeDialer(
                transport,
                directives.common.sourceAddress(),
                client,
                host.lookup(),
                host.threads()),
            clock,
            log,
            store,
            listener,
            scripts,
            host.crash());
    SentinelControl control =
        new SentinelControl(
            driver,
            directives.words(),
            directives.common.dir::value,
            directives.common.requirepass::value,
            new ProcessSettings(directives),
            log);

    CommandTable<SentinelCall> table = new CommandTable<>();
    HeapGate heap = new HeapGate(host.heap(), clock, log);
    SentinelDispatcher dispatcher =
        new SentinelDispatcher(table, new SentinelCall(control), heap, clock, log);
    Users users = new Users(table);
    users.setRequiredPassword(requirepass);
    ClientRegistry clients =
        new ClientRegistry(
            new ClientContext(
                transport.loop(),
                host.environment(),
                BufferMemory.offHeap(),
                new ConfiguredSession(directives, requestLimits()),
                users,
                channels,
                new Pauses(transport.loop(), clock, () -> {}),
                HeldOutput.never()),
            dispatcher,
            new TrackedClients());
    ProcessUsage usage = new ProcessUsage(clock::monotonicNanos);
    ProcessInfo process = new ProcessInfo(directives, clock, clients, table, usage, random);
    SentinelInfo sections = new SentinelInfo(process, clients, core, scripts);
    Info info =
        new Info(
            used -> sections.declare(used, transport.name(), tls::provider, dispatcher::commands));
    fill(table, clients, channels, info);
    new CommandNames(directives.renameCommand, table).rename(mistakes);
    define(users, mistakes);
    heap.onCommandsDeclared(table);
    heap.addHolder(clients::heapBytes);
    return new Configured(state, core, store, driver, clients, table, info, heap);
  }

  private void fill(
      CommandTable<SentinelCall> table, ClientRegistry clients, Channels channels, Info info) {
    table.add(new SentinelCommands(), new SelfCommands());
    table.add(new SentinelServerCommands(info, this::end));
    table.add(
        new ConnectionCommands<SentinelCall>(new Hello(Version.REDIS, "sentinel", null)),
        new ClientCommands<SentinelCall>(clients));
    table.add(
        new PubSubCommands<SentinelCall>(
            channels, SentinelServerCommands::publish, SentinelServerCommands::publish));
    table.add(new CommandCommands<>(table));
    table.add(new AclCommands<>(clients, table, random, this::usersFile));
    for (String absent : ABSENT) {
      table.rename(absent, "");
    }
  }

  private @Nullable AclFile usersFile() {
    String name = directives.common.aclfile.value();
    return name.isEmpty() ? null : new UsersFile(directives.path(name));
  }

  private static Limits requestLimits() {
    Limits limits = new Limits();
    limits.setMaxBulkBytes(MAX_ARGUMENT_BYTES);
    return limits;
  }

  /** Defines the users of the configuration or of its ACL file. */
  private void define(Users users, Mistakes mistakes) throws FatalConfigError {
    users.setAllChannelsByDefault(
        directives.common.aclPubsubDefault.value() == PubsubDefault.ALLCHANNELS);
    AclFile file = usersFile();
    if (file != null) {
      try {
        users.load(file.path(), file.read());
      } catch (IOException e) {
        mistakes.onMistake(
            directives.error(
                directives.common.aclfile,
                "Error loading ACLs, opening file '"
                    + directives.common.aclfile.value()
                    + "': "
                    + SystemErrors.text(e)));
      } catch (IllegalArgumentException e) {
        mistakes.onMistake(
            directives.error(directives.common.aclfile, String.valueOf(e.getMessage())));
      }
      return;
    }
    users.define(
        directives.common.user.words(),
        (index, reason) -> mistakes.onMistake(directives.common.user.error(index, reason)));
    directives.common.user.rewrittenAs(
        () -> users.describe().stream().map(Users::arguments).toList());
  }

  private String newId() {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private void reload(TlsSettings tls) throws RefusedValue {
    try {
      tls.load();
    } catch (IOException e) {
      log.warning("%s", e.getMessage());
      throw new RefusedValue(TlsSettings.REFUSAL, e);
    }
  }

  /** Returns the event loop, for tasks of any thread; a blocking task would stall the sentinel. */
  public Loop loop() {
    return transport.loop();
  }

  /** Runs a tick at once, after the clock was advanced. Thread-safe. */
  public void tick() {
    transport.loop().execute(() -> parts.join().driver().submit(new SentinelInput.Tick()));
  }

  /**
   * Takes the metrics of this moment, those of {@code metrics-port}. May be called on any thread;
   * completes on the loop.
   */
  public CompletableFuture<MetricsSnapshot> metrics() {
    CompletableFuture<MetricsSnapshot> taken = new CompletableFuture<>();
    transport
        .loop()
        .execute(() -> {
          SentinelMetrics source = metrics;
          if (source == null) {
            taken.completeExceptionally(new IllegalStateException("the sentinel has not started"));
          } else {
            taken.complete(source.take());
          }
        });
    return taken;
  }

  /** Returns the state to be saved, read on the event loop; for tests. */
  CompletableFuture<SentinelState> state() {
    CompletableFuture<SentinelState> state = new CompletableFuture<>();
    transport.loop().execute(() -> state.complete(parts.join().driver().sentinel().state()));
    return state;
  }

  /** Stops the sentinel and then calls {@code stopped}. Thread-safe. */
  public void stop() {
    transport.loop().execute(this::end);
  }

  private void end() {
    if (ending) {
      return;
    }
    ending = true;
    log.notice("User requested shutdown...");
    Parts made = parts.join();
    made.listeners().close();
    made.clients().halt(); // a vote cast from now on might not become durable
    made.driver().submit(new SentinelInput.Leave());
    made.driver()
        .stop(() -> {
          log.notice("Sentinel is now ready to exit, bye bye...");
          stopped.run();
        });
  }

  /**
   * Closes all connections and ends the event loop, after a pending write of the state. Must not be
   * called on the event loop. Later calls have no effect.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    CompletableFuture<Boolean> settled = new CompletableFuture<>();
    transport
        .loop()
        .execute(() -> {
          closeMetrics();
          parts.join().driver().stop(() -> settled.complete(true));
        });
    settled.completeOnTimeout(false, CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS).join();
    transport.close();
  }
}
