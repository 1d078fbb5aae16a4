package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.replication.stream.LogLine;
import io.redoubt.server.snapshot.ReplicationPoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A replica's link to its master: connects, again and again until told to stop; shakes hands; takes
 * over the master's data set or resumes its stream; and applies the stream.
 *
 * <p>States: idle (this server is a master), waiting to connect, connecting, in the handshake,
 * transferring, loading, connected.
 */
final class MasterLink {
  /** Where the link stands. */
  enum State {
    IDLE("none"),
    WAITING("connect"),
    CONNECTING("connecting"),
    HANDSHAKE("handshake"),
    TRANSFER("sync"),
    CONNECTED("connected");

    private final String label;

    State(String label) {
      this.label = label;
    }

    /** The name in ROLE. */
    String label() {
      return label;
    }
  }

  /** Reconnecting at once is for links that lasted; one that fails at once waits for the cron. */
  private static final long LASTED_MILLIS = 1000;

  private static final int LONGEST_LINE = 4096;

  private final ReplicationHost host;
  private final Replication replication;

  private State state = State.IDLE;
  private String masterHost = "";
  private int masterPort;
  private @Nullable Attempt attempt;
  private long attemptMillis;
  private long lastIoMillis;

  /** Since when the link has been down; 0 before it was up for the first time. */
  private long downSinceMillis;

  MasterLink(ReplicationHost host, Replication replication) {
    this.host = host;
    this.replication = replication;
  }

  // What others ask.

  State state() {
    return state;
  }

  boolean isConnected() {
    return state == State.CONNECTED;
  }

  String masterHost() {
    return masterHost;
  }

  int masterPort() {
    return masterPort;
  }

  /** Whole seconds since the master was heard of, -1 when the link is down. */
  long silentSeconds() {
    return isConnected() ? secondsSince(lastIoMillis) : -1;
  }

  /** Whole seconds since the link went down, -1 when it was never up. */
  long downSeconds() {
    return downSinceMillis == 0 ? -1 : secondsSince(downSinceMillis);
  }

  /** The transfer under way, null when there is none. */
  @Nullable Transfer transfer() {
    return attempt == null ? null : attempt.transfer;
  }

  /** Seconds since the last byte of the transfer. */
  long transferSilentSeconds() {
    return secondsSince(lastIoMillis);
  }

  /** Bytes received but not applied: whole requests and those of a transaction still open. */
  long unappliedBytes() {
    return attempt == null || attempt.stream == null ? 0 : attempt.stream.unappliedBytes();
  }

  /** The database that the stream has selected, -1 when the link is down. */
  int selectedDatabase() {
    return attempt == null || attempt.client == null ? -1 : attempt.client.databaseIndex();
  }

  private long secondsSince(long millis) {
    return (now() - millis) / 1000;
  }

  private long now() {
    return host.clock().wallMillis();
  }

  // Beginning and ending.

  /**
   * Names the master; the next {@link #cron()} connects.
   *
   * @param address name or address of the host
   */
  void follow(String address, int port) {
    masterHost = address;
    masterPort = port;
    state = State.WAITING;
    downSinceMillis = 0;
  }

  /** Connects now. */
  void connect() {
    connect("Connecting to MASTER %s:%d");
  }

  private void connect(String line) {
    host.log().notice(line, masterHost, masterPort);
    host.log().notice("MASTER <-> REPLICA sync started");
    state = State.CONNECTING;
    attemptMillis = now();
    lastIoMillis = attemptMillis;
    Attempt next = new Attempt(masterHost, masterPort);
    attempt = next;
    try {
      host.transport()
          .connect(
              remoteAddress(),
              sourceAddress(),
              (int) Math.min(timeoutMillis(), Integer.MAX_VALUE),
              next);
    } catch (UnknownHostException e) {
      next.end("Unable to connect to MASTER: " + e.getMessage());
    }
  }

