package io.redoubt.protocol.session;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandCommands;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeyFlag;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.net.IoThreadCount;
import io.redoubt.protocol.net.Listener;
import io.redoubt.protocol.net.PeerCertificate;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.protocol.session.command.AclCommands;
import io.redoubt.protocol.session.command.ClientCommands;
import io.redoubt.protocol.session.command.ConnectionCommands;
import io.redoubt.protocol.session.command.Hello;
import io.redoubt.protocol.session.command.PubSubCommands;
import io.redoubt.protocol.session.command.SessionCall;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The smallest process that serves clients: the shared command groups and a few test commands, on a
 * free loopback port.
 */
final class TestProcess implements AutoCloseable {
  static final class TestClient extends Client {
    TestClient(ClientRegistry registry) {
      super(registry);
    }
  }

  static final class TestCall extends SessionCall {}

  /** Memory that counts allocations. */
  static final class CountingMemory implements BufferMemory {
    private final BufferMemory real = BufferMemory.offHeap();
    private long blocks;

    @Override
    public Block allocate(long sizeBytes) {
      blocks++;
      return real.allocate(sizeBytes);
    }

    @Override
    public void free(Block block) {
      blocks--;
      real.free(block);
    }

    long blocks() {
      return blocks;
    }
  }

  /**
   * The commands BLOCK and WAKE id; GET for the ACL; FILL n, which replies n bytes; TREE, which has
   * a deferred length; TICK, which replies with the number of its calls.
   */
  static final class TestCommands extends CommandGroup<TestCall> {
    private final Map<Long, Client> blocked = new HashMap<>();
    private int ticks;

    final Command<TestCall> get =
        command("GET key")
            .is(Flag.READONLY, Flag.FAST)
            .keys(KeyFlag.RO, KeyFlag.ACCESS)
            .runs(call -> call.reply().nil());
    final Command<TestCall> set =
        command("SET key value")
            .is(Flag.WRITE)
            .keys(KeyFlag.OW, KeyFlag.UPDATE)
            .runs(call -> call.reply().ok());
    final Command<TestCall> length =
        command("LEN value").runs(call -> call.reply().integer(call.request().length(1)));
    final Command<TestCall> fill =
        command("FILL count")
            .runs(call -> {
              byte[] bytes = new byte[Integer.parseInt(call.request().text(1))];
              java.util.Arrays.fill(bytes, (byte) 'x');
              call.reply().bulk(bytes);
            });
    final Command<TestCall> tree =
        command("TREE count")
            .runs(call -> {
              int count = Integer.parseInt(call.request().text(1));
              long mark = call.reply().deferArray();
              for (int i = 0; i < count; i++) {
                call.reply().integer(i);
              }
              call.reply().resolve(mark, count);
            });
    final Command<TestCall> block = command("BLOCK timeout").runs(this::block);
    final Command<TestCall> wake = command("WAKE client-id").runs(this::wake);
    final Command<TestCall> tick = command("TICK").runs(call -> call.reply().integer(++ticks));

    TestCommands() {
      super(Group.STRING);
    }

    private void block(TestCall call) {
      Client client = call.client();
      blocked.put(client.id(), client);
      client.block(
          new Waiting() {
            @Override
            public void onTimeout() {
              client.reply().nilArray();
            }

            @Override
            public void onEnd() {
              blocked.remove(client.id());
            }
          },
          Long.parseLong(call.request().text(1)));
    }

    private void wake(TestCall call) {
      Client client = blocked.get(Long.parseLong(call.request().text(1)));
      if (client != null) {
        client.unblock();
        client.reply().simple("WOKEN");
      }
      call.reply().integer(client == null ? 0 : 1);
    }
  }

  /** Settings that a test may change. */
  static final class Settings implements SessionSettings {
    PeerCertificate.@Nullable Field certificateUser;

    @Override
    public PeerCertificate.@Nullable Field certificateUser() {
      return certificateUser;
    }

    volatile int maxClients = 100;
    volatile long queryBufferLimitBytes = 1 << 20;
    volatile OutputLimit outputLimit = new OutputLimit(0, 0, 0);
    volatile int idleTimeoutSeconds;
    volatile long clientMemoryLimitBytes;
    private final Limits limits = new Limits();

    @Override
    public Limits requestLimits() {
      return limits;
    }

    @Override
    public int aclLogMaxLen() {
      return 128;
    }

    @Override
    public long clientMemoryLimitBytes() {
      return clientMemoryLimitBytes;
    }

    @Override
    public int maxClients() {
      return maxClients;
    }

    @Override
    public long queryBufferLimitBytes() {
      return queryBufferLimitBytes;
    }

    @Override
    public OutputLimit outputLimit(ClientType type) {
      return outputLimit;
    }

    @Override
    public int idleTimeoutSeconds() {
      return idleTimeoutSeconds;
    }

    @Override
    public int tcpKeepaliveSeconds() {
      return 300;
    }

    @Override
    public boolean protectedMode() {
      return true;
    }
  }

  /** The system clock, optionally advancing by a fixed step with each reading. */
  static final class TestClock implements Clock {
    volatile long nanosALook;
    private long passed;

    @Override
    public long wallMillis() {
      return Clock.system().wallMillis();
    }

    @Override
    public long wallMicros() {
      return Clock.system().wallMicros();
    }