  private InetSocketAddress remoteAddress() {
    InetSocketAddress literal = InetSocketAddress.createUnresolved(masterHost, masterPort);
    if (!masterHost.matches("[0-9.]+|[0-9a-fA-F:.%]*:.*")) {
      return literal;
    }
    try {
      return new InetSocketAddress(InetAddress.ofLiteral(masterHost), masterPort);
    } catch (IllegalArgumentException noLiteral) {
      return literal;
    }
  }

  private @Nullable InetAddress sourceAddress() throws UnknownHostException {
    String source = host.settings().bindSourceAddr.value();
    return source.isEmpty() ? null : InetAddress.getByName(source);
  }

  private long timeoutMillis() {
    return host.settings().replTimeout.value() * 1000L;
  }

  /** Has the stream stand still, or go on. */
  void hold(boolean held) {
    if (state == State.CONNECTED && attempt != null && attempt.connection != null) {
      attempt.connection.reading(!held);
    }
  }

  /** Ends the link for good: this server has no master, or another. */
  void stop() {
    Attempt current = attempt;
    if (current != null) {
      current.abandon();
    }
    state = State.IDLE;
  }

  /**
   * Each second: connects if the link is down, ends it if the master is silent, shows that this
   * server lives.
   */
  void cron() {
    boolean silent = now() - lastIoMillis > timeoutMillis();
    Attempt current = attempt;
    switch (state) {
      case IDLE -> {
        return;
      }
      case WAITING -> connect();
      case CONNECTING, HANDSHAKE -> {
        if (silent && current != null) {
          current.end("Timeout connecting to the MASTER...");
        }
      }
      case TRANSFER -> {
        if (current != null && current.isLoading()) {
          current.write("\n".getBytes(UTF_8));
        } else if (silent && current != null) {
          current.end(
              "Timeout receiving bulk data from MASTER... If the problem persists try to set the"
                  + " 'repl-timeout' parameter in redis.conf to a larger value.");
        }
      }
      case CONNECTED -> {
        if (silent && current != null) {
          host.log().warning("MASTER timeout: no data nor PING received...");
          current.close();
        } else {
          acknowledge();
        }
      }
    }
  }

  /** Tells the master how far the stream has been applied. */
  void acknowledge() {
    if (attempt != null && isConnected() && attempt.masterKnowsOffsets) {
      attempt.send(List.of("REPLCONF", "ACK", Long.toString(replication.offset())));
    }
  }

  /** The master asks how far the stream has been applied: answered after the bytes at hand. */
  void ackWanted() {
    if (attempt != null) {
      attempt.ackWanted = true;
    }
  }

  /** One connection to the master, from the attempt to its end. */
  private final class Attempt implements Connection.Handler, MasterStream.Target {
    private final String address;
    private final int port;
    private final StringBuilder line = new StringBuilder();
    private @Nullable Connection connection;
    private @Nullable Handshake handshake;
    private @Nullable Transfer transfer;
    private @Nullable MasterStream stream;
    private @Nullable ServerClient client;
    private boolean masterKnowsOffsets = true;
    private boolean ackWanted;
    private boolean over;

    Attempt(String address, int port) {
      this.address = address;
      this.port = port;
    }

    // Connection.

    @Override
    public void onOpen(Connection opened) {
      if (over) {
        opened.close();
        return;
      }
      connection = opened;
      opened.keepAlive(host.settings().tcpKeepalive.value());
      state = State.HANDSHAKE;
      lastIoMillis = now();
      Handshake begun = new Handshake(replication.identity(), replication.resumePoint());
      handshake = begun;
      follow(begun.connected());
    }

    @Override
    public void onBytes(Connection from, MemorySegment memory, long start, long end) {
      if (over) {
        return;
      }
      lastIoMillis = now();
      try {
        long position = start;
        while (position < end && handshake != null && !handshake.isOver() && !over) {
          position = handshakeBytes(handshake, memory, position, end);
        }
        if (over || position == end) {
          return;
        }
        if (stream == null) {
          if (transfer != null) {
            receive(transfer, memory, position, end);
          }
        } else if (client == null) {
          stream.keep(memory, position, end); // the data set is still being loaded
        } else {
          stream.receive(memory, position, end);
        }
      } catch (ProtocolException e) {
        host.log().warning("Protocol error from the master: %s", e.getMessage());
        close();
      }
    }

    @Override
    public void onReadDone(Connection from) {
      if (ackWanted) {
        ackWanted = false;
        acknowledge();
      }
      from.flush();
    }

    @Override
    public void onWritable(Connection to) {}

    @Override
    public void onClose(Connection closed, @Nullable Throwable cause) {
      if (over) {
        return;
      }
      switch (state) {
        case CONNECTING -> end("Error condition on socket for SYNC: " + reason(cause));
        case HANDSHAKE -> {
          if (handshake != null) {
            follow(handshake.disconnected());
          }
        }
        case TRANSFER -> end("I/O error trying to sync with MASTER: connection lost");
        case CONNECTED -> lost();
        case IDLE, WAITING -> throw new IllegalStateException("a connection while " + state);
      }
    }

    private long handshakeBytes(Handshake talk, MemorySegment memory, long from, long to) {
      long position = from;
      while (position < to) {
        byte next = memory.get(ValueLayout.JAVA_BYTE, position++);
        if (next == '\n') {
          int length = line.length();
          if (length > 0 && line.charAt(length - 1) == '\r') {
            line.setLength(length - 1);
          }
          String text = line.toString();
          line.setLength(0);
          follow(talk.reply(text));
          return position;
        }
        if (line.length() < LONGEST_LINE) {
          line.append((char) (next & 0xff));
        }
      }
      return position;
    }

    private void follow(List<Handshake.Output> outputs) {
      for (Handshake.Output output : outputs) {
        switch (output) {
          case Handshake.Send request -> send(request.words());
          case Handshake.SendLine request -> write(request.line().getBytes(ISO_8859_1));
          case Handshake.Say say -> say(say.line());
          case Handshake.FullResync full -> transfer(full.id(), full.offset());
          case Handshake.FullResyncWithoutHistory none -> {
            masterKnowsOffsets = false;
            transfer(null, 0);
          }
          case Handshake.Resume resume -> resume(resume.newId());
          case Handshake.Abandon failed -> abandonAndWait();
        }
      }
    }

    // Transfer.

    private void transfer(@Nullable String id, long offset) {
      state = State.TRANSFER;
      transfer = new Transfer(host, id, offset, replication::dataSetGoes);
    }

    private void receive(Transfer current, MemorySegment memory, long from, long to) {
      long rest = current.receive(memory, from, to);
      if (current.failure() != null) {
        say(current.failure());
        endAndReconnect();
      } else if (current.isReceived()) {
        MasterStream following = new MasterStream(host.buffers(), host.limits(), this);
        stream = following;
        following.keep(memory, rest, to);
        if (connection != null) {
          connection.reading(false);
        }
        load(current);
      }
    }

    boolean isLoading() {
      return transfer != null && transfer.isReceived();
    }

    /** Loads in slices, one a turn of the loop. */
    private void load(Transfer current) {
      if (over) {
        return;
      }
      if (current.loadSlice()) {
        host.transport().loop().schedule(() -> load(current), 0); // connections go first
      } else if (current.failure() != null) {
        say(current.failure());
        endAndReconnect();
      } else {
        loaded(current);
      }
    }

    private void loaded(Transfer current) {
      ReplicationPoint point = current.point();
      transfer = null;
      replication.dataSetTaken(current.id(), current.offset());
      host.log().notice("MASTER <-> REPLICA sync: Finished with success");
      attach(point == null ? 0 : Math.max(point.database(), 0));
      if (current.isMarked()) {
        acknowledge();
      }
      if (connection != null) {
        connection.reading(true);
      }
      try {
        if (stream != null) {
          stream.runKept();
        }
      } catch (ProtocolException e) {
        host.log().warning("Protocol error from the master: %s", e.getMessage());
        close();
      }
    }

    private void resume(@Nullable String newId) {
      int database = replication.resumedAs(newId);
      stream = new MasterStream(host.buffers(), host.limits(), this);
      attach(database);
    }