    @Override
    public long monotonicNanos() {
      passed += nanosALook;
      return Clock.system().monotonicNanos() + passed;
    }
  }

  final TestClock clock = new TestClock();
  final CountingMemory memory = new CountingMemory();
  final Settings settings = new Settings();
  final CommandTable<TestCall> table = new CommandTable<>();
  final Users users = new Users(table);
  final ClientRegistry registry;
  final Transport transport;
  private final Listener listener;
  private final TestCall call = new TestCall();

  TestProcess() throws IOException {
    transport = Transport.open("test-loop", memory);
    IoThreadCount.apply(transport);
    var channels = new Channels();
    registry =
        new ClientRegistry(
            new ClientContext(
                transport.loop(),
                new Environment(clock, Log.silent(Clock.system()), Seed.from(1)),
                memory,
                settings,
                users,
                channels,
                new Pauses(transport.loop(), clock, () -> {}),
                HeldOutput.never()),
            this::dispatch,
            new TrackedClients());
    table.add(
        new TestCommands(),
        new ConnectionCommands<TestCall>(new Hello("7.2.0", "standalone", () -> "master")),
        new ClientCommands<TestCall>(registry),
        new PubSubCommands<TestCall>(
            channels,
            call -> call.reply().integer(PubSubCommands.deliver(channels, call)),
            call -> call.reply().integer(PubSubCommands.deliverToShard(channels, call))),
        new AclCommands<TestCall>(registry, table, Seed.from(1), () -> null),
        new CommandCommands<>(table));
    listener =
        transport.listen(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            128,
            connection -> registry.admission().accept(connection, () -> new TestClient(registry)));
  }

  private boolean dispatch(Client client, Request request) {
    Command<TestCall> command = table.find(request);
    if (command == null) {
      client.reply().error(table.unknown(request).text());
      return true;
    }
    client.setLastCommand(command);
    CommandError refusal = refusal(client, command, request);
    if (refusal != null) {
      client.reply().error(refusal.text());
    } else if (client.pauses(command)) {
      return false;
    } else {
      call.begin(client, request, command);
      try {
        command.handler().run(call);
      } catch (CommandError error) {
        client.reply().error(error.text());
      }
    }
    return true;
  }

  private static @Nullable CommandError refusal(
      Client client, Command<?> command, Request request) {
    if (!command.accepts(request.count())) {
      return Errors.wrongArity(command);
    }
    if (!client.isAuthenticated() && !command.has(Flag.NO_AUTH)) {
      return Errors.NOAUTH;
    }
    CommandError denied =
        client.user().isUnrestricted() ? null : Refusals.byRules(client, command, request);
    return denied != null ? denied : Refusals.inSubscribeMode(client, command);
  }

  /** Runs a task on the loop and waits for it. */
  <T> T onLoop(java.util.concurrent.Callable<T> task) throws Exception {
    var result = new CompletableFuture<T>();
    transport
        .loop()
        .execute(() -> {
          try {
            result.complete(task.call());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result.get(10, java.util.concurrent.TimeUnit.SECONDS);
  }

  /** Occupies the loop with a task, without waiting for it. */
  void holdLoop(Runnable task) {
    transport.loop().execute(task);
  }

  Peer connect() throws IOException {
    return new Peer(listener.port());
  }

  @Override
  public void close() {
    listener.close();
    transport.close();
  }

  /** A plain socket that sends bytes and reads expected replies. */
  static final class Peer implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 10_000;

    final Socket socket;
    private final InputStream input;

    Peer(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.setTcpNoDelay(true);
      input = socket.getInputStream();
    }

    void send(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    void send(String line) throws IOException {
      send((line + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Reads exactly the given number of bytes. */
    String read(int bytes) throws IOException {
      return new String(input.readNBytes(bytes), StandardCharsets.ISO_8859_1);
    }

    /** Reads one reply and joins its lines with blanks. */
    String reply() throws IOException {
      var lines = new StringBuilder();
      readReply(lines);
      return lines.toString().strip();
    }

    String ask(String line) throws IOException {
      send(line);
      return reply();
    }

    boolean isClosed() throws IOException {
      try {
        return input.read() < 0;
      } catch (java.net.SocketException reset) {
        return true;
      }
    }

    private void readReply(StringBuilder lines) throws IOException {
      String line = line();
      lines.append(line).append(' ');
      if (line.isEmpty()) {
        throw new IOException("end of connection");
      }
      int number =
          line.length() > 1 && "*%~>$=".indexOf(line.charAt(0)) >= 0
              ? Integer.parseInt(line.substring(1))
              : 0;
      switch (line.charAt(0)) {
        case '$', '=' -> {
          if (number >= 0) {
            lines.append(read(number)).append(' ');
            read(2);
          }
        }
        case '*', '~', '>' -> {
          for (int i = 0; i < number; i++) {
            readReply(lines);
          }
        }
        case '%' -> {
          for (int i = 0; i < 2 * number; i++) {
            readReply(lines);
          }
        }
        default -> {}
      }
    }

    private String line() throws IOException {
      var line = new StringBuilder();
      for (int b = input.read(); b >= 0 && b != '\n'; b = input.read()) {
        if (b != '\r') {
          line.append((char) b);
        }
      }
      return line.toString();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