    private void attach(int database) {
      ServerClient master = host.masterClient(database);
      client = master;
      if (connection != null) {
        master.attach(connection);
      }
      state = State.CONNECTED;
      lastIoMillis = now();
      replication.linkIsUp();
    }

    // Stream.

    @Override
    public void lookAhead(Request[] batch, int count) {
      if (client != null) {
        host.dispatcher().lookAhead(client, batch, count);
      }
    }

    @Override
    public void execute(Request request) {
      if (client != null) {
        host.keyspace().expiredKeys(ExpiredKeys.KEEP);
        host.dispatcher().dispatch(client, request);
        if (!over) {
          host.keyspace().expiredKeys(ExpiredKeys.HIDE);
        }
      }
    }

    @Override
    public boolean goesOn() {
      return !over && client != null && client.mayExecute();
    }

    @Override
    public boolean inTransaction() {
      return client != null && client.transaction() != null;
    }

    @Override
    public void applied(MemorySegment memory, long from, long to) {
      replication.applied(memory, from, to - from);
    }

    // Output.

    void send(List<String> words) {
      write(RequestEncoder.encode(words.toArray(String[]::new)));
    }

    void write(byte[] bytes) {
      if (connection == null) {
        return;
      }
      Chunk chunk = connection.newChunk(bytes.length);
      MemorySegment.copy(
          MemorySegment.ofArray(bytes), 0, chunk.memory(), chunk.start(), bytes.length);
      connection.send(chunk, chunk.start() + bytes.length);
      connection.flush();
    }

    private void say(LogLine said) {
      if (said.warning()) {
        host.log().warning("%s", said.text());
      } else {
        host.log().notice("%s", said.text());
      }
    }

    // End.

    /** Closes the connection as if the master had. */
    void close() {
      if (connection != null) {
        connection.close();
      }
    }

    /** The attempt failed: says so; the cron tries again, or this does when the link had lasted. */
    void end(String warning) {
      host.log().warning("%s", warning);
      if (state == State.TRANSFER) {
        endAndReconnect();
      } else {
        abandonAndWait();
      }
    }

    private void abandonAndWait() {
      release();
      state = State.WAITING;
    }

    private void endAndReconnect() {
      abandonAndWait();
      if (now() - attemptMillis >= LASTED_MILLIS) {
        connect("Reconnecting to MASTER %s:%d after failure");
      }
    }

    /** The link was cut: its place in the stream is kept for a resume. */
    private void lost() {
      host.log().warning("Connection with master lost.");
      host.log().notice("Caching the disconnected master state.");
      keepPlace();
      abandonAndWait();
      if (now() - attemptMillis >= LASTED_MILLIS) {
        connect("Reconnecting to MASTER %s:%d");
      }
    }

    private void keepPlace() {
      if (masterKnowsOffsets && client != null) {
        replication.keepResumePoint(client.databaseIndex());
      }
      downSinceMillis = now();
      replication.linkIsDown();
    }

    /** The link is ended from this side. */
    void abandon() {
      if (state == State.CONNECTED) {
        host.log().warning("Connection with master lost.");
        host.log().notice("Caching the disconnected master state.");
        keepPlace();
      }
      release();
    }

    private void release() {
      over = true;
      attempt = null;
      if (transfer != null) {
        transfer.abandon();
        transfer = null;
      }
      if (stream != null) {
        stream.close();
        stream = null;
      }
      ServerClient master = client;
      client = null;
      if (master != null) {
        master.close();
      }
      if (connection != null && connection.isOpen()) {
        connection.close();
      }
    }

    private String reason(@Nullable Throwable cause) {
      if (cause instanceof UnknownHostException) {
        return "Name or service not known";
      }
      String message = cause == null ? null : cause.getMessage();
      if (message == null) {
        return "connection lost";
      }
      for (String known :
          List.of("Connection refused", "Connection timed out", "No route to host")) {
        if (message.contains(known)) {
          return known;
        }
      }
      return message.contains("timed out") ? "Connection timed out" : message;
    }

    @Override
    public String toString() {
      return address + ":" + port + " " + state;
    }
  }
}
